using Axoneme.Persistence;

namespace Axoneme.ControlPlane.Engine;

/// <summary>A command to another entity, sent after the commit that decided it. Arrives at least once, in order per pair of entities.</summary>
public sealed record Effect(EntityAddress To, ICommand Command);
