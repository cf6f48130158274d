using Axoneme.NodeActors.Actors;
using Axoneme.Persistence;
using Google.Protobuf;
using Microsoft.Extensions.Logging;

namespace Axoneme.NodeActors.Local;

/// <summary>
/// The agent's journal writer. Writes that wait together become one commit, so an ADD pays one flush to disk however many others
/// are under way, and the cache of the control plane's records rides along.
/// </summary>
internal sealed class LocalStore : NodeActor<LocalStore.Write>
{
    private readonly IJournal _journal;
    private readonly BackOff _backOff = new(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(30));
    private readonly ITimer _retry;

    /// <summary>What nobody waits for and the journal refused so far: the cursor must not get ahead of the records it stands for.</summary>
    private readonly Dictionary<(string, string), LocalChange> _owed = [];
    private ulong _revision;

    public LocalStore(IJournal journal, TimeProvider timeProvider, ILogger<LocalStore> logger)
        : base("local-journal", timeProvider, logger)
    {
        _journal = journal;
        _revision = journal.LastRevision;
        _retry = timeProvider.CreateTimer(_ => Post(new Write([], null)), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Kinds of the agent's own records.</summary>
    public static class Kinds
    {
        public const string Endpoint = "endpoint";
        public const string PrefixIdentity = "prefix-identity";
        public const string RemoteNodeIdentity = "remote-node-identity";

        /// <summary>The node itself; only its endpoint id is kept.</summary>
        public const string HostEndpoint = "host-endpoint";
        public const string PolicyIds = "policy-ids";
        public const string ServiceIds = "service-ids";
        public const string Cursor = "cursor";
        public const string Setting = "setting";

        /// <summary>The newest version of a policy that cannot be read; the last one that could is among the control plane's records.</summary>
        public const string UnreadablePolicy = "unreadable-policy";

        /// <summary>Prefix of the kinds that hold the control plane's records.</summary>
        public const string State = "state/";
    }

    /// <summary>Records that become durable together. <paramref name="Done"/> learns when, or why not; null when nobody waits.</summary>
    internal sealed record Write(IReadOnlyList<LocalChange> Changes, TaskCompletionSource? Done);

    /// <summary>Writes and waits until it is durable.</summary>
    /// <exception cref="JournalUnavailableException">The store refused; nothing was written.</exception>
    public Task CommitAsync(params IReadOnlyList<LocalChange> changes)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!Post(new Write(changes, done)))
        {
            done.SetException(new JournalUnavailableException("the agent is stopping; its journal takes no more writes"));
        }

        return done.Task;
    }

    /// <summary>Writes without waiting. Order with other writes holds; a failure shows in <see cref="NodeActor{T}.Status"/>.</summary>
    public void Enqueue(params IReadOnlyList<LocalChange> changes) => Post(new Write(changes, null));

    /// <summary>Waits until everything written so far is durable.</summary>
    public Task FlushAsync() => CommitAsync([]);

    protected override async ValueTask HandleAsync(IReadOnlyList<Write> batch, CancellationToken cancellationToken)
    {
        // One key once: the latest write of it is the one that counts.
        var newest = new Dictionary<(string, string), LocalChange>(_owed);
        foreach (var write in batch)
        {
            foreach (var change in write.Changes)
            {
                newest[(change.Kind, change.Key)] = change;
                if (write.Done is null)
                {
                    _owed[(change.Kind, change.Key)] = change;
                }
            }
        }

        try
        {
            if (newest.Count > 0)
            {
                await CommitAsync(newest.Values, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception exception)
        {
            foreach (var write in batch)
            {
                write.Done?.TrySetException(exception);
            }

            _retry.Change(_backOff.Next(), Timeout.InfiniteTimeSpan);
            throw;
        }

        _owed.Clear();
        _backOff.Reset();
        foreach (var write in batch)
        {
            write.Done?.TrySetResult();
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await _retry.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override void Abandon(Write message) =>
        message.Done?.TrySetException(new JournalUnavailableException("the agent is stopping; its journal takes no more writes"));

    private Task CommitAsync(IReadOnlyCollection<LocalChange> changes, CancellationToken cancellationToken)
    {
        var now = TimeProvider.GetUtcNow();
        var records = new List<StoredRecord>(changes.Count);
        foreach (var change in changes)
        {
            records.Add(new StoredRecord(change.Kind, change.Key, ++_revision, change.Value is null, change.Value?.ToByteArray() ?? [], now));
        }

        return _journal.CommitAsync(new JournalCommit { Records = records }, cancellationToken);
    }
}

/// <summary>A record's new value, null to remove it.</summary>
internal sealed record LocalChange(string Kind, string Key, IMessage? Value);
