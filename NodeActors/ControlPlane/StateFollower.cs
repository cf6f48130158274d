using Axoneme.NodeActors.Actors;
using Axoneme.Wire;
using Axoneme.Wire.Node;
using Axoneme.Wire.State;
using Microsoft.Extensions.Logging;

namespace Axoneme.NodeActors.ControlPlane;

/// <summary>
/// Keeps the connection to the control plane: registers the node, repeats what the node has to say, then follows the state stream from
/// where it left off. Whatever fails, it begins again after a growing pause.
/// </summary>
internal sealed partial class StateFollower(
    IStateStream stream, INodeReports reports, Func<NodeRegistration> registration, Action onConnected, Action<Commit> onCommit, TimeProvider timeProvider,
    ILogger<StateFollower> logger) : IAsyncDisposable
{
    private readonly BackOff _backOff = new(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(10));
    private readonly CancellationTokenSource _stop = new();
    private volatile string? _problem = "not connected yet";
    private Task _loop = Task.CompletedTask;

    /// <summary>Why the node is not connected to the control plane; null when it is.</summary>
    public string? Problem => _problem;

    public Task Completion => _loop;

    public void Start(Cursor cursor) => _loop = Task.Run(() => RunAsync(cursor, _stop.Token));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task RunAsync(Cursor cursor, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await reports.RegisterNodeAsync(registration(), cancellationToken).ConfigureAwait(false);
                onConnected();
                _problem = null;
                await foreach (var commit in stream.SubscribeAsync(cursor, cancellationToken).ConfigureAwait(false))
                {
                    onCommit(commit);
                    cursor = new Cursor { Epoch = commit.Epoch, Revision = commit.Revision };
                    _backOff.Reset();
                }

                _problem = "the control plane ended the state stream";
            }
            catch (Exception) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                _problem = exception.Message;
                Log.Lost(logger, exception);
            }

            try
            {
                await Task.Delay(_backOff.Next(), timeProvider, cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(30, LogLevel.Warning, "Lost the control plane; the node goes on with what it knows and tries again", EventName = "ControlPlaneLost")]
        public static partial void Lost(ILogger logger, Exception exception);
    }
}
