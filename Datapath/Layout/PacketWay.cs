using System.Runtime.InteropServices;

namespace Axoneme.Datapath.Layout;

/// <summary>How packets between a client outside and a backend elsewhere leave the node (<c>struct way</c>): what was found out for one holds for all until the clock ticks.</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct PacketWay
{
    /// <summary>In ticks of 2^30 ns of CLOCK_MONOTONIC: it holds within this one.</summary>
    public uint Tick { get; init; }

    /// <summary>The device it leaves by; 0: not known.</summary>
    public uint Ifindex { get; init; }

    /// <summary>Index into map <c>tunnels</c> when that is the tunnel's device.</summary>
    public uint Tunnel { get; init; }

    /// <summary>The same for how it came.</summary>
    public uint ArrivedBy { get; init; }

    /// <summary>Bytes behind the Ethernet header that fit.</summary>
    public ushort Mtu { get; init; }

    public MacAddress SourceMac { get; init; }

    public MacAddress DestinationMac { get; init; }

    /// <summary>Whom the packet is addressed to on the link where it arrives.</summary>
    public MacAddress ArrivesAt { get; init; }

    /// <summary>1: drivers can send it on, too.</summary>
    public byte ByDriver { get; init; }
    private readonly byte _pad0;
    private readonly byte _pad1;
    private readonly byte _pad2;
}
