namespace Axoneme.NodeActors.Tests.Fakes;

/// <summary>Waits for what other threads do.</summary>
internal static class Eventually
{
    /// <summary>Waits until a condition holds; fails with its description after five seconds.</summary>
    public static async Task IsTrue(Func<bool> condition, string description)
    {
        var end = Environment.TickCount64 + 5000;
        while (!condition())
        {
            Assert.True(Environment.TickCount64 < end, $"not within 5 s: {description}");
            await Task.Delay(5);
        }
    }
}
