using FsCheck;
using FsCheck.Fluent;

namespace Axoneme.Policy.Tests.Oracle;

/// <summary>Small worlds in which policies overlap as often as possible.</summary>
public static class Generators
{
    public static readonly string[] Apps = ["web", "api", "db"];
    public static readonly string[] NamespaceNames = ["one", "two"];

    public static readonly Party[] Parties =
    [
        .. from app in Apps from ns in NamespaceNames select new Party($"{app}@{ns}", app, ns, null, null),
        new Party("host", null, null, "host", null),
        new Party("remote-node", null, null, "remote-node", null),
        new Party("10.0.0.1", null, null, null, "10.0.0.1"),
        new Party("10.1.0.1", null, null, null, "10.1.0.1"),
        new Party("10.1.1.1", null, null, null, "10.1.1.1"),
        new Party("8.8.8.8", null, null, null, "8.8.8.8"),
    ];

    private static readonly WrittenPeers[] PeerLists =
    [
        new("Endpoints: [{}]", (ns, packet) => packet.Peer.Namespace == ns),
        new("Endpoints: []", (_, _) => false),
        new("Endpoints: [{matchLabels: {app: web}}]", (ns, packet) => packet.Peer.Namespace == ns && packet.Peer.App == "web"),
        new("Endpoints: [{matchLabels: {app: web}}, {matchLabels: {k8s:app: db, k8s:io.kubernetes.pod.namespace: two}}]",
            (ns, packet) => (packet.Peer.Namespace == ns && packet.Peer.App == "web") || packet.Peer is { App: "db", Namespace: "two" }),
        new("Endpoints: [{matchExpressions: [{key: app, operator: NotIn, values: [web, db]}]}]",
            (ns, packet) => packet.Peer.Namespace == ns && packet.Peer.App == "api"),
        new("Endpoints: [{matchExpressions: [{key: io.kubernetes.pod.namespace, operator: Exists}]}]", (_, packet) => packet.Peer.Namespace is not null),
        new("Endpoints: [{matchExpressions: [{key: io.kubernetes.pod.namespace, operator: NotIn, values: [one]}]}]", (_, packet) => packet.Peer.Namespace != "one"),
        new("Endpoints: [{matchExpressions: [{key: io.kubernetes.pod.namespace, operator: DoesNotExist}]}]", (_, packet) => packet.Peer.Namespace is null),
        new("Entities: [all]", (_, _) => true),
        new("Entities: [world]", (_, packet) => packet.Peer.Address is not null),
        new("Entities: [cluster]", (_, packet) => packet.Peer.Address is null),
        new("Entities: [host]", (_, packet) => packet.Peer.Reserved == "host"),
        new("Entities: [remote-node, world]", (_, packet) => packet.Peer.Reserved == "remote-node" || packet.Peer.Address is not null),
        new("CIDR: [10.0.0.0/8]", (_, packet) => packet.Peer.Address?.StartsWith("10.", StringComparison.Ordinal) ?? false),
        new("CIDR: [10.1.0.0/16]", (_, packet) => packet.Peer.Address?.StartsWith("10.1.", StringComparison.Ordinal) ?? false),
        new("CIDRSet: [{cidr: 10.0.0.0/8, except: [10.1.0.0/16]}]", (_, packet) => packet.Peer.Address == "10.0.0.1"),
        new("CIDRSet: [{cidr: 0.0.0.0/0, except: [10.1.1.0/24]}]", (_, packet) => packet.Peer.Address is not null and not "10.1.1.1"),
    ];

    private static readonly Gen<WrittenPorts> Ports =
        from protocol in Gen.Elements<string?>("TCP", "UDP", null)
        from first in Gen.Choose(1, 12)
        from length in Gen.Elements(0, 0, 1, 5)
        select new WrittenPorts(protocol, first, first + length);

    private static readonly Gen<WrittenRule> Rules =
        from ingress in Gen.Elements(true, true, false)
        from deny in Gen.Elements(false, false, true)
        from peers in Gen.OneOf(Gen.Constant<WrittenPeers?>(null), Gen.Elements<WrittenPeers?>(PeerLists), Gen.Elements<WrittenPeers?>(PeerLists))
        from ports in Gen.OneOf(Gen.Constant<WrittenPorts[]?>(null), Ports.NonEmptyListOf().Select(list => (WrittenPorts[]?)list.Take(3).ToArray()))
        select new WrittenRule(ingress, deny, peers, ports);

    public static Gen<WrittenPolicy> Policy(int number) =>
        from ns in Gen.Elements(NamespaceNames)
        from app in Gen.Elements<string?>(null, "web", "api")
        from ingress in Gen.Elements<bool?>(null, null, true, false)
        from egress in Gen.Elements<bool?>(null, null, true, false)
        from rules in Rules.ListOf()
        select new WrittenPolicy(number, ns, app, ingress, egress, rules.Take(4).ToArray());

    /// <summary>Up to four policies; a failing set is shrunk by leaving out policies, then rules.</summary>
    public static Arbitrary<WrittenPolicy[]> PolicySets { get; } = Arb.From(
        from count in Gen.Choose(1, 4)
        from policies in Gen.CollectToArray(Enumerable.Range(0, count).Select(Policy))
        select policies,
        Shrink);

    private static IEnumerable<WrittenPolicy[]> Shrink(WrittenPolicy[] policies)
    {
        for (var i = 0; i < policies.Length; i++)
        {
            yield return [.. policies.Where((_, index) => index != i)];
        }

        for (var i = 0; i < policies.Length; i++)
        {
            for (var j = 0; j < policies[i].Rules.Length; j++)
            {
                var smaller = policies[i] with { Rules = [.. policies[i].Rules.Where((_, index) => index != j)] };
                yield return [.. policies[..i], smaller, .. policies[(i + 1)..]];
            }
        }
    }
}
