using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;

namespace Axoneme.PolicyOracle.Generation;

/// <summary>The peer lists of Cilium's rules, by their names without <c>from</c> or <c>to</c>.</summary>
internal static class PeerLists
{
    /// <summary>An address block with exceptions, as <c>cidr</c>/<c>except</c>.</summary>
    public static readonly Gen<JsonNode> Block =
        from block in Gen.Elements(Alphabet.Cidrs)
        from except in Gen.SubListOf(block.Inner)
        from written in Make.Chance(60)
        select (JsonNode)Make.Object(("cidr", block.Cidr), ("except", written && except.Count > 0 ? Make.List(except) : null));

    /// <summary>A name or a pattern of names.</summary>
    public static readonly Gen<JsonNode> DomainName = Gen.OneOf(
        Gen.Elements(Alphabet.DomainNames).Select(n => (JsonNode)new JsonObject { ["matchName"] = n }),
        Gen.Elements(Alphabet.DomainPatterns).Select(p => (JsonNode)new JsonObject { ["matchPattern"] = p }));

    // The wide ones more often: they make rules overlap.
    private static readonly Gen<JsonNode> Entity =
        Gen.OneOf(Gen.Elements(Alphabet.Entities), Gen.Elements("all", "cluster", "world")).Select(e => (JsonNode)e);

    private static readonly Gen<JsonNode> CidrSetEntry = Gen.Frequency(
        (6, Block),
        (2, Gen.Elements(Alphabet.CidrGroups).Select(g => (JsonNode)new JsonObject { ["cidrGroupRef"] = g })),
        (2, Selectors.Objects.Select(s => (JsonNode)Make.Object(("cidrGroupSelector", s)))));

    private static readonly Gen<JsonNode> Service = Gen.OneOf(
        from name in Gen.Elements(Alphabet.Services)
        from ns in Gen.Elements(Alphabet.Namespaces).Sometimes(80)
        select (JsonNode)Make.Object(("k8sService", Make.Object(("serviceName", name), ("namespace", ns)))),
        from selector in Selectors.Objects
        from ns in Gen.Elements(Alphabet.Namespaces).Sometimes(60)
        select (JsonNode)Make.Object(("k8sServiceSelector", Make.Object(("selector", selector), ("namespace", ns)))));

    /// <summary>A list of peers. One kind a rule: they may not be mixed.</summary>
    /// <param name="scope">The policy the rule stands in.</param>
    /// <param name="direction">Only egress has services and DNS names.</param>
    /// <param name="denies">Deny rules have no DNS names.</param>
    public static Gen<(string Kind, JsonArray Peers)> Of(PolicyScope scope, Direction direction, bool denies)
    {
        var endpoints = scope == PolicyScope.Namespaced ? Selectors.NamespacedPeers : Selectors.ClusterwidePeers;
        var egress = direction == Direction.Egress;
        return Gen.Frequency(
            // What a selector without a namespace means for initializing endpoints is documented nowhere.
            (scope == PolicyScope.Initializing ? 0 : 40, List("Endpoints", endpoints)),
            (scope == PolicyScope.Initializing ? 0 : 1, Gen.Constant(0).Select(_ => ("Endpoints", new JsonArray()))),
            (30, List("Entities", Entity)),
            (12, List("CIDR", Gen.Elements(Alphabet.Cidrs).Select(c => (JsonNode)c.Cidr))),
            (16, List("CIDRSet", CidrSetEntry)),
            (8, List("Nodes", Selectors.NodePeers)),
            (egress ? 9 : 0, List("Services", Service)),
            (egress && !denies ? 9 : 0, List("FQDNs", DomainName)));
    }

    private static Gen<(string Kind, JsonArray Peers)> List(string kind, Gen<JsonNode> entry) =>
        entry.Few(1, 3).Select(entries => (kind, Make.List(entries)));
}
