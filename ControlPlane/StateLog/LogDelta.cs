using Axoneme.Wire.State;

namespace Axoneme.ControlPlane.StateLog;

/// <summary>What a subscriber lacks; when it lacks nothing, <paramref name="Published"/> ends with the next commit.</summary>
internal readonly record struct LogDelta(IReadOnlyList<Commit> Commits, Task Published);
