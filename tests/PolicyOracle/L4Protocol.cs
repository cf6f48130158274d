namespace Axoneme.PolicyOracle;

/// <summary>The protocols the policy language can tell apart.</summary>
public enum L4Protocol
{
    /// <summary>TCP.</summary>
    Tcp,

    /// <summary>UDP.</summary>
    Udp,

    /// <summary>SCTP.</summary>
    Sctp,

    /// <summary>ICMP of IPv4.</summary>
    Icmpv4,

    /// <summary>ICMP of IPv6.</summary>
    Icmpv6,

    /// <summary>VRRP, which has no ports.</summary>
    Vrrp,

    /// <summary>IGMP, which has no ports.</summary>
    Igmp,
}
