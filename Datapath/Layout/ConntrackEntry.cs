using System.Runtime.InteropServices;

namespace Axoneme.Datapath.Layout;

/// <summary>Value of the conntrack maps (<c>struct conntrack_entry</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct ConntrackEntry
{
    /// <summary>A tick is 2 to this power nanoseconds, about 1.07 s (<c>TICK_SHIFT</c>).</summary>
    public const int TickShift = 30;

    /// <summary>In ticks of 2^30 ns of CLOCK_MONOTONIC (<see cref="TickShift"/>).</summary>
    public uint LastSeen { get; init; }
    public uint LastReported { get; init; }
    public ConntrackFlags Flags { get; init; }
    public byte TcpFlags { get; init; }
    private readonly byte _pad;
    public ConntrackEnd Initiator { get; init; }
    public ConntrackEnd Responder { get; init; }
    public NextHop Hop { get; init; }
}

/// <summary>How packets to the end elsewhere leave the node (<c>struct next_hop</c>); good for one tick.</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct NextHop
{
    /// <summary>0 when it is not known.</summary>
    public uint Ifindex { get; init; }

    /// <summary>In bytes.</summary>
    public ushort Mtu { get; init; }

    /// <summary>The lower half of the tick it was learned in.</summary>
    public ushort Tick { get; init; }

    /// <summary>Of the neighbour.</summary>
    public MacAddress Mac { get; init; }
    private readonly ushort _pad;
}

/// <summary>One end of a connection and the verdict made for it (<c>struct conntrack_end</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct ConntrackEnd
{
    public uint Identity { get; init; }

    /// <summary>Of a pod of this node; <see cref="EndpointEntry.HostInterface"/> for the node itself; 0 for an end elsewhere.</summary>
    public uint Ifindex { get; init; }

    /// <summary>Of an end elsewhere: the index into map <c>tunnels</c> by which it is reached.</summary>
    public uint PolicyId { get; init; }
    public uint PolicyRevision { get; init; }

    /// <summary>Egress rule for the initiator, ingress rule for the responder.</summary>
    public uint Rule { get; init; }
}

/// <summary><c>enum conntrack_flags</c>.</summary>
[Flags]
public enum ConntrackFlags : ushort
{
    None = 0,
    InitiatorIsHigh = 1,
    ReplySeen = 2,
    FinFromInitiator = 4,
    FinFromResponder = 8,
    Reset = 16,
    NotSyn = 32,
    ClosedReported = 64,
    Masquerade = 128,

    /// <summary>Its initiator asked a service: answers come from there.</summary>
    Service = 256,

    /// <summary>Met again by an answer: it was the responder who asked.</summary>
    BackendFirst = 512,
}
