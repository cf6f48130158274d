using System.Runtime.CompilerServices;

namespace Axoneme.Persistence.InMemory;

/// <summary>
/// A journal without a disk, for tests: same contract, plus faults on demand. What was committed outlives
/// <see cref="DisposeAsync"/>, so that a test restarts its writer on the same instance.
/// </summary>
public sealed class InMemoryJournal(TimeProvider? time = null) : IJournal
{
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly Lock _gate = new();
    private readonly SortedDictionary<EntityAddress, List<StoredEvent>> _events = new(AddressOrder);
    private readonly SortedDictionary<EntityAddress, StoredSnapshot> _snapshots = new(AddressOrder);
    private readonly Dictionary<(string Kind, string Key), StoredRecord> _records = [];
    private readonly Dictionary<uint, string> _claims = [];
    private long _fencing;

    private static Comparer<EntityAddress> AddressOrder { get; } = Comparer<EntityAddress>.Create(static (a, b) =>
        string.CompareOrdinal(a.Kind, b.Kind) is var byKind and not 0 ? byKind : string.CompareOrdinal(a.Id, b.Id));

    public ulong Epoch { get; init; } = 1;

    public ulong LastRevision { get; private set; }

    public ulong TombstoneHorizon { get; private set; }

    /// <summary>Commits stored so far.</summary>
    public int CommitCount { get; private set; }

    /// <summary>Decides, before anything is stored, whether a commit fails: return the exception, or null to let it pass.</summary>
    public Func<JournalCommit, Exception?>? FailCommit { get; set; }

    /// <summary>Decides whether reading an entity fails.</summary>
    public Func<EntityAddress, Exception?>? FailRead { get; set; }

    /// <summary>Awaited before a commit is stored: a test holds a commit open with it.</summary>
    public Func<Task>? BeforeCommit { get; set; }

    /// <summary>Claims in force, by number.</summary>
    public IReadOnlyDictionary<uint, string> Claims
    {
        get
        {
            lock (_gate)
            {
                return new Dictionary<uint, string>(_claims);
            }
        }
    }

    public async Task CommitAsync(JournalCommit commit, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (BeforeCommit is { } gate)
        {
            await gate().ConfigureAwait(false);
        }
        if (FailCommit?.Invoke(commit) is { } failure)
        {
            throw failure;
        }
        lock (_gate)
        {
            Verify(commit);
            Store(commit);
        }
    }

    public ValueTask<StoredSnapshot?> LoadSnapshotAsync(EntityAddress entity, CancellationToken cancellationToken)
    {
        ThrowIfReadFails(entity);
        lock (_gate)
        {
            return ValueTask.FromResult(_snapshots.GetValueOrDefault(entity));
        }
    }

    public IAsyncEnumerable<StoredEvent> ReadEventsAsync(EntityAddress entity, long afterSequence, CancellationToken cancellationToken)
    {
        ThrowIfReadFails(entity);
        lock (_gate)
        {
            var stored = _events.TryGetValue(entity, out var events) ? events : [];
            return Stream(stored.Where(e => e.Sequence > afterSequence).ToArray(), cancellationToken);
        }
    }

    public IAsyncEnumerable<EntityAddress> ListEntitiesAsync(string? kind, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            var all = _events.Keys.Union(_snapshots.Keys).Where(e => kind is null || e.Kind == kind);
            return Stream(all.Order(AddressOrder).ToArray(), cancellationToken);
        }
    }

    public IAsyncEnumerable<StoredRecord> ReadRecordsAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return Stream(_records.Values.OrderBy(r => r.Revision).ToArray(), cancellationToken);
        }
    }

    public Task<long> CompactAsync(JournalRetention retention, CancellationToken cancellationToken)
    {
        var now = _time.GetUtcNow();
        var removed = 0L;
        lock (_gate)
        {
            foreach (var snapshot in _snapshots.Values.ToArray())
            {
                if (_events.TryGetValue(snapshot.Entity, out var events))
                {
                    removed += events.RemoveAll(e => e.Sequence <= snapshot.Sequence && e.Time < now - retention.EventAge);
                    if (events.Count == 0)
                    {
                        _events.Remove(snapshot.Entity);
                    }
                }
                if (snapshot.Payload.IsEmpty && snapshot.Time < now - retention.EventAge && !_events.ContainsKey(snapshot.Entity))
                {
                    _snapshots.Remove(snapshot.Entity);
                    removed++;
                }
            }
            foreach (var tombstone in _records.Values.Where(r => r.Deleted && r.Time < now - retention.TombstoneAge).ToArray())
            {
                TombstoneHorizon = Math.Max(TombstoneHorizon, tombstone.Revision);
                _records.Remove((tombstone.Kind, tombstone.Key));
                removed++;
            }
        }
        return Task.FromResult(removed);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void Verify(JournalCommit commit)
    {
        if (commit.FencingToken < _fencing)
        {
            throw new JournalConflictException($"fencing number {commit.FencingToken} is behind {_fencing}: another writer took over");
        }
        var appended = new HashSet<(EntityAddress, long)>();
        foreach (var e in commit.Events)
        {
            var taken = _events.TryGetValue(e.Entity, out var events) && events.Exists(stored => stored.Sequence == e.Sequence);
            if (taken || !appended.Add((e.Entity, e.Sequence)))
            {
                throw new JournalConflictException($"{e.Entity}: sequence {e.Sequence} is taken");
            }
        }
        var claims = new Dictionary<uint, string>(_claims);
        foreach (var claim in commit.IdentityClaims)
        {
            if (claim.Released)
            {
                claims.Remove(claim.Number);
            }
            else if (claims.ContainsValue(claim.Labels) || !claims.TryAdd(claim.Number, claim.Labels))
            {
                throw new JournalConflictException($"identity {claim.Number} ({claim.Labels}): the number or the labels are claimed already");
            }
        }
    }

    private void Store(JournalCommit commit)
    {
        CommitCount++;
        _fencing = commit.FencingToken;
        foreach (var e in commit.Events)
        {
            if (!_events.TryGetValue(e.Entity, out var events))
            {
                _events[e.Entity] = events = [];
            }
            events.Add(e);
        }
        foreach (var snapshot in commit.Snapshots)
        {
            _snapshots[snapshot.Entity] = snapshot;
        }
        foreach (var record in commit.Records)
        {
            _records[(record.Kind, record.Key)] = record;
            LastRevision = Math.Max(LastRevision, record.Revision);
        }
        foreach (var claim in commit.IdentityClaims)
        {
            if (claim.Released)
            {
                _claims.Remove(claim.Number);
            }
            else
            {
                _claims.Add(claim.Number, claim.Labels);
            }
        }
    }

    private void ThrowIfReadFails(EntityAddress entity)
    {
        if (FailRead?.Invoke(entity) is { } failure)
        {
            throw failure;
        }
    }

    private static async IAsyncEnumerable<T> Stream<T>(T[] items, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        foreach (var item in items)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return item;
        }
    }
}
