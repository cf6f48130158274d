using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Axoneme.NodeActors.Actors;

/// <summary>
/// A mailbox with one reader. Messages that wait together are handled together, so that a burst costs one pass. A failing
/// pass is logged and shown in <see cref="Status"/>, and the actor goes on with the next: one bad message stops nobody.
/// </summary>
internal abstract partial class NodeActor<TMessage> : IAsyncDisposable
{
    private const int LargestBatch = 1024;
    private readonly Channel<TMessage> _mailbox = Channel.CreateUnbounded<TMessage>(new UnboundedChannelOptions { SingleReader = true });
    private readonly CancellationTokenSource _stop = new();
    private readonly ILogger _logger;
    private volatile ActorStatus _status;
    private Task _loop = Task.CompletedTask;
    private int _depth; // a channel with one reader does not count
    private int _disposed;

    protected NodeActor(string name, TimeProvider timeProvider, ILogger logger)
    {
        TimeProvider = timeProvider;
        _logger = logger;
        _status = new ActorStatus(name, 0, 0, null, timeProvider.GetUtcNow());
    }

    /// <summary>How the actor does; safe to read from any thread.</summary>
    public ActorStatus Status => _status with { MailboxDepth = Volatile.Read(ref _depth) };

    /// <summary>Ends when the actor ends; faulted when it could not go on.</summary>
    public Task Completion => _loop;

    protected TimeProvider TimeProvider { get; }

    protected ILogger Logger => _logger;

    /// <summary>Begins to read the mailbox. Messages may be posted before.</summary>
    public void Start() => _loop = Task.Run(() => RunAsync(_stop.Token));

    /// <summary>Puts a message into the mailbox; false when the actor has ended.</summary>
    public bool Post(TMessage message)
    {
        Interlocked.Increment(ref _depth);
        if (_mailbox.Writer.TryWrite(message))
        {
            return true;
        }

        Interlocked.Decrement(ref _depth);
        return false;
    }

    /// <summary>Handles messages in the order they came in.</summary>
    protected abstract ValueTask HandleAsync(IReadOnlyList<TMessage> batch, CancellationToken cancellationToken);

    /// <summary>Told of messages that nobody will handle any more, to release who waits for them.</summary>
    protected virtual void Abandon(TMessage message)
    {
    }

    public virtual async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        _mailbox.Writer.TryComplete();
        await _stop.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        while (_mailbox.Reader.TryRead(out var message))
        {
            Abandon(message);
        }

        _stop.Dispose();
        GC.SuppressFinalize(this);
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        var batch = new List<TMessage>();
        try
        {
            while (await _mailbox.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
            {
                batch.Clear();
                while (batch.Count < LargestBatch && _mailbox.Reader.TryRead(out var message))
                {
                    batch.Add(message);
                    Interlocked.Decrement(ref _depth);
                }

                await HandleGuardedAsync(batch, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Disposal is how an actor ends.
        }
    }

    private async ValueTask HandleGuardedAsync(List<TMessage> batch, CancellationToken cancellationToken)
    {
        string? failure = null;
        try
        {
            await HandleAsync(batch, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            batch.ForEach(Abandon);
            throw;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            batch.ForEach(Abandon);
            failure = exception.Message;
            Log.PassFailed(_logger, _status.Name, exception);
        }

        _status = _status with { Handled = _status.Handled + batch.Count, Failure = failure, LastActive = TimeProvider.GetUtcNow() };
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Actor {Actor} failed on a message and goes on", EventName = "ActorPassFailed")]
        public static partial void PassFailed(ILogger logger, string actor, Exception exception);
    }
}

/// <summary>How an actor does. <paramref name="Failure"/> is of the last pass, null when it succeeded.</summary>
internal sealed record ActorStatus(string Name, int MailboxDepth, long Handled, string? Failure, DateTimeOffset LastActive);
