namespace Axoneme.Sandbox.Probing;

/// <summary>A pod's port. Protocol: tcp or udp.</summary>
public sealed record ReachabilityTarget(string Pod, string Protocol, ushort Port);
