namespace Axoneme.PolicyOracle;

/// <summary>What travels between two parties, as far as layer 4 tells.</summary>
/// <param name="Protocol">The protocol.</param>
/// <param name="Number">The destination port (TCP, UDP, SCTP), the ICMP type (ICMP), 0 for protocols with neither.</param>
public readonly record struct Traffic(L4Protocol Protocol, int Number)
{
    /// <summary>VRRP.</summary>
    public static readonly Traffic Vrrp = new(L4Protocol.Vrrp, 0);

    /// <summary>IGMP.</summary>
    public static readonly Traffic Igmp = new(L4Protocol.Igmp, 0);

    /// <summary>Whether the protocol has ports; only these are meant by <c>ANY</c> in a policy.</summary>
    public bool HasPorts => Protocol is L4Protocol.Tcp or L4Protocol.Udp or L4Protocol.Sctp;

    /// <summary>TCP to a port.</summary>
    public static Traffic Tcp(int port) => new(L4Protocol.Tcp, port);

    /// <summary>UDP to a port.</summary>
    public static Traffic Udp(int port) => new(L4Protocol.Udp, port);

    /// <summary>SCTP to a port.</summary>
    public static Traffic Sctp(int port) => new(L4Protocol.Sctp, port);

    /// <summary>An ICMP message of IPv4.</summary>
    public static Traffic Icmpv4(int type) => new(L4Protocol.Icmpv4, type);

    /// <summary>An ICMP message of IPv6.</summary>
    public static Traffic Icmpv6(int type) => new(L4Protocol.Icmpv6, type);

    /// <inheritdoc/>
    public override string ToString() => Protocol switch
    {
        L4Protocol.Vrrp or L4Protocol.Igmp => $"{Protocol}",
        L4Protocol.Icmpv4 or L4Protocol.Icmpv6 => $"{Protocol} type {Number}",
        _ => $"{Protocol} port {Number}",
    };
}
