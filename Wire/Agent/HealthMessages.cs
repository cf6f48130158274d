namespace Axoneme.Wire.Agent;

/// <summary>What a round of probes from one node found.</summary>
/// <param name="Node">The node that asked.</param>
/// <param name="ProbedAt">When the round began; null before the first one.</param>
/// <param name="IntervalSeconds">Between rounds.</param>
/// <param name="Nodes">Every node of the cluster, the asking one first, then by name.</param>
/// <param name="Problems">Why others may not reach this node's own responders.</param>
public sealed record HealthReport(string Node, DateTimeOffset? ProbedAt, double IntervalSeconds, IReadOnlyList<NodeHealth> Nodes, IReadOnlyList<string> Problems);

/// <summary>One node as another reaches it. A family that a side does not have is not in its list.</summary>
/// <param name="Name">The node.</param>
/// <param name="Host">Its own addresses, the primary one first.</param>
/// <param name="Endpoint">Its health endpoint's, which only its datapath makes reachable; empty when it has none.</param>
public sealed record NodeHealth(string Name, IReadOnlyList<PathHealth> Host, IReadOnlyList<PathHealth> Endpoint);

/// <summary>One address, asked in two ways.</summary>
public sealed record PathHealth(string Address, ProbeHealth Icmp, ProbeHealth Http);

/// <summary>An answer: the time it took in seconds, or why there was none.</summary>
public sealed record ProbeHealth(double? LatencySeconds, string? Failure);
