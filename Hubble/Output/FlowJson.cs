using System.Globalization;
using System.Text.Json;
using Axoneme.Datapath.Layout;

namespace Axoneme.Hubble;

/// <summary>
/// A flow in the JSON that <c>hubble observe -o jsonpb</c> prints (protobuf's mapping of GetFlowsResponse, Cilium: api/v1/flow/flow.proto),
/// with <c>nearest_rule</c> and each policy's <c>section</c> as our additions.
/// </summary>
public static class FlowJson
{
    private const int DropEvent = 1, TraceEvent = 4, PolicyVerdictEvent = 5; // Cilium: pkg/monitor/api/types.go

    /// <summary>One line, without a line end.</summary>
    public static string Serialize(Flow flow, string nodeName) =>
        JsonSerializer.Serialize(new FlowJsonModel.Response(Model(flow, nodeName), null, nodeName, Time(flow.Time)), FlowJsonContext.Default.Response);

    /// <summary>One line that says how many flows a reader missed.</summary>
    public static string SerializeLost(long count, string nodeName, DateTimeOffset time) =>
        JsonSerializer.Serialize(new FlowJsonModel.Response(null, new FlowJsonModel.Lost("HUBBLE_RING_BUFFER", count), nodeName, Time(time)), FlowJsonContext.Default.Response);

    private static FlowJsonModel.Flow Model(Flow flow, string nodeName) => new()
    {
        Time = Time(flow.Time),
        Verdict = flow.Verdict switch
        {
            FlowVerdict.Forwarded => "FORWARDED",
            FlowVerdict.Dropped => "DROPPED",
            FlowVerdict.Audit => "AUDIT",
            _ => "VERDICT_UNKNOWN",
        },
        DropReason = flow.DropReason == 0 ? null : flow.DropReason,
        DropReasonName = flow.DropReason == 0 ? null : DropReasons.NameOf(flow.DropReason),
        Addresses = flow.Family == 0 ? null : new FlowJsonModel.Addresses($"{flow.Source.Address}", $"{flow.Destination.Address}", flow.Family == 4 ? "IPv4" : "IPv6"),
        Layer4 = Layer4(flow),
        Source = Endpoint(flow.Source),
        Destination = Endpoint(flow.Destination),
        NodeName = nodeName,
        IsReply = flow.IsReply,
        EventType = new FlowJsonModel.Event(
            flow.Type switch
            {
                EventType.Drop => DropEvent,
                EventType.Closed or EventType.Active => TraceEvent,
                _ => PolicyVerdictEvent,
            },
            flow.DropReason == 0 ? null : flow.DropReason),
        Direction = flow.Direction == TrafficDirection.Egress ? "EGRESS" : "INGRESS",
        EgressAllowedBy = Policies(flow, flow.EgressRule, TrafficDirection.Egress, denied: false),
        IngressAllowedBy = Policies(flow, flow.IngressRule, TrafficDirection.Ingress, denied: false),
        EgressDeniedBy = Policies(flow, flow.EgressRule, TrafficDirection.Egress, denied: true),
        IngressDeniedBy = Policies(flow, flow.IngressRule, TrafficDirection.Ingress, denied: true),
        NearestRule = flow.Nearest,
        Summary = FlowText.Summary(flow),
    };

    private static FlowJsonModel.Layer4? Layer4(Flow flow)
    {
        var ports = flow.Source.Port is { } source && flow.Destination.Port is { } destination ? new FlowJsonModel.Ports(source, destination) : null;
        return flow.Protocol switch
        {
            IpProtocol.Tcp when ports is not null => new FlowJsonModel.Layer4 { Tcp = new FlowJsonModel.Tcp(ports.Source, ports.Destination, Flags(flow.TcpFlags)) },
            IpProtocol.Udp => new FlowJsonModel.Layer4 { Udp = ports },
            IpProtocol.Sctp => new FlowJsonModel.Layer4 { Sctp = ports },
            IpProtocol.Icmp => new FlowJsonModel.Layer4 { IcmpV4 = new FlowJsonModel.Icmp(flow.IcmpType ?? 0, flow.IcmpCode ?? 0) },
            IpProtocol.IcmpV6 => new FlowJsonModel.Layer4 { IcmpV6 = new FlowJsonModel.Icmp(flow.IcmpType ?? 0, flow.IcmpCode ?? 0) },
            _ => null,
        };
    }

    private static Dictionary<string, bool> Flags(TcpFlags flags)
    {
        var set = new Dictionary<string, bool>();
        for (var bit = 1; bit <= (int)TcpFlags.CWR; bit <<= 1)
        {
            if (((int)flags & bit) != 0)
            {
                set.Add($"{(TcpFlags)bit}", true);
            }
        }

        return set;
    }

    private static FlowJsonModel.Endpoint Endpoint(FlowEndpoint side) =>
        new(side.EndpointId == 0 ? null : side.EndpointId, side.Identity, side.Pod?.Namespace, side.Labels, side.Pod?.Name);

    private static FlowJsonModel.Policy[]? Policies(Flow flow, FlowRule? rule, TrafficDirection direction, bool denied) =>
        rule is { Name.Length: > 0 } && denied == (flow.IsPolicyDenied && direction == flow.Direction)
            ? [new FlowJsonModel.Policy(rule.Name, rule.Namespace.Length == 0 ? null : rule.Namespace, rule.Kind, rule.Section)]
            : null;

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture);
}
