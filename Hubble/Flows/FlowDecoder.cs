using System.Buffers.Binary;
using System.Net;
using Axoneme.Datapath.Layout;

namespace Axoneme.Hubble;

/// <summary>Turns what the datapath reports into flows. For one thread: the event reader's.</summary>
public sealed class FlowDecoder(IFlowMetadata metadata, TimeProvider time)
{
    private static readonly TimeSpan _tolerance = TimeSpan.FromMilliseconds(1);
    private DateTimeOffset _boot;

    /// <summary>Decodes one event.</summary>
    public Flow Decode(in DatapathEvent datapathEvent)
    {
        var hasPorts = IpProtocol.HasPorts(datapathEvent.Protocol);
        var isIcmp = datapathEvent.Protocol is IpProtocol.Icmp or IpProtocol.IcmpV6;
        var sourcePort = BinaryPrimitives.ReverseEndianness(datapathEvent.SourcePort);
        var destinationPort = BinaryPrimitives.ReverseEndianness(datapathEvent.DestinationPort);
        var isIp = datapathEvent.Family is 4 or 6;
        var flow = new Flow
        {
            Time = Boot().AddTicks((long)(datapathEvent.Timestamp / TimeSpan.NanosecondsPerTick)),
            Type = datapathEvent.Type,
            Verdict = VerdictOf(datapathEvent.Type),
            DropReason = datapathEvent.Reason,
            Family = datapathEvent.Family,
            Protocol = datapathEvent.Protocol,
            TcpFlags = (TcpFlags)datapathEvent.TcpFlags,
            IcmpType = isIcmp ? (byte)sourcePort : null,
            IcmpCode = isIcmp ? (byte)destinationPort : null,
            Direction = datapathEvent.Direction,
            IsReply = datapathEvent.IsReply != 0,
            Length = datapathEvent.Length,
            Ifindex = datapathEvent.Ifindex,
            Source = EndpointOf(datapathEvent.SourceIdentity, isIp ? datapathEvent.Source.ToIPAddress() : null, hasPorts ? sourcePort : null, datapathEvent.SourceEndpoint),
            Destination = EndpointOf(datapathEvent.DestinationIdentity, isIp ? datapathEvent.Destination.ToIPAddress() : null, hasPorts ? destinationPort : null, datapathEvent.DestinationEndpoint),
        };
        return Decide(flow, in datapathEvent, isIcmp ? sourcePort : destinationPort);
    }

    private static FlowVerdict VerdictOf(EventType type) => type switch
    {
        EventType.Drop => FlowVerdict.Dropped,
        EventType.Audit => FlowVerdict.Audit,
        EventType.New or EventType.Closed or EventType.Active or EventType.Rejudged => FlowVerdict.Forwarded,
        _ => FlowVerdict.Unknown,
    };

    /// <summary>Names the rules. Number 0 means "no rule" where policy denied; anywhere else that no decision was made there.</summary>
    private Flow Decide(Flow flow, in DatapathEvent datapathEvent, ushort port)
    {
        var isEgress = flow.Direction == TrafficDirection.Egress;
        var decided = flow with
        {
            EgressRule = RuleOf(datapathEvent.EgressRule, flow.IsPolicyDenied && isEgress),
            IngressRule = RuleOf(datapathEvent.IngressRule, flow.IsPolicyDenied && !isEgress),
        };
        var (subject, peer) = isEgress ? (flow.Source, flow.Destination) : (flow.Destination, flow.Source);
        return decided.IsPolicyDenied && decided.DecidingRule?.Id == FlowRule.None
            ? decided with { Nearest = metadata.NearestRule(flow.Direction, subject.Identity, peer.Identity, flow.Protocol, port) }
            : decided;
    }

    private FlowRule? RuleOf(uint id, bool denied) => id switch
    {
        FlowRule.None when !denied => null,
        >= FlowRule.FirstWritten => metadata.RuleOf(id) ?? FlowRule.Unnamed(id),
        _ => FlowRule.Unnamed(id),
    };

    private FlowEndpoint EndpointOf(uint identity, IPAddress? address, ushort? port, ushort endpointId) => new()
    {
        Identity = identity,
        Labels = metadata.LabelsOf(identity),
        // The interface says who sent it; the address says it only of those elsewhere.
        Pod = (endpointId == 0 ? null : metadata.PodOf(endpointId)) ?? (address is null ? null : metadata.PodAt(address)),
        Address = address,
        Port = port,
        EndpointId = endpointId,
    };

    /// <summary>
    /// When the kernel's monotonic clock, which is also <see cref="TimeProvider.GetTimestamp"/>'s on Linux, was zero. Kept
    /// while the two clocks agree, so that times do not jitter; follows when somebody sets the wall clock.
    /// </summary>
    private DateTimeOffset Boot()
    {
        var sinceBoot = time.GetElapsedTime(0, time.GetTimestamp());
        var boot = time.GetUtcNow() - sinceBoot;
        if ((boot - _boot).Duration() > _tolerance)
        {
            _boot = boot;
        }

        return _boot;
    }
}
