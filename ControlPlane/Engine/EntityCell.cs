using Axoneme.Persistence;

namespace Axoneme.ControlPlane.Engine;

/// <summary>
/// One entity in memory: its mailbox and its last committed state. The engine's gate guards every member; only its writer
/// loop changes the state.
/// </summary>
internal sealed class EntityCell(EntityAddress address, IEntityKind kind)
{
    public EntityAddress Address { get; } = address;

    public IEntityKind Kind { get; } = kind;

    public LinkedList<PendingCommand> Mailbox { get; } = [];

    /// <summary>In the engine's list of entities with work, or being worked on.</summary>
    public bool Scheduled { get; set; }

    /// <summary>Null while it is not recovered.</summary>
    public EntityImage? Image { get; set; }

    public long LastUsed { get; set; }

    public long Failures { get; set; }

    public string? LastFailure { get; set; }
}
