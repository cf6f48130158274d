namespace Axoneme.Persistence.Sqlite;

/// <summary>How a <see cref="SqliteJournal"/> is opened.</summary>
public sealed record SqliteJournalOptions
{
    public static SqliteJournalOptions Default { get; } = new();

    /// <summary>Decides what <see cref="IJournal.CompactAsync"/> calls old.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Up to this many bytes the whole file is checked at open; a larger one only in its schema, so that opening stays
    /// quick. Damage elsewhere is then found, and refused, when it is read.</summary>
    public long FullCheckBytes { get; init; } = 32L << 20;

    /// <summary>How long a statement waits for a lock that another process (a backup, a shell) holds.</summary>
    public TimeSpan BusyTimeout { get; init; } = TimeSpan.FromSeconds(5);
}
