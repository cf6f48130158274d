namespace Axoneme.ControlPlane.Engine;

/// <summary>A command on its way to an entity: who is addressed and when it is decided (entities have no clock).</summary>
public readonly record struct CommandEnvelope<TCommand>(string EntityId, TCommand Command, DateTimeOffset Time);
