using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Axoneme.NodeActors.Actors;

/// <summary>Runs chores at intervals. One that fails is logged, shown in <see cref="Problems"/> and tried again at its next turn.</summary>
internal sealed partial class PeriodicWork(TimeProvider timeProvider, ILogger<PeriodicWork> logger) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _loops = [];
    private readonly ConcurrentDictionary<string, string> _problems = new();

    /// <summary>Why chores failed at their last turn.</summary>
    public IEnumerable<string> Problems => _problems.Select(pair => $"{pair.Key}: {pair.Value}");

    public void Start(TimeSpan interval, string name, Action work) => Start(interval, name, _ =>
    {
        work();
        return Task.CompletedTask;
    });

    public void Start(TimeSpan interval, string name, Func<CancellationToken, Task> work) => _loops.Add(RunAsync(interval, name, work, _stop.Token));

    public async ValueTask DisposeAsync()
    {
        if (!_stop.IsCancellationRequested)
        {
            await _stop.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(_loops).ConfigureAwait(false);
        }
    }

    private async Task RunAsync(TimeSpan interval, string name, Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(interval, timeProvider);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
            {
                try
                {
                    await work(cancellationToken).ConfigureAwait(false);
                    _problems.TryRemove(name, out _);
                }
                catch (Exception exception) when (!cancellationToken.IsCancellationRequested && exception is not OutOfMemoryException)
                {
                    _problems[name] = exception.Message;
                    Log.Failed(logger, name, exception);
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Disposal is how chores end.
        }
    }

    private static partial class Log
    {
        [LoggerMessage(2, LogLevel.Warning, "Periodic work on {Name} failed and will be tried again", EventName = "PeriodicWorkFailed")]
        public static partial void Failed(ILogger logger, string name, Exception exception);
    }
}
