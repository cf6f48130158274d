namespace Axoneme.DatapathFuzz.Tests.Packets;

/// <summary>IANA's numbers of protocols.</summary>
internal static class IpNumbers
{
    public const byte HopByHop = 0;
    public const byte Icmp = 1;
    public const byte Igmp = 2;
    public const byte Tcp = 6;
    public const byte Udp = 17;
    public const byte Routing = 43;
    public const byte Fragment = 44;
    public const byte Gre = 47;
    public const byte Esp = 50;
    public const byte Authentication = 51;
    public const byte Icmpv6 = 58;
    public const byte DestinationOptions = 60;
    public const byte Vrrp = 112;
    public const byte Sctp = 132;
    public const byte UdpLite = 136;

    /// <summary>Whether the transport header begins with two ports.</summary>
    public static bool HasPorts(byte protocol) => protocol is Tcp or Udp or Sctp or UdpLite;

    /// <summary>Whether its packets say which of them is a connection's first.</summary>
    public static bool TellsBeginning(byte protocol) => protocol is Tcp or Sctp;

    /// <summary>IPv6 extension headers that a receiver skips (RFC 8200, RFC 4302).</summary>
    public static bool IsExtension(byte protocol) => protocol is HopByHop or Routing or Fragment or Authentication or DestinationOptions;
}
