namespace Axoneme.ControlPlane.Tests;

/// <summary>Waits for what other tasks bring about.</summary>
internal static class Waiting
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(10);

    public static async Task UntilAsync(Func<bool> holds, string what)
    {
        using var limit = new CancellationTokenSource(s_limit);
        while (!holds())
        {
            if (limit.IsCancellationRequested)
            {
                throw new TimeoutException($"waited {s_limit.TotalSeconds} s in vain until {what}");
            }
            await Task.Delay(5);
        }
    }
}
