namespace Axoneme.ControlPlane.Engine;

/// <summary>An entity's state with its place in history.</summary>
internal sealed record EntityImage(object State, long Sequence, long SnapshotSequence, DateTimeOffset? LastEventTime);
