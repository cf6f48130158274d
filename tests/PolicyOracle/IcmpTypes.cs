using System.Text.Json;

namespace Axoneme.PolicyOracle;

/// <summary>The names of ICMP types the policy CRD lists, with the numbers of IANA's ICMP and ICMPv6 registries.</summary>
internal static class IcmpTypes
{
    private static readonly Dictionary<string, int> IPv4 = new()
    {
        ["EchoReply"] = 0,
        ["DestinationUnreachable"] = 3,
        ["Redirect"] = 5,
        ["Echo"] = 8,
        ["EchoRequest"] = 8,
        ["RouterAdvertisement"] = 9,
        ["RouterSelection"] = 10,
        ["TimeExceeded"] = 11,
        ["ParameterProblem"] = 12,
        ["Timestamp"] = 13,
        ["TimestampReply"] = 14,
        ["Photuris"] = 40,
        ["ExtendedEchoRequest"] = 42,
        ["ExtendedEchoReply"] = 43,
    };

    private static readonly Dictionary<string, int> IPv6 = new()
    {
        ["DestinationUnreachable"] = 1,
        ["PacketTooBig"] = 2,
        ["TimeExceeded"] = 3,
        ["ParameterProblem"] = 4,
        ["EchoRequest"] = 128,
        ["EchoReply"] = 129,
        ["MulticastListenerQuery"] = 130,
        ["MulticastListenerReport"] = 131,
        ["MulticastListenerDone"] = 132,
        ["RouterSolicitation"] = 133,
        ["RouterAdvertisement"] = 134,
        ["NeighborSolicitation"] = 135,
        ["NeighborAdvertisement"] = 136,
        ["RedirectMessage"] = 137,
        ["RouterRenumbering"] = 138,
        ["ICMPNodeInformationQuery"] = 139,
        ["ICMPNodeInformationResponse"] = 140,
        ["InverseNeighborDiscoverySolicitation"] = 141,
        ["InverseNeighborDiscoveryAdvertisement"] = 142,
        ["HomeAgentAddressDiscoveryRequest"] = 144,
        ["HomeAgentAddressDiscoveryReply"] = 145,
        ["MobilePrefixSolicitation"] = 146,
        ["MobilePrefixAdvertisement"] = 147,
        ["DuplicateAddressRequestCodeSuffix"] = 157,
        ["DuplicateAddressConfirmationCodeSuffix"] = 158,
        ["ExtendedEchoRequest"] = 160,
        ["ExtendedEchoReply"] = 161,
    };

    /// <summary>
    /// The traffic a field of <c>icmps</c> is about; the family is IPv4 unless it says otherwise (layer4.rst "Limit ICMP/ICMPv6 types").
    /// </summary>
    public static Traffic Of(JsonElement field)
    {
        var type = field.Text("type")!;
        var six = field.Text("family") == "IPv6";
        // The CRD spells two of the names with a space, "ExtendedEcho Reply".
        var number = int.TryParse(type, out var written) ? written : (six ? IPv6 : IPv4)[type.Replace(" ", "")];
        return six ? Traffic.Icmpv6(number) : Traffic.Icmpv4(number);
    }
}
