using Axoneme.Datapath.Layout;

namespace Axoneme.Hubble;

/// <summary>One observation of a connection, as the datapath reported it and with the names of those involved.</summary>
public sealed record Flow
{
    /// <summary>Its place in the <see cref="FlowRing"/>, from 1 on; 0 outside of one.</summary>
    public long Sequence { get; internal set; }

    public required DateTimeOffset Time { get; init; }

    /// <summary>What the datapath reported: a drop, a new connection, …</summary>
    public required EventType Type { get; init; }

    public required FlowVerdict Verdict { get; init; }

    /// <summary>Cilium's number for the reason (<see cref="DropReasons"/>), 0 unless dropped or audited.</summary>
    public byte DropReason { get; init; }

    public required FlowEndpoint Source { get; init; }

    public required FlowEndpoint Destination { get; init; }

    /// <summary>4, 6, or 0 when not IP.</summary>
    public byte Family { get; init; }

    /// <summary>IP protocol number.</summary>
    public byte Protocol { get; init; }

    public TcpFlags TcpFlags { get; init; }

    /// <summary>ICMP only.</summary>
    public byte? IcmpType { get; init; }

    /// <summary>ICMP only.</summary>
    public byte? IcmpCode { get; init; }

    /// <summary>Whose decision it was: the sender's egress or the receiver's ingress policy.</summary>
    public TrafficDirection Direction { get; init; }

    /// <summary>Whether the packet goes against the direction of the connection.</summary>
    public bool IsReply { get; init; }

    /// <summary>What decided at the sender; null where no decision was reached.</summary>
    public FlowRule? EgressRule { get; init; }

    /// <summary>What decided at the receiver; null where no decision was reached.</summary>
    public FlowRule? IngressRule { get; init; }

    /// <summary>For a drop that no rule decided: the allowing rule that comes closest and what the traffic lacks, in words.</summary>
    public string? Nearest { get; init; }

    /// <summary>Bytes of the packet.</summary>
    public uint Length { get; init; }

    /// <summary>Where the packet was seen.</summary>
    public uint Ifindex { get; init; }

    /// <summary>Whether policy was what denied it, or would have.</summary>
    public bool IsPolicyDenied => DropReason is DropReasons.Policy or DropReasons.PolicyDeny;

    /// <summary>The rule behind the verdict, in the direction that decided.</summary>
    public FlowRule? DecidingRule => Direction == TrafficDirection.Egress ? EgressRule : IngressRule;
}
