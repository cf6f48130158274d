using System.Runtime.InteropServices;

namespace Axoneme.Datapath.Layout;

/// <summary>One record of ring buffer <c>events</c> (<c>struct event</c>). Ports are in network byte order.</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct DatapathEvent
{
    /// <summary>Nanoseconds since boot (CLOCK_MONOTONIC).</summary>
    public ulong Timestamp { get; init; }
    public EventType Type { get; init; }

    /// <summary><c>enum drop_reason</c> (Cilium's numbers), 0 unless dropped or audited.</summary>
    public byte Reason { get; init; }

    /// <summary>4, 6, or 0 when not IP.</summary>
    public byte Family { get; init; }
    public byte Protocol { get; init; }
    public byte TcpFlags { get; init; }
    public TrafficDirection Direction { get; init; }

    /// <summary>ICMP: type.</summary>
    public ushort SourcePort { get; init; }

    /// <summary>ICMP: code.</summary>
    public ushort DestinationPort { get; init; }
    public ushort SourceEndpoint { get; init; }
    public ushort DestinationEndpoint { get; init; }
    public byte IsReply { get; init; }
    private readonly byte _pad;
    public uint SourceIdentity { get; init; }
    public uint DestinationIdentity { get; init; }
    public uint EgressRule { get; init; }
    public uint IngressRule { get; init; }
    public uint Length { get; init; }
    public uint Ifindex { get; init; }
    public IpAddressKey Source { get; init; }
    public IpAddressKey Destination { get; init; }
}

/// <summary><c>enum event_type</c>.</summary>
public enum EventType : byte
{
    Drop = 1,
    New = 2,
    Closed = 3,
    Active = 4,
    Rejudged = 5,
    Audit = 6,
}
