using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;

namespace Axoneme.PolicyOracle.Generation;

/// <summary>What policies refer to: CIDR groups, services and their addresses.</summary>
internal static class SupportingObjects
{
    /// <summary>Some of the CIDR groups there may be; a reference to one that is missing is valid.</summary>
    public static readonly Gen<JsonElement[]> CidrGroups =
        from names in Gen.SubListOf(Alphabet.CidrGroups)
        from groups in Gen.CollectToArray(names, CidrGroup)
        select groups;

    /// <summary>Some of the services there may be, those without a selector with their addresses.</summary>
    public static readonly Gen<JsonElement[]> Services =
        from places in Gen.SubListOf(from ns in Alphabet.Namespaces from name in Alphabet.Services select (ns, name))
        from services in Gen.CollectToArray(places.Take(3), p => Service(p.ns, p.name))
        select services.SelectMany(s => s).ToArray();

    private static Gen<JsonElement> CidrGroup(string name) =>
        from zone in Gen.Elements(Alphabet.Zones)
        from cidrs in Gen.Elements(Alphabet.Cidrs).Few(0, 2)
        select Make.Object(
            ("apiVersion", "cilium.io/v2"),
            ("kind", "CiliumCIDRGroup"),
            ("metadata", Make.Object(("name", name), ("labels", Make.Object(("zone", zone))))),
            ("spec", Make.Object(("externalCIDRs", Make.List(cidrs.Select(c => c.Cidr)))))).ToElement();

    private static Gen<JsonElement[]> Service(string ns, string name) =>
        from zone in Gen.Elements(Alphabet.Zones)
        from app in Gen.Elements(Alphabet.Apps).Sometimes(50)
        from addresses in Gen.Elements(Alphabet.ServiceAddresses).Few(0, 3)
        from slice in Make.Chance(70)
        let service = Make.Object(
            ("apiVersion", "v1"),
            ("kind", "Service"),
            ("metadata", Make.Object(("name", name), ("namespace", ns), ("labels", Make.Object(("zone", zone))))),
            ("spec", Make.Object(
                ("selector", app is null ? null : Make.Object(("app", app))),
                ("ports", new JsonArray(Make.Object(("port", 80), ("protocol", "TCP"))))))).ToElement()
        let texts = addresses.Select(a => a.ToString()).Distinct().ToList()
        select app is not null ? new[] { service }
            : slice ? [service, .. texts.GroupBy(a => a.Contains(':')).Select(g => Slice(ns, name, g.Key, g))]
            : [service, Endpoints(ns, name, texts)];

    // A slice holds addresses of one family.
    private static JsonElement Slice(string ns, string service, bool six, IEnumerable<string> addresses) => Make.Object(
        ("apiVersion", "discovery.k8s.io/v1"),
        ("kind", "EndpointSlice"),
        ("metadata", Make.Object(
            ("name", $"{service}-{(six ? "v6" : "v4")}"), ("namespace", ns), ("labels", Make.Object(("kubernetes.io/service-name", service))))),
        ("addressType", six ? "IPv6" : "IPv4"),
        ("ports", new JsonArray(Make.Object(("port", 80), ("protocol", "TCP")))),
        ("endpoints", Make.List(addresses.Select(a => (JsonNode)Make.Object(("addresses", new JsonArray(a))))))).ToElement();

    private static JsonElement Endpoints(string ns, string service, IReadOnlyList<string> addresses) => Make.Object(
        ("apiVersion", "v1"),
        ("kind", "Endpoints"),
        ("metadata", Make.Object(("name", service), ("namespace", ns))),
        ("subsets", new JsonArray(Make.Object(
            ("addresses", Make.List(addresses.Select(a => (JsonNode)Make.Object(("ip", a))))),
            ("ports", new JsonArray(Make.Object(("port", 80), ("protocol", "TCP")))))))).ToElement();
}
