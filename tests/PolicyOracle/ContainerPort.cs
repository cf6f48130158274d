namespace Axoneme.PolicyOracle;

/// <summary>A named port of a pod's container.</summary>
/// <param name="Name">The name, unique within the pod.</param>
/// <param name="Protocol">TCP, UDP or SCTP.</param>
/// <param name="Number">1–65535.</param>
public sealed record ContainerPort(string Name, L4Protocol Protocol, int Number);
