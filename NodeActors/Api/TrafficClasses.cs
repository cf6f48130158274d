namespace Axoneme.NodeActors.Api;

/// <summary>Traffic classes (<c>protocol &lt;&lt; 16 | port</c>) in words.</summary>
internal static class TrafficClasses
{
    private const uint Last = 0xFFFFFF;
    private const uint PortMask = 0xFFFF;

    /// <summary>An interval of classes as protocols with ports; one that crosses protocols becomes up to three.</summary>
    public static IEnumerable<(string Protocol, string Ports)> Split(uint low, uint high)
    {
        if (low == 0 && high >= Last)
        {
            return [("ANY", "ANY")];
        }

        var parts = new List<(string, string)>();
        var (first, last) = (low >> 16, high >> 16);
        if (first == last)
        {
            return [(ProtocolName((byte)first), Ports(low & PortMask, high & PortMask))];
        }

        if ((low & PortMask) != 0)
        {
            parts.Add((ProtocolName((byte)first++), Ports(low & PortMask, PortMask)));
        }

        var whole = (high & PortMask) == PortMask ? last : last - 1;
        if (first <= whole)
        {
            parts.Add((first == whole ? ProtocolName((byte)first) : $"{first}-{whole}", "ANY"));
        }

        if (whole != last)
        {
            parts.Add((ProtocolName((byte)last), Ports(0, high & PortMask)));
        }

        return parts;
    }

    /// <summary>IANA's name, or the number.</summary>
    public static string ProtocolName(byte protocol) => protocol switch
    {
        1 => "ICMP",
        2 => "IGMP",
        6 => "TCP",
        17 => "UDP",
        58 => "ICMPv6",
        132 => "SCTP",
        _ => protocol.ToString(System.Globalization.CultureInfo.InvariantCulture),
    };

    private static string Ports(uint low, uint high) => low == 0 && high == PortMask ? "ANY" : low == high ? $"{low}" : $"{low}-{high}";
}
