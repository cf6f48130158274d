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
    /// <summary>A second at most: a control plane that is back is to be followed at once, and asking one that is not there costs nobody anything.</summary>
    private readonly BackOff _backOff = new(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(1));
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private CancellationTokenSource? _subscription;
    private bool _startOver;
    private bool _registersAgain;
    private volatile string? _problem = "not connected yet";
    private Task _loop = Task.CompletedTask;

    /// <summary>Why the node is not connected to the control plane; null when it is.</summary>
    public string? Problem => _problem;

    public Task Completion => _loop;

    /// <summary>Forgets how far it got: subscribes again, from nothing, and so gets the whole state.</summary>
    public void StartOver()
    {
        lock (_lock)
        {
            _startOver = true;

            // Not in place: what follows the subscription's end must not run on the thread of who asks.
            _ = _subscription?.CancelAsync();
        }
    }

    /// <summary>Tells the control plane anew what the node is, soon; nothing of the state is asked for twice.</summary>
    public void RegisterAgain()
    {
        lock (_lock)
        {
            _registersAgain = true;
            _ = _subscription?.CancelAsync();
        }
    }

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
            using var subscription = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            cursor = Begin(subscription, cursor);
            try
            {
                await reports.RegisterNodeAsync(registration(), cancellationToken).ConfigureAwait(false);
                onConnected();
                _problem = null;
                await foreach (var commit in stream.SubscribeAsync(cursor, subscription.Token).ConfigureAwait(false))
                {
                    onCommit(commit);
                    cursor = new Cursor { Epoch = commit.Epoch, Revision = commit.Revision };
                    if (!commit.Snapshot)
                    {
                        // A snapshot alone proves nothing: the one that cannot be taken in comes again and again.
                        _backOff.Reset();
                    }
                }

                _problem = "the control plane ended the state stream";
            }
            catch (Exception) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (OperationCanceledException) when (subscription.IsCancellationRequested)
            {
                _problem = _registersAgain ? null : "the whole state is asked for again";
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                if (_problem != exception.Message)
                {
                    Log.Lost(logger, exception);
                }

                _problem = exception.Message;
            }
            finally
            {
                End();
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

    private Cursor Begin(CancellationTokenSource subscription, Cursor cursor)
    {
        lock (_lock)
        {
            _subscription = subscription;
            var startsOver = _startOver;
            _startOver = false;
            _registersAgain = false;
            return startsOver ? new Cursor() : cursor;
        }
    }

    private void End()
    {
        lock (_lock)
        {
            _subscription = null;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(30, LogLevel.Warning, "Lost the control plane; the node goes on with what it knows and tries again", EventName = "ControlPlaneLost")]
        public static partial void Lost(ILogger logger, Exception exception);
    }
}
