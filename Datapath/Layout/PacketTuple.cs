using System.Runtime.InteropServices;

namespace Axoneme.Datapath.Layout;

/// <summary>Both ends of a packet (<c>struct tuple</c>). The id of an ICMP echo stands for the port where it is translated, 0 for the other.</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct PacketTuple
{
    public IpAddressKey Source { get; init; }

    public IpAddressKey Destination { get; init; }

    /// <summary>In network byte order.</summary>
    public ushort SourcePort { get; init; }

    /// <summary>In network byte order.</summary>
    public ushort DestinationPort { get; init; }

    /// <summary>That of an answer.</summary>
    public PacketTuple Reversed() => new() { Source = Destination, Destination = Source, SourcePort = DestinationPort, DestinationPort = SourcePort };
}
