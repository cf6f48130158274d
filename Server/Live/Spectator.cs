using Microsoft.Extensions.Logging;

namespace Axoneme.Server.Live;

/// <summary>
/// A part that only watches. When it fails, the log says so and the next way is tried, the last one again and again: pods and policies
/// must not depend on a screen. Ways are given best first; each runs until cancelled.
/// </summary>
internal sealed partial class Spectator(string name, IReadOnlyList<Func<CancellationToken, Task>> ways, TimeProvider time, ILogger<Spectator> logger)
{
    /// <summary>Pause before a part that failed runs again.</summary>
    public static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(5);

    /// <summary>Runs until cancelled; nothing else ends it.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        for (var way = 0; !cancellationToken.IsCancellationRequested; way = Math.Min(way + 1, ways.Count - 1))
        {
            try
            {
                await ways[way](cancellationToken);
                if (!cancellationToken.IsCancellationRequested)
                {
                    Log.Ended(logger, name, RetryInterval.TotalSeconds);
                }
            }
            catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
            {
                Log.Failed(logger, name, RetryInterval.TotalSeconds, failure);
            }

            await Task.Delay(RetryInterval, time, cancellationToken);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "{Part} failed; the server goes on, and it is tried again in {Seconds} s")]
        public static partial void Failed(ILogger logger, string part, double seconds, Exception failure);

        [LoggerMessage(2, LogLevel.Warning, "{Part} ended by itself; the server goes on, and it is started again in {Seconds} s")]
        public static partial void Ended(ILogger logger, string part, double seconds);
    }
}
