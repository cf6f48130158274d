using System.Globalization;

namespace Axoneme.Policy;

/// <summary>
/// Part of the traffic a rule is about: a protocol and an inclusive range of destination ports (ICMP: types), or a port's name
/// that is looked up in the pod the traffic goes to.
/// </summary>
public readonly record struct TrafficMatch(IpProtocol Protocol, ushort Low, ushort High, string? Name = null)
{
    /// <summary>The highest traffic class: every protocol and port is [0, this].</summary>
    public const uint LastClass = 0xFFFFFF;

    public static TrafficMatch AllPorts(IpProtocol protocol) => new(protocol, 0, ushort.MaxValue);

    /// <summary>Traffic class of a protocol and port: <c>protocol &lt;&lt; 16 | port</c>.</summary>
    public static uint ClassOf(IpProtocol protocol, ushort port) => (uint)protocol << 16 | port;

    public uint LowClass => ClassOf(Protocol, Low);

    public uint HighClass => ClassOf(Protocol, High);

    public override string ToString()
    {
        var protocol = Protocol.ToString().ToUpperInvariant();
        return Name is not null ? $"{Name}/{protocol}"
            : (Low, High) == (0, ushort.MaxValue) ? $"any/{protocol}"
            : Low == High ? string.Create(CultureInfo.InvariantCulture, $"{Low}/{protocol}")
            : string.Create(CultureInfo.InvariantCulture, $"{Low}-{High}/{protocol}");
    }
}
