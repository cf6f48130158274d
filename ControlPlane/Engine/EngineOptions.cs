using Axoneme.Persistence;

namespace Axoneme.ControlPlane.Engine;

/// <summary>The engine's bounds.</summary>
public sealed record EngineOptions
{
    public static EngineOptions Default { get; } = new();

    /// <summary>Commands that may wait for one entity. Effects of entities are not counted: they cannot be sent again.</summary>
    public int MailboxCapacity { get; init; } = 1024;

    /// <summary>Commands in one commit at most.</summary>
    public int MaxBatch { get; init; } = 4096;

    /// <summary>An entity without commands for so long leaves memory.</summary>
    public TimeSpan IdleTime { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How often idle entities are looked for and, while the journal refuses writes, writing is tried again.</summary>
    public TimeSpan Tick { get; init; } = TimeSpan.FromSeconds(1);

    public TimeSpan CompactEvery { get; init; } = TimeSpan.FromMinutes(10);

    public JournalRetention Retention { get; init; } = JournalRetention.Default;

    /// <summary>This writer's fencing number; a journal that has seen a higher one refuses its commits.</summary>
    public long FencingToken { get; init; } = 1;
}
