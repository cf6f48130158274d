using System.Collections.Immutable;

namespace Axoneme.Policy;

/// <summary>A member of <c>toPorts[].ports</c>: where it stands and what it matches (nothing when it was refused).</summary>
internal sealed record WrittenPort(string Path, ImmutableArray<TrafficMatch> Matches);
