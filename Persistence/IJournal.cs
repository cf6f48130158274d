namespace Axoneme.Persistence;

/// <summary>
/// The durable store of one writer: entity events, entity snapshots and the state log's records. Everything in one
/// <see cref="JournalCommit"/> becomes durable together or not at all; when <see cref="CommitAsync"/> returns it survives
/// kill -9 and power loss (SQLite: WAL, synchronous=full).
/// </summary>
public interface IJournal : IAsyncDisposable
{
    /// <summary>Random number drawn when the journal was created; changes only when history was lost.</summary>
    ulong Epoch { get; }

    /// <summary>The highest state log revision committed, 0 in a new journal.</summary>
    ulong LastRevision { get; }

    /// <summary>The highest revision among the tombstones <see cref="CompactAsync"/> has removed, 0 when it never removed one.
    /// A subscriber whose cursor is below it may have missed a deletion and needs a snapshot.</summary>
    ulong TombstoneHorizon => 0;

    /// <summary>Writes one commit. Throws <see cref="JournalConflictException"/> when an event's sequence number is taken or an
    /// identity claim is not unique, <see cref="JournalUnavailableException"/> when the store refuses (disk full, I/O error); nothing of the commit is stored then.</summary>
    Task CommitAsync(JournalCommit commit, CancellationToken cancellationToken);

    /// <summary>The newest snapshot of an entity, or null.</summary>
    ValueTask<StoredSnapshot?> LoadSnapshotAsync(EntityAddress entity, CancellationToken cancellationToken);

    /// <summary>An entity's events after a sequence number, oldest first.</summary>
    IAsyncEnumerable<StoredEvent> ReadEventsAsync(EntityAddress entity, long afterSequence, CancellationToken cancellationToken);

    /// <summary>Addresses of every entity that has events or a snapshot, of one kind or (null) of all.</summary>
    IAsyncEnumerable<EntityAddress> ListEntitiesAsync(string? kind, CancellationToken cancellationToken);

    /// <summary>Every state log record stored, tombstones included, in revision order.</summary>
    IAsyncEnumerable<StoredRecord> ReadRecordsAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Removes events that snapshots cover and tombstones, both older than the retention allows; over
    /// <see cref="JournalRetention.MaxBytes"/> covered events go whatever their age, oldest first. An entity whose newest snapshot is
    /// empty (the initial state) and uncontradicted by later events is forgotten whole. Returns rows removed.
    /// </summary>
    Task<long> CompactAsync(JournalRetention retention, CancellationToken cancellationToken);
}

/// <summary>Names one entity, for example ("identity-shard", "3") or ("endpoint", "default/web-0").</summary>
public readonly record struct EntityAddress(string Kind, string Id)
{
    public override string ToString() => $"{Kind}/{Id}";
}

/// <summary>One event. <paramref name="Sequence"/> starts at 1 and has no gaps within an entity; <paramref name="Payload"/> is protobuf.</summary>
public sealed record StoredEvent(EntityAddress Entity, long Sequence, string Type, ReadOnlyMemory<byte> Payload, DateTimeOffset Time);

/// <summary>An entity's state after the event with number <paramref name="Sequence"/>.</summary>
public sealed record StoredSnapshot(EntityAddress Entity, long Sequence, ReadOnlyMemory<byte> Payload, DateTimeOffset Time);

/// <summary>One key of the state log at its newest revision. <paramref name="Payload"/> is empty when deleted.</summary>
public sealed record StoredRecord(string Kind, string Key, ulong Revision, bool Deleted, ReadOnlyMemory<byte> Payload, DateTimeOffset Time);

/// <summary>Claims or releases an identity number; number and labels are each unique among claims in force, enforced by the schema.</summary>
public sealed record IdentityClaim(uint Number, string Labels, bool Released);

/// <summary>What one <see cref="IJournal.CommitAsync"/> writes.</summary>
public sealed record JournalCommit
{
    public IReadOnlyList<StoredEvent> Events { get; init; } = [];
    public IReadOnlyList<StoredSnapshot> Snapshots { get; init; } = [];
    public IReadOnlyList<StoredRecord> Records { get; init; } = [];
    public IReadOnlyList<IdentityClaim> IdentityClaims { get; init; } = [];

    /// <summary>The writer's fencing number; a journal that has seen a higher one refuses the commit.</summary>
    public long FencingToken { get; init; }
}

/// <summary>What may be forgotten. Defaults as in the design: 7 days of events, 1 hour of tombstones, 1 GiB.</summary>
public sealed record JournalRetention(TimeSpan EventAge, TimeSpan TombstoneAge, long MaxBytes)
{
    public static JournalRetention Default { get; } = new(TimeSpan.FromDays(7), TimeSpan.FromHours(1), 1L << 30);
}

/// <summary>Another writer's history got in the way: the commit was refused whole.</summary>
public sealed class JournalConflictException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The store cannot take writes now (disk full, I/O error, locked); nothing was written.</summary>
public sealed class JournalUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
