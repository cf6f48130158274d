namespace Axoneme.Hubble;

/// <summary>IP protocol numbers that flows tell apart (IANA).</summary>
internal static class IpProtocol
{
    public const byte Icmp = 1;
    public const byte Tcp = 6;
    public const byte Udp = 17;
    public const byte IcmpV6 = 58;
    public const byte Sctp = 132;

    /// <summary>The name as Hubble has it.</summary>
    public static string NameOf(byte protocol) => protocol switch
    {
        Icmp => "ICMPv4",
        Tcp => "TCP",
        Udp => "UDP",
        IcmpV6 => "ICMPv6",
        Sctp => "SCTP",
        _ => $"{protocol}",
    };

    public static bool HasPorts(byte protocol) => protocol is Tcp or Udp or Sctp;
}
