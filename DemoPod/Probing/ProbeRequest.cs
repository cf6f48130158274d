namespace Axoneme.DemoPod.Probing;

/// <summary>Asks for one connection attempt. <paramref name="Proto"/>: tcp, udp or icmp (which ignores the port). <paramref name="Ask"/>: the other end's introduction is wanted. <paramref name="From"/>: the port to ask from.</summary>
internal sealed record ProbeRequest(long Id, string Proto, string Address, int Port, int TimeoutMs, bool Ask = false, int From = 0);
