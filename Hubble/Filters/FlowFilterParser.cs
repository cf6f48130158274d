using System.Globalization;
using System.Net;
using Axoneme.Datapath.Layout;

namespace Axoneme.Hubble;

/// <summary>Reads a <see cref="FlowFilter"/> from words, as a command line or a query string has them.</summary>
public static class FlowFilterParser
{
    /// <summary>
    /// Reads (field, value) pairs; a value may be several with commas between. Fields: pod, namespace, ip (address or network),
    /// port, protocol (tcp, udp, sctp, icmp, icmpv6 or a number), verdict (forwarded, dropped, audit), identity, type (drop,
    /// policy-verdict, trace as in Hubble; new, closed, active, rejudged, audit). Throws <see cref="FormatException"/> naming the field and the value.
    /// </summary>
    public static FlowFilter Parse(IEnumerable<KeyValuePair<string, string>> words)
    {
        var filter = FlowFilter.All;
        foreach (var (field, value) in words)
        {
            foreach (var one in value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            {
                filter = Add(filter, field, one);
            }
        }

        return filter;
    }

    private static FlowFilter Add(FlowFilter filter, string field, string value) => field switch
    {
        "pod" => filter with { Pods = [.. filter.Pods, value] },
        "namespace" => filter with { Namespaces = [.. filter.Namespaces, value] },
        "ip" => filter with { Addresses = [.. filter.Addresses, Network(value)] },
        "port" => filter with { Ports = [.. filter.Ports, Number<ushort>(field, value, "a port, 0 to 65535")] },
        "protocol" => filter with { Protocols = [.. filter.Protocols, .. Protocols(value)] },
        "verdict" => filter with { Verdicts = [.. filter.Verdicts, Verdict(value)] },
        "identity" => filter with { Identities = [.. filter.Identities, Number<uint>(field, value, "an identity's number")] },
        "type" => filter with { Types = [.. filter.Types, .. Types(value)] },
        _ => throw new FormatException($"\"{field}\" is no field of flows; use pod, namespace, ip, port, protocol, verdict, identity or type"),
    };

    private static T Number<T>(string field, string value, string wanted)
        where T : struct, ISpanParsable<T> =>
        T.TryParse(value, CultureInfo.InvariantCulture, out var number) ? number : throw Bad(field, value, wanted);

    private static IPNetwork Network(string value)
    {
        if (IPAddress.TryParse(value, out var address))
        {
            return new IPNetwork(address, address.GetAddressBytes().Length * 8);
        }

        return IPNetwork.TryParse(value, out var network) ? network : throw Bad("ip", value, "an address or a network like 10.0.0.0/8");
    }

    private static byte[] Protocols(string value) => value.ToUpperInvariant() switch
    {
        "TCP" => [IpProtocol.Tcp],
        "UDP" => [IpProtocol.Udp],
        "SCTP" => [IpProtocol.Sctp],
        "ICMP" => [IpProtocol.Icmp, IpProtocol.IcmpV6],
        "ICMPV4" => [IpProtocol.Icmp],
        "ICMPV6" => [IpProtocol.IcmpV6],
        _ => [Number<byte>("protocol", value, "tcp, udp, sctp, icmp, icmpv4, icmpv6 or a number")],
    };

    private static FlowVerdict Verdict(string value) => value.ToUpperInvariant() switch
    {
        "FORWARDED" => FlowVerdict.Forwarded,
        "DROPPED" => FlowVerdict.Dropped,
        "AUDIT" => FlowVerdict.Audit,
        _ => throw Bad("verdict", value, "forwarded, dropped or audit"),
    };

    private static EventType[] Types(string value) => value switch
    {
        "drop" => [EventType.Drop],
        "policy-verdict" => [EventType.New, EventType.Rejudged, EventType.Audit],
        "trace" => [EventType.Closed, EventType.Active],
        "new" => [EventType.New],
        "closed" => [EventType.Closed],
        "active" => [EventType.Active],
        "rejudged" => [EventType.Rejudged],
        "audit" => [EventType.Audit],
        _ => throw Bad("type", value, "drop, policy-verdict, trace, new, closed, active, rejudged or audit"),
    };

    private static FormatException Bad(string field, string value, string wanted) => new($"{field} \"{value}\": must be {wanted}");
}
