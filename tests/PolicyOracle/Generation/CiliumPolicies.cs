using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;

namespace Axoneme.PolicyOracle.Generation;

/// <summary>CiliumNetworkPolicy and CiliumClusterwideNetworkPolicy documents, valid by their CRD and by Cilium's further checks.</summary>
internal static class CiliumPolicies
{
    /// <summary>A namespaced policy.</summary>
    public static Gen<JsonElement> Namespaced(string name) =>
        from ns in Gen.Elements(Alphabet.Namespaces)
        from specs in Specs(Gen.Constant(PolicyScope.Namespaced))
        select Document("CiliumNetworkPolicy", Make.Object(("name", name), ("namespace", ns)), specs);

    /// <summary>A clusterwide policy; it may be about nodes.</summary>
    public static Gen<JsonElement> Clusterwide(string name) =>
        from specs in Specs(Gen.Frequency(
            (6, Gen.Constant(PolicyScope.Clusterwide)), (1, Gen.Constant(PolicyScope.Initializing)), (3, Gen.Constant(PolicyScope.Host))))
        select Document("CiliumClusterwideNetworkPolicy", Make.Object(("name", name)), specs);

    private static JsonElement Document(string kind, JsonObject metadata, (JsonNode? Spec, JsonArray? Specs) specs) =>
        Make.Object(("apiVersion", "cilium.io/v2"), ("kind", kind), ("metadata", metadata), ("spec", specs.Spec), ("specs", specs.Specs)).ToElement();

    private static Gen<(JsonNode? Spec, JsonArray? Specs)> Specs(Gen<PolicyScope> scope)
    {
        var spec = scope.SelectMany(Spec);
        var list = spec.Few(1, 3).Select(specs => Make.List(specs));
        return Gen.Frequency(
            (15, spec.Select(s => ((JsonNode?)s, (JsonArray?)null))),
            (4, list.Select(l => ((JsonNode?)null, (JsonArray?)l))),
            (1, from s in spec from l in list select ((JsonNode?)s, (JsonArray?)l)));
    }

    private static Gen<JsonNode> Spec(PolicyScope scope) =>
        from selector in Subjects(scope)
        from ingress in Section(scope, Direction.Ingress, denies: false).Sometimes(70)
        from ingressDeny in Section(scope, Direction.Ingress, denies: true).Sometimes(25)
        from egress in Section(scope, Direction.Egress, denies: false).Sometimes(70)
        from egressDeny in Section(scope, Direction.Egress, denies: true).Sometimes(25)
        from instead in Section(scope, Direction.Ingress, denies: false)
        from empty in Make.Chance(10)
        from enableDefaultDeny in EnableDefaultDeny.Sometimes(15)
        from description in Gen.Constant("says nothing").Sometimes(5)
        from log in Gen.Constant("seen").Sometimes(5)
        from label in Gen.Elements(Alphabet.Zones).Sometimes(5)
        let nothing = ingress is null && ingressDeny is null && egress is null && egressDeny is null
        select (JsonNode)Make.Object(
            ("description", description),
            (scope == PolicyScope.Host ? "nodeSelector" : "endpointSelector", selector),
            ("enableDefaultDeny", enableDefaultDeny),
            // A section that is written and empty is as good as none; a spec needs one that is not.
            ("ingress", nothing ? instead : ingress ?? (empty ? new JsonArray() : null)),
            ("ingressDeny", ingressDeny),
            ("egress", egress ?? (empty && !nothing ? new JsonArray() : null)),
            ("egressDeny", egressDeny),
            ("log", log is null ? null : Make.Object(("value", log))),
            ("labels", label is null ? null : new JsonArray(Make.Object(("key", "origin"), ("source", "test"), ("value", label)))));

    private static Gen<JsonNode> Subjects(PolicyScope scope) => scope switch
    {
        PolicyScope.Namespaced => Selectors.NamespacedSubjects,
        PolicyScope.Clusterwide => Selectors.ClusterwideSubjects,
        PolicyScope.Initializing => Selectors.InitializingSubjects,
        _ => Selectors.NodeSubjects,
    };

    private static readonly Gen<JsonNode> EnableDefaultDeny =
        from ingress in Make.Chance(50)
        from egress in Make.Chance(50)
        from both in Make.Chance(60)
        select (JsonNode)Make.Object(("ingress", ingress), ("egress", both ? egress : null));

    private static Gen<JsonArray> Section(PolicyScope scope, Direction direction, bool denies) =>
        Rule(scope, direction, denies).Few(1, 3).Select(rules => Make.List(rules));

    private static Gen<JsonNode> Rule(PolicyScope scope, Direction direction, bool denies)
    {
        var prefix = direction == Direction.Ingress ? "from" : "to";
        var peers = PeerLists.Of(scope, direction, denies);
        var authentication = Gen.Constant(0).Select(_ => Make.Object(("mode", "required"))).Sometimes(denies || scope == PolicyScope.Host ? 0 : 8);
        var ports = PortLists.Of(scope, direction, denies);
        return Gen.Frequency(
            (1, Gen.Constant(0).Select(_ => (JsonNode)new JsonObject())),
            (9, from p in peers from a in authentication select (JsonNode)Make.Object((prefix + p.Kind, p.Peers), ("authentication", a))),
            (9, from t in ports from a in authentication select (JsonNode)Make.Object(("toPorts", t), ("authentication", a))),
            (14, from p in peers
                 from t in ports
                 from a in authentication
                 // Services cannot be combined with ports.
                 select (JsonNode)Make.Object((prefix + p.Kind, p.Peers), ("toPorts", p.Kind == "Services" ? null : t), ("authentication", a))),
            (2, PortLists.Icmps.Select(i => (JsonNode)Make.Object(("icmps", i)))),
            (2, from p in peers
                from i in PortLists.Icmps
                select (JsonNode)Make.Object((prefix + p.Kind, p.Peers), ("icmps", p.Kind == "Services" ? null : i))));
    }
}
