using Axoneme.Persistence;

namespace Axoneme.ControlPlane.Engine;

/// <summary>
/// Hosts entities: one mailbox each, journal before publish. A command is answered after everything that follows from it is
/// durable and published. Implemented by <see cref="InProcessEngine"/>; nothing here keeps a cluster-sharded engine from doing the same.
/// </summary>
public interface IEntityEngine
{
    /// <summary>The kinds hosted, by name.</summary>
    IReadOnlyCollection<string> Kinds { get; }

    EngineStatus Status { get; }

    /// <summary>Tells of every entity to which something happened, once it is durable. Raised where commits are made: take note and return.</summary>
    event Action<EntityAddress>? Changed;

    /// <summary>Sends a command and returns the entity's answer. Cancelling gives up the wait, not the command.</summary>
    /// <exception cref="CommandRefusedException">The entity refuses it.</exception>
    /// <exception cref="EntityFailedException">It threw; nothing was stored.</exception>
    /// <exception cref="MailboxFullException">Too many commands wait.</exception>
    /// <exception cref="JournalUnavailableException">The journal refuses writes; nothing was stored.</exception>
    /// <exception cref="JournalConflictException">Another writer's history got in the way; nothing was stored.</exception>
    /// <exception cref="UnknownEntityKindException">No such kind.</exception>
    /// <exception cref="EngineStoppedException">The engine stops.</exception>
    Task<TReply> AskAsync<TReply>(EntityAddress entity, ICommand<TReply> command, CancellationToken cancellationToken)
        where TReply : class;

    /// <summary>Sends a command and does not wait; its failure is logged and counted.</summary>
    /// <exception cref="MailboxFullException">Too many commands wait.</exception>
    /// <exception cref="UnknownEntityKindException">No such kind.</exception>
    void Tell(EntityAddress entity, ICommand command);

    /// <summary>Every entity of a kind that has a history, by id.</summary>
    /// <exception cref="UnknownEntityKindException">No such kind.</exception>
    IReadOnlyList<EntityAddress> List(string kind);

    /// <summary>Looks at an entity without waking it; null when it has no history.</summary>
    /// <exception cref="UnknownEntityKindException">No such kind.</exception>
    Task<EntityInspection?> InspectAsync(EntityAddress entity, CancellationToken cancellationToken);
}
