using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;

namespace Axoneme.PolicyOracle.Generation;

/// <summary>The <c>toPorts</c> and <c>icmps</c> of Cilium's rules.</summary>
internal static class PortLists
{
    private static readonly Gen<string?> Protocol = Gen.Frequency(
        (10, Gen.Constant<string?>("TCP")),
        (4, Gen.Constant<string?>("UDP")),
        (1, Gen.Constant<string?>("SCTP")),
        (4, Gen.Constant<string?>("ANY")),
        (2, Gen.Constant<string?>(null)));

    private static readonly Gen<JsonNode> NumberedPort =
        from first in Gen.Elements(Alphabet.Ports)
        from last in Gen.Elements(Alphabet.Ports.Where(p => p >= first).Append(65535).ToArray())
        from range in Make.Chance(30)
        from protocol in Protocol
        select (JsonNode)Make.Object(("port", $"{first}"), ("endPort", range ? last : null), ("protocol", protocol));

    private static readonly Gen<JsonNode> EveryPort =
        Protocol.Select(protocol => (JsonNode)Make.Object(("port", "0"), ("protocol", protocol)));

    private static readonly Gen<JsonNode> NamedPort =
        from port in Gen.Elements(Alphabet.NamedPorts)
        from protocol in Protocol
        select (JsonNode)Make.Object(("port", port.Name), ("protocol", protocol));

    private static readonly Gen<JsonNode> PortlessProtocol =
        Gen.Elements("VRRP", "IGMP").Select(p => (JsonNode)Make.Object(("protocol", p)));

    private static readonly Gen<JsonNode> PlainPort = Gen.Frequency((14, NumberedPort), (2, EveryPort), (5, NamedPort), (1, PortlessProtocol));

    private static readonly Gen<JsonNode> PlainPorts = PlainPort.Few(1, 3).Select(ports => (JsonNode)Make.Object(("ports", Make.List(ports))));

    private static readonly Gen<JsonNode> HttpPorts =
        from first in Gen.Elements(Alphabet.HttpPorts)
        from range in Make.Chance(40)
        from last in Gen.Elements(Alphabet.HttpPorts.Where(p => p >= first).ToArray())
        from named in Make.Chance(20)
        from rules in RequestRuleLists.Http
        select RuledPort(
            Make.Object(("port", named ? "http" : $"{first}"), ("endPort", range && !named ? last : null), ("protocol", "TCP")),
            ("rules", Make.Object(("http", rules))));

    private static readonly Gen<JsonNode> KafkaPorts = RequestRuleLists.Kafka.Select(rules => RuledPort(
        Make.Object(("port", $"{Alphabet.KafkaPort}"), ("protocol", "TCP")),
        ("rules", Make.Object(("kafka", rules)))));

    private static readonly Gen<JsonNode> DnsPorts =
        from protocol in Gen.Elements("UDP", "TCP", "ANY")
        from rules in RequestRuleLists.Dns
        select RuledPort(Make.Object(("port", $"{Alphabet.DnsPort}"), ("protocol", protocol)), ("rules", Make.Object(("dns", rules))));

    private static readonly Gen<JsonNode> TlsPorts =
        from names in Gen.Elements(Alphabet.ServerNames).Few(1, 2)
        select RuledPort(Make.Object(("port", $"{Alphabet.TlsPort}"), ("protocol", "TCP")), ("serverNames", Make.List(names.Distinct())));

    private static readonly Gen<JsonNode> ListenerPorts = Gen.Constant(0).Select(_ => RuledPort(
        Make.Object(("port", $"{Alphabet.ListenerPort}"), ("protocol", "TCP")),
        ("listener", Make.Object(
            ("envoyConfig", Make.Object(("kind", "CiliumClusterwideEnvoyConfig"), ("name", "proxy"))),
            ("name", "inspect")))));

    /// <summary>One list of ICMP rules.</summary>
    public static readonly Gen<JsonArray> Icmps =
        from fields in IcmpField.Few(1, 2)
        select new JsonArray(Make.Object(("fields", Make.List(fields))));

    private static Gen<JsonNode> IcmpField =>
        from family in Gen.Elements(Alphabet.IcmpTypes)
        from written in Make.Chance(70)
        from type in Gen.Elements(family.Types)
        select (JsonNode)Make.Object(
            ("family", written || family.Family == "IPv6" ? family.Family : null),
            ("type", int.TryParse(type, out var number) ? number : type));

    /// <summary>One <c>toPorts</c> list.</summary>
    /// <param name="scope">Nodes know request rules for DNS only (host.rst).</param>
    /// <param name="direction">DNS rules, server names and listeners stand in egress rules only.</param>
    /// <param name="denies">Deny rules have no request rules.</param>
    public static Gen<JsonArray> Of(PolicyScope scope, Direction direction, bool denies)
    {
        var requests = denies ? 0 : 1;
        var egress = direction == Direction.Egress ? requests : 0;
        var pods = scope == PolicyScope.Host ? 0 : 1;
        return Gen.Frequency(
            (14, PlainPorts),
            (34 * requests * pods, HttpPorts),
            (3 * requests * pods, KafkaPorts),
            (4 * egress, DnsPorts),
            (4 * egress * pods, TlsPorts),
            (2 * egress * pods, ListenerPorts)).Few(1, 2).Select(rules => Make.List(rules));
    }

    private static JsonNode RuledPort(JsonObject port, (string, JsonNode?) constraint) => Make.Object(("ports", new JsonArray(port)), constraint);
}
