using System.Net;
using Axoneme.Datapath.Layout;

namespace Axoneme.Hubble;

/// <summary>
/// What flows are decorated with. Asked on the event reader's thread for every event, so answers come from memory and must
/// not block; unknown is a normal answer, since events arrive up to a moment after what they speak of is gone.
/// </summary>
public interface IFlowMetadata
{
    /// <summary>An identity's labels, <c>source:key=value</c>; empty when it is not known.</summary>
    IReadOnlyList<string> LabelsOf(uint identity);

    /// <summary>The pod that has an address; null when none has.</summary>
    FlowPod? PodAt(IPAddress address);

    /// <summary>The pod of this node with an endpoint id; null when there is none. Holds whatever address the packet bears.</summary>
    FlowPod? PodOf(ushort endpointId);

    /// <summary>A written rule by its number; null when it is not known any more.</summary>
    FlowRule? RuleOf(uint ruleId);

    /// <summary>
    /// For traffic that no rule allows: the rule that comes closest and what the traffic lacks, for example
    /// <c>default/allow-web ingress[0]: wants TCP 80</c>; null when no rule is near.
    /// </summary>
    /// <param name="direction">Whose policy decided.</param>
    /// <param name="subject">The identity whose policy decided.</param>
    /// <param name="peer">The other side's identity.</param>
    /// <param name="protocol">IP protocol number.</param>
    /// <param name="port">Destination port, for ICMP the type.</param>
    string? NearestRule(TrafficDirection direction, uint subject, uint peer, byte protocol, ushort port);
}
