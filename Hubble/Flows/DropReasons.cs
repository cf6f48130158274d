using System.Collections.Frozen;

namespace Axoneme.Hubble;

/// <summary>Why packets are dropped: Cilium's numbers, texts (pkg/monitor/api/drop.go) and names (<c>DropReason</c> in flow.proto).</summary>
public static class DropReasons
{
    public const byte Policy = 133;
    public const byte PolicyDeny = 181;

    private static readonly FrozenDictionary<byte, (string Text, string Name)> _reasons = new Dictionary<byte, (string, string)>
    {
        [130] = ("Invalid source mac", "INVALID_SOURCE_MAC"),
        [131] = ("Invalid destination mac", "INVALID_DESTINATION_MAC"),
        [132] = ("Invalid source ip", "INVALID_SOURCE_IP"),
        [Policy] = ("Policy denied", "POLICY_DENIED"),
        [134] = ("Invalid packet", "INVALID_PACKET_DROPPED"),
        [135] = ("CT: Truncated or invalid header", "CT_TRUNCATED_OR_INVALID_HEADER"),
        [137] = ("CT: Unknown L4 protocol", "CT_UNKNOWN_L4_PROTOCOL"),
        [139] = ("Unsupported L3 protocol", "UNSUPPORTED_L3_PROTOCOL"),
        [141] = ("Error writing to packet", "ERROR_WRITING_TO_PACKET"),
        [142] = ("Unknown L4 protocol", "UNKNOWN_L4_PROTOCOL"),
        [147] = ("Error retrieving tunnel key", "ERROR_RETRIEVING_TUNNEL_KEY"),
        [151] = ("Stale or unroutable IP", "STALE_OR_UNROUTABLE_IP"),
        [152] = ("No matching local container found", "NO_MATCHING_LOCAL_CONTAINER_FOUND"),
        [155] = ("CT: Map insertion failed", "CT_MAP_INSERTION_FAILED"),
        [156] = ("Invalid IPv6 extension header", "INVALID_IPV6_EXTENSION_HEADER"),
        [157] = ("Fragmentation needed", "FRAGMENTATION_NEEDED"),
        [158] = ("Service backend not found", "SERVICE_BACKEND_NOT_FOUND"),
        [160] = ("No tunnel/encapsulation endpoint (datapath BUG!)", "NO_TUNNEL_OR_ENCAPSULATION_ENDPOINT"),
        [167] = ("No mapping for NAT masquerade", "NO_MAPPING_FOR_NAT_MASQUERADE"),
        [168] = ("Unsupported protocol for NAT masquerade", "UNSUPPORTED_PROTOCOL_FOR_NAT_MASQUERADE"),
        [171] = ("Invalid identity", "INVALID_IDENTITY"),
        [172] = ("Unknown sender", "UNKNOWN_SENDER"),
        [175] = ("First logical datagram fragment not found", "FIRST_LOGICAL_DATAGRAM_FRAGMENT_NOT_FOUND"),
        [176] = ("Forbidden ICMPv6 message", "FORBIDDEN_ICMPV6_MESSAGE"),
        [177] = ("Denied by LB src range check", "DENIED_BY_LB_SRC_RANGE_CHECK"),
        [PolicyDeny] = ("Policy denied by denylist", "POLICY_DENY"),
    }.ToFrozenDictionary();

    /// <summary>The reason in words; the number for one that has none.</summary>
    public static string TextOf(byte reason) => _reasons.TryGetValue(reason, out var known) ? known.Text : $"{reason}";

    /// <summary>The reason's name in flow.proto.</summary>
    public static string NameOf(byte reason) => _reasons.TryGetValue(reason, out var known) ? known.Name : "DROP_REASON_UNKNOWN";
}
