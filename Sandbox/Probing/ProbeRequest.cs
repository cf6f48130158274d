namespace Axoneme.Sandbox.Probing;

/// <summary>Asks a pod's program for one connection attempt (its control socket's protocol). Proto: tcp, udp, icmp.</summary>
internal sealed record ProbeRequest(long Id, string Proto, string Address, int Port, int TimeoutMs);
