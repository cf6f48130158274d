using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;

namespace Axoneme.PolicyOracle.Generation;

/// <summary>Kubernetes' own NetworkPolicy documents.</summary>
internal static class KubernetesPolicies
{
    private static readonly Gen<JsonNode> Peer = Gen.Frequency(
        (4, Selectors.KubernetesPeerPods.Select(p => (JsonNode)Make.Object(("podSelector", p)))),
        (3, Selectors.KubernetesNamespaces.Select(n => (JsonNode)Make.Object(("namespaceSelector", n)))),
        (2, from p in Selectors.KubernetesPeerPods
            from n in Selectors.KubernetesNamespaces
            select (JsonNode)Make.Object(("podSelector", p), ("namespaceSelector", n))),
        (3, PeerLists.Block.Select(b => (JsonNode)Make.Object(("ipBlock", b)))));

    private static readonly Gen<string?> Protocol = Gen.Elements("TCP", "TCP", "UDP", "SCTP").Sometimes(70);

    private static readonly Gen<JsonNode> Port = Gen.Frequency(
        (8, from first in Gen.Elements(Alphabet.Ports)
            from last in Gen.Elements(Alphabet.Ports.Where(p => p >= first).Append(65535).ToArray())
            from range in Make.Chance(30)
            from protocol in Protocol
            select (JsonNode)Make.Object(("port", first), ("endPort", range ? last : null), ("protocol", protocol))),
        (3, from port in Gen.Elements(Alphabet.NamedPorts)
            from protocol in Protocol
            select (JsonNode)Make.Object(("port", port.Name), ("protocol", protocol))),
        (2, Protocol.Select(protocol => (JsonNode)Make.Object(("protocol", protocol)))));

    /// <summary>A policy.</summary>
    public static Gen<JsonElement> Policy(string name) =>
        from ns in Gen.Elements(Alphabet.Namespaces)
        from subjects in Selectors.KubernetesPods
        from types in Gen.Elements<string[]>(["Ingress"], ["Egress"], ["Ingress", "Egress"]).Sometimes(60)
        from ingress in Rule("from").Few(0, 2).Sometimes(75)
        from egress in Rule("to").Few(0, 2).Sometimes(50)
        select Make.Object(
            ("apiVersion", "networking.k8s.io/v1"),
            ("kind", "NetworkPolicy"),
            ("metadata", Make.Object(("name", name), ("namespace", ns))),
            ("spec", Make.Object(
                ("podSelector", subjects),
                ("policyTypes", types is null ? null : Make.List(types)),
                ("ingress", ingress is null ? null : Make.List(ingress)),
                ("egress", egress is null ? null : Make.List(egress))))).ToElement();

    private static Gen<JsonNode> Rule(string peersName) =>
        from peers in Peer.Few(0, 2).Sometimes(70)
        from ports in Port.Few(0, 2).Sometimes(60)
        select (JsonNode)Make.Object(
            (peersName, peers is null ? null : Make.List(peers)),
            ("ports", ports is null ? null : Make.List(ports)));
}
