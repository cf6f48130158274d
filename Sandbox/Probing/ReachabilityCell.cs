namespace Axoneme.Sandbox.Probing;

/// <summary>One source to one target, over each address family that the target has.</summary>
public sealed record ReachabilityCell(ProbeOutcome? Ipv4, ProbeOutcome? Ipv6);
