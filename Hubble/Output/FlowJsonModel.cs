using System.Text.Json.Serialization;

namespace Axoneme.Hubble;

/// <summary>The shapes of <see cref="FlowJson"/>, member by member as flow.proto and observer.proto name them.</summary>
internal static class FlowJsonModel
{
    public sealed record Response(
        [property: JsonPropertyName("flow")] Flow? Flow,
        [property: JsonPropertyName("lost_events")] Lost? Lost,
        [property: JsonPropertyName("node_name")] string NodeName,
        [property: JsonPropertyName("time")] string Time);

    public sealed record Lost(
        [property: JsonPropertyName("source")] string Source,
        [property: JsonPropertyName("num_events_lost")] long Count);

    public sealed record Flow
    {
        [JsonPropertyName("time")]
        public required string Time { get; init; }

        [JsonPropertyName("verdict")]
        public required string Verdict { get; init; }

        [JsonPropertyName("drop_reason")]
        public int? DropReason { get; init; }

        [JsonPropertyName("IP")]
        public Addresses? Addresses { get; init; }

        [JsonPropertyName("l4")]
        public Layer4? Layer4 { get; init; }

        [JsonPropertyName("source")]
        public required Endpoint Source { get; init; }

        [JsonPropertyName("destination")]
        public required Endpoint Destination { get; init; }

        [JsonPropertyName("Type")]
        public string Type => "L3_L4";

        [JsonPropertyName("node_name")]
        public required string NodeName { get; init; }

        [JsonPropertyName("event_type")]
        public required Event EventType { get; init; }

        [JsonPropertyName("traffic_direction")]
        public required string Direction { get; init; }

        [JsonPropertyName("drop_reason_desc")]
        public string? DropReasonName { get; init; }

        [JsonPropertyName("is_reply")]
        public bool IsReply { get; init; }

        [JsonPropertyName("egress_allowed_by")]
        public IReadOnlyList<Policy>? EgressAllowedBy { get; init; }

        [JsonPropertyName("ingress_allowed_by")]
        public IReadOnlyList<Policy>? IngressAllowedBy { get; init; }

        [JsonPropertyName("egress_denied_by")]
        public IReadOnlyList<Policy>? EgressDeniedBy { get; init; }

        [JsonPropertyName("ingress_denied_by")]
        public IReadOnlyList<Policy>? IngressDeniedBy { get; init; }

        [JsonPropertyName("nearest_rule")]
        public string? NearestRule { get; init; }

        [JsonPropertyName("Summary")]
        public required string Summary { get; init; }
    }

    public sealed record Addresses(
        [property: JsonPropertyName("source")] string Source,
        [property: JsonPropertyName("destination")] string Destination,
        [property: JsonPropertyName("ipVersion")] string Version);

    public sealed record Layer4
    {
        [JsonPropertyName("TCP")]
        public Tcp? Tcp { get; init; }

        [JsonPropertyName("UDP")]
        public Ports? Udp { get; init; }

        [JsonPropertyName("SCTP")]
        public Ports? Sctp { get; init; }

        [JsonPropertyName("ICMPv4")]
        public Icmp? IcmpV4 { get; init; }

        [JsonPropertyName("ICMPv6")]
        public Icmp? IcmpV6 { get; init; }
    }

    public sealed record Tcp(
        [property: JsonPropertyName("source_port")] int Source,
        [property: JsonPropertyName("destination_port")] int Destination,
        [property: JsonPropertyName("flags")] Dictionary<string, bool> Flags);

    public sealed record Ports(
        [property: JsonPropertyName("source_port")] int Source,
        [property: JsonPropertyName("destination_port")] int Destination);

    public sealed record Icmp(
        [property: JsonPropertyName("type")] int Type,
        [property: JsonPropertyName("code")] int Code);

    public sealed record Endpoint(
        [property: JsonPropertyName("ID")] int? Id,
        [property: JsonPropertyName("identity")] uint Identity,
        [property: JsonPropertyName("namespace")] string? Namespace,
        [property: JsonPropertyName("labels")] IReadOnlyList<string> Labels,
        [property: JsonPropertyName("pod_name")] string? PodName);

    public sealed record Event(
        [property: JsonPropertyName("type")] int Type,
        [property: JsonPropertyName("sub_type")] int? SubType);

    public sealed record Policy(
        [property: JsonPropertyName("name")] string Name,
        [property: JsonPropertyName("namespace")] string? Namespace,
        [property: JsonPropertyName("kind")] string Kind,
        [property: JsonPropertyName("section")] string Section);
}
