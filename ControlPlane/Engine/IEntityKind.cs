using Axoneme.Persistence;

namespace Axoneme.ControlPlane.Engine;

/// <summary>
/// An entity kind as an engine sees it: states are opaque, events and snapshots are bytes. Pure: an engine may call it from any
/// thread and throw results away. Implemented by <see cref="EntityKind{TState,TCommand,TEvent}"/>.
/// </summary>
public interface IEntityKind
{
    /// <summary>The kind's name in addresses, for example <c>endpoint</c>.</summary>
    string Name { get; }

    /// <summary>A snapshot is written after so many events.</summary>
    int SnapshotEvery { get; }

    /// <summary>Whether every entity is recovered when the engine starts, because it may have effects outstanding.</summary>
    bool RecoversAtStart { get; }

    object Initial(string id);

    /// <summary>Decides and applies a command.</summary>
    /// <exception cref="InvalidCommandException">The command is not one of this kind's.</exception>
    EntityStep Step(string id, object state, ICommand command, DateTimeOffset time);

    object Apply(object state, ReadOnlySpan<byte> storedEvent);

    ReadOnlyMemory<byte> Encode(object state);

    object Decode(string id, ReadOnlySpan<byte> snapshot);

    /// <summary>The state as a JSON object, for people.</summary>
    string Describe(object state);

    /// <summary>Whether the state is the initial one again: the entity has ended and may be forgotten.</summary>
    bool HasEnded(string id, object state);

    /// <summary>Commands to others that may not have arrived before a restart.</summary>
    IEnumerable<Effect> OnRecovered(string id, object state);

    /// <summary>The records that stand in the state log because of this state.</summary>
    IEnumerable<RecordChange> Published(string id, object state);
}
