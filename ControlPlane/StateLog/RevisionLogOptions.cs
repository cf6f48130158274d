namespace Axoneme.ControlPlane.StateLog;

/// <summary>What the state log keeps in memory besides the live records.</summary>
public sealed record RevisionLogOptions
{
    public static RevisionLogOptions Default { get; } = new();

    /// <summary>Recent commits kept as they were. A subscriber further behind gets what changed since as one commit.</summary>
    public int RecentCommits { get; init; } = 1024;

    /// <summary>Tombstones kept at most; beyond it the oldest go and the horizon moves up.</summary>
    public int MaxTombstones { get; init; } = 1_000_000;
}
