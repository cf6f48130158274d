namespace Axoneme.DemoPod.Probing;

/// <summary>Asks for one connection attempt. <paramref name="Proto"/>: tcp, udp or icmp (which ignores the port). <paramref name="Ask"/>: the other end's introduction is wanted.</summary>
internal sealed record ProbeRequest(long Id, string Proto, string Address, int Port, int TimeoutMs, bool Ask = false);
