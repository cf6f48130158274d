namespace Axoneme.NodeActors.Tests.Fakes;

/// <summary>Waits for what other threads do.</summary>
internal static class Eventually
{
    /// <summary>Waits until a condition holds; fails with its description after five seconds.</summary>
    public static Task IsTrue(Func<bool> condition, string description) => IsTrue(condition, () => description, 5);

    /// <summary>The same for what takes longer, or can only be described when it failed.</summary>
    public static async Task IsTrue(Func<bool> condition, Func<string> describe, int seconds)
    {
        var end = Environment.TickCount64 + seconds * 1000;
        while (!condition())
        {
            if (Environment.TickCount64 >= end)
            {
                Assert.Fail($"not within {seconds} s: {describe()}");
            }

            await Task.Delay(5);
        }
    }
}
