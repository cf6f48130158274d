using System.Runtime.InteropServices;

namespace Axoneme.Datapath.Layout;

/// <summary>Value of map <c>nat</c> (<c>struct nat_entry</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct NatEntry
{
    /// <summary>What the packet's tuple becomes.</summary>
    public PacketTuple Tuple { get; init; }

    /// <summary>Kept in the entry of who asks.</summary>
    public NatFlags Flags { get; init; }

    public NatRole Role { get; init; }
    private readonly byte _pad;

    /// <summary>In ticks of 2^30 ns of CLOCK_MONOTONIC.</summary>
    public uint LastSeen { get; init; }

    /// <summary>Of a service's translation: its key in map <c>backends</c>.</summary>
    public uint Backend { get; init; }

    /// <summary>Of packets that only pass this node.</summary>
    public PacketWay Way { get; init; }
}

/// <summary><c>enum nat_flags</c>.</summary>
[Flags]
public enum NatFlags : ushort
{
    None = 0,
    FinOut = 1,
    FinIn = 2,
    Reset = 4,
    ReplySeen = 8,

    /// <summary>Of a service: the backend answers the client itself.</summary>
    DirectReturn = 16,
}

/// <summary><c>enum nat_role</c>: which entry of which translation this is.</summary>
[Flags]
public enum NatRole : byte
{
    None = 0,

    /// <summary>Of the packets of who began; otherwise of the answers.</summary>
    Asks = 1,

    /// <summary>Of a service and its client.</summary>
    Service = 2,

    /// <summary>Whose backend is elsewhere and sees this node's address.</summary>
    BothEnds = 4,

    /// <summary>Of what the stack makes of such a client's packet; has no other entry.</summary>
    Pieces = 8,
}
