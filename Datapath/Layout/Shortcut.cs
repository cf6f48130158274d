using System.Runtime.InteropServices;

namespace Axoneme.Datapath.Layout;

/// <summary>Value of map <c>shortcuts</c> (<c>struct shortcut</c>): what became of a packet between a client outside and a backend elsewhere, for those behind it in the same tick.</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct Shortcut
{
    public IpAddressKey Source { get; init; }

    public IpAddressKey Destination { get; init; }

    /// <summary>In network byte order.</summary>
    public ushort SourcePort { get; init; }

    /// <summary>In network byte order.</summary>
    public ushort DestinationPort { get; init; }

    /// <summary>In ticks of 2^30 ns of CLOCK_MONOTONIC: it holds within this one.</summary>
    public uint Tick { get; init; }

    /// <summary>The device it leaves by.</summary>
    public uint Ifindex { get; init; }

    /// <summary>Index into map <c>tunnels</c> when that is the tunnel's device.</summary>
    public uint Tunnel { get; init; }

    /// <summary>The same for how it came.</summary>
    public uint ArrivedBy { get; init; }

    /// <summary>Bytes behind the Ethernet header that fit.</summary>
    public ushort Mtu { get; init; }

    /// <summary>1: drivers can send it on, too.</summary>
    public ushort ByDriver { get; init; }

    public MacAddress SourceMac { get; init; }

    public MacAddress DestinationMac { get; init; }

    /// <summary>Whom the packet is addressed to on the link where it arrives.</summary>
    public MacAddress ArrivesAt { get; init; }
    private readonly ushort _pad;
}
