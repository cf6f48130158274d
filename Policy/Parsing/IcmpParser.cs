using System.Globalization;
using System.Text.Json;

namespace Axoneme.Policy;

/// <summary>Reads Cilium's <c>icmps[].fields</c>: a family and a type by number or name.</summary>
internal static class IcmpParser
{
    private static readonly Dictionary<string, byte> Types4 = new(StringComparer.Ordinal)
    {
        ["EchoReply"] = 0, ["DestinationUnreachable"] = 3, ["Redirect"] = 5, ["Echo"] = 8, ["EchoRequest"] = 8,
        ["RouterAdvertisement"] = 9, ["RouterSelection"] = 10, ["TimeExceeded"] = 11, ["ParameterProblem"] = 12,
        ["Timestamp"] = 13, ["TimestampReply"] = 14, ["Photuris"] = 40, ["ExtendedEchoRequest"] = 42,
        ["ExtendedEchoReply"] = 43, ["ExtendedEcho Reply"] = 43, ["ExtendedEcho Request"] = 42,
    };

    private static readonly Dictionary<string, byte> Types6 = new(StringComparer.Ordinal)
    {
        ["DestinationUnreachable"] = 1, ["PacketTooBig"] = 2, ["TimeExceeded"] = 3, ["ParameterProblem"] = 4,
        ["EchoRequest"] = 128, ["EchoReply"] = 129, ["MulticastListenerQuery"] = 130, ["MulticastListenerReport"] = 131,
        ["MulticastListenerDone"] = 132, ["RouterSolicitation"] = 133, ["RouterAdvertisement"] = 134,
        ["NeighborSolicitation"] = 135, ["NeighborAdvertisement"] = 136, ["RedirectMessage"] = 137, ["RouterRenumbering"] = 138,
        ["ICMPNodeInformationQuery"] = 139, ["ICMPNodeInformationResponse"] = 140,
        ["InverseNeighborDiscoverySolicitation"] = 141, ["InverseNeighborDiscoveryAdvertisement"] = 142,
        ["HomeAgentAddressDiscoveryRequest"] = 144, ["HomeAgentAddressDiscoveryReply"] = 145,
        ["MobilePrefixSolicitation"] = 146, ["MobilePrefixAdvertisement"] = 147,
        ["DuplicateAddressRequestCodeSuffix"] = 157, ["DuplicateAddressConfirmationCodeSuffix"] = 158,
        ["ExtendedEchoRequest"] = 160, ["ExtendedEchoReply"] = 161,
    };

    public static TrafficMatch? Parse(FieldReader field)
    {
        var family = field.String("family") ?? "IPv4";
        var raw = field.Raw("type");
        field.Finish();
        if (family is not ("IPv4" or "IPv6"))
        {
            field.Refuse("family", $"must be IPv4 or IPv6, is {FieldReader.Quote(family)}");
            return null;
        }

        if (raw is not { } value)
        {
            field.Refuse("type", "is missing; write a number from 0 to 255 or a name such as EchoRequest");
            return null;
        }

        var text = value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
        if (!(family == "IPv4" ? Types4 : Types6).TryGetValue(text, out var type)
            && !byte.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out type))
        {
            field.Refuse("type", $"{FieldReader.Describe(value)} is no ICMP type of {family}; write a number from 0 to 255 or a name such as EchoRequest");
            return null;
        }

        return new TrafficMatch(family == "IPv4" ? IpProtocol.Icmp : IpProtocol.Icmpv6, type, type);
    }
}
