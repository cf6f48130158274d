namespace Axoneme.Policy;

/// <summary>IP protocol numbers (IANA) that policies can name.</summary>
public enum IpProtocol : byte
{
    Icmp = 1,
    Igmp = 2,
    Tcp = 6,
    Udp = 17,
    Icmpv6 = 58,
    Vrrp = 112,
    Sctp = 132,
}
