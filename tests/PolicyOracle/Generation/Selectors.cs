using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;

namespace Axoneme.PolicyOracle.Generation;

/// <summary>Label selectors.</summary>
internal static class Selectors
{
    /// <summary>Requirements on labels of pods, with and without a source.</summary>
    private static readonly Gen<(string Key, string[] Values)> PodLabel =
        from key in Gen.Elements(("app", Alphabet.Apps), ("role", Alphabet.Roles))
        from source in Gen.Elements("", "", "k8s:", "any:")
        select (source + key.Item1, key.Item2);

    private static readonly Gen<(string Key, string[] Values)> PlainPodLabel = Gen.Elements(("app", Alphabet.Apps), ("role", Alphabet.Roles));

    private static readonly Gen<(string Key, string[] Values)> ServiceAccount =
        Gen.Elements("", "k8s:").Select(s => (s + Label.ServiceAccount, Alphabet.ServiceAccounts));

    private static readonly Gen<(string Key, string[] Values)> Namespace =
        Gen.Elements("", "k8s:", "k8s:").Select(s => (s + Label.Namespace, Alphabet.Namespaces));

    private static readonly Gen<(string Key, string[] Values)> Cluster =
        Gen.Elements("", "k8s:").Select(s => (s + Label.Cluster, new[] { Alphabet.Cluster, Alphabet.OtherCluster }));

    private static readonly Gen<(string Key, string[] Values)> NamespaceLabel =
        Gen.Elements("", "k8s:").Select(s => (s + Label.NamespaceLabels + "team", Alphabet.Teams));

    private static readonly Gen<(string Key, string[] Values)> NodeLabel =
        from key in Gen.Elements(("role", Alphabet.Roles), ("zone", Alphabet.Zones))
        from source in Gen.Elements("", "", "node:")
        select (source + key.Item1, key.Item2);

    /// <summary>Of a Kubernetes policy's pods.</summary>
    public static readonly Gen<JsonNode> KubernetesPods = Weighted(
        Any(5), One(5, PlainPodLabel), Expression(3, PlainPodLabel, "In", "NotIn", "Exists", "DoesNotExist"), Two(1, PlainPodLabel, PlainPodLabel));

    /// <summary>Of the pods a Kubernetes policy's peer means; may name a cluster.</summary>
    public static readonly Gen<JsonNode> KubernetesPeerPods = Weighted(
        (12, KubernetesPods),
        One(1, Cluster.Select(c => (Label.Cluster, c.Values))));

    /// <summary>Of namespaces, by their labels.</summary>
    public static readonly Gen<JsonNode> KubernetesNamespaces = Weighted(
        Any(2),
        One(4, Gen.Constant(("team", Alphabet.Teams))),
        One(2, Gen.Constant(("kubernetes.io/metadata.name", Alphabet.Namespaces))),
        Expression(3, Gen.Constant(("team", Alphabet.Teams)), "In", "NotIn", "Exists", "DoesNotExist"));

    /// <summary>Of a namespaced policy's subjects.</summary>
    public static readonly Gen<JsonNode> NamespacedSubjects = Weighted(
        Any(12),
        One(5, PodLabel),
        One(1, ServiceAccount),
        Expression(3, PodLabel, "In", "NotIn", "Exists", "DoesNotExist"),
        Two(1, PodLabel, ServiceAccount));

    /// <summary>Of a clusterwide policy's subjects, other than the initializing ones.</summary>
    public static readonly Gen<JsonNode> ClusterwideSubjects = Weighted(
        Any(10),
        One(4, PodLabel),
        Expression(2, PodLabel, "In", "NotIn", "Exists", "DoesNotExist"),
        One(2, Namespace),
        Expression(1, Namespace, "In", "NotIn", "Exists"),
        One(1, NamespaceLabel),
        Reserved(2, "health", "ingress"));

    /// <summary>Of initializing endpoints.</summary>
    public static readonly Gen<JsonNode> InitializingSubjects = Weighted(Reserved(1, "init"));

    /// <summary>
    /// Of nodes that are subjects. Their keys carry no source: a node's labels have another one as subject than as peer.
    /// </summary>
    public static readonly Gen<JsonNode> NodeSubjects = Weighted(
        Any(3),
        One(3, NodeLabel.Select(l => (l.Key.Replace("node:", ""), l.Values))),
        Expression(1, NodeLabel.Select(l => (l.Key.Replace("node:", ""), l.Values)), "In", "NotIn", "Exists", "DoesNotExist"));

    /// <summary>Of nodes that are peers.</summary>
    public static readonly Gen<JsonNode> NodePeers = Weighted(
        Any(2),
        One(4, NodeLabel),
        Expression(2, NodeLabel, "In", "NotIn", "Exists", "DoesNotExist"),
        Two(1, NodeLabel, Cluster));

    /// <summary>Of endpoints that are peers in a namespaced policy.</summary>
    public static readonly Gen<JsonNode> NamespacedPeers = Weighted(PeerChoices());

    /// <summary>Of endpoints that are peers in a clusterwide policy.</summary>
    public static readonly Gen<JsonNode> ClusterwidePeers = Weighted(
    [
        .. PeerChoices(),
        One(3, NamespaceLabel),
        Expression(2, NamespaceLabel, "In", "NotIn", "Exists", "DoesNotExist"),
        Two(1, NamespaceLabel, PodLabel),
    ]);

    /// <summary>Of services or CIDR groups, by their own labels.</summary>
    public static readonly Gen<JsonNode> Objects = Weighted(
        One(4, Gen.Constant(("zone", Alphabet.Zones))),
        Expression(2, Gen.Constant(("zone", Alphabet.Zones)), "In", "NotIn", "Exists"));

    private static Gen<JsonNode> Weighted(params (int, Gen<JsonNode>)[] choices) => Gen.Frequency(choices);

    // On the namespace's key only In and Exists: "no such namespace" would speak of parties that have none.
    private static (int, Gen<JsonNode>)[] PeerChoices() =>
    [
        Any(5),
        One(6, PodLabel),
        Expression(4, PodLabel, "In", "NotIn", "Exists", "DoesNotExist"),
        Two(1, PodLabel, PodLabel),
        One(2, ServiceAccount),
        One(3, Namespace),
        Two(3, PodLabel, Namespace),
        Expression(2, Namespace, "In", "Exists"),
        One(1, Cluster),
        Two(1, PodLabel, Cluster),
        Two(1, Namespace, Cluster),
        Expression(1, Cluster, "In", "Exists"),
        Reserved(2, "host", "remote-node", "health", "init", "ingress", "kube-apiserver"),
    ];

    private static (int, Gen<JsonNode>) Any(int weight) =>
        (weight, Gen.Elements(0, 1).Select(n => (JsonNode)(n == 0 ? new JsonObject() : new JsonObject { ["matchLabels"] = new JsonObject() })));

    private static (int, Gen<JsonNode>) One(int weight, Gen<(string Key, string[] Values)> label) => (weight,
        from l in label
        from value in Gen.Elements(l.Values)
        select (JsonNode)new JsonObject { ["matchLabels"] = new JsonObject { [l.Key] = value } });

    private static (int, Gen<JsonNode>) Two(int weight, Gen<(string Key, string[] Values)> first, Gen<(string Key, string[] Values)> second) => (weight,
        from one in first
        from value in Gen.Elements(one.Values)
        from two in second
        from expression in Requirement(two, "In", "Exists")
        select (JsonNode)new JsonObject
        {
            ["matchLabels"] = new JsonObject { [one.Key] = value },
            ["matchExpressions"] = new JsonArray(expression),
        });

    private static (int, Gen<JsonNode>) Expression(int weight, Gen<(string Key, string[] Values)> label, params string[] operators) => (weight,
        from l in label
        from expression in Requirement(l, operators)
        select (JsonNode)new JsonObject { ["matchExpressions"] = new JsonArray(expression) });

    private static (int, Gen<JsonNode>) Reserved(int weight, params string[] names) => (weight,
        Gen.Elements(names).Select(n => (JsonNode)new JsonObject { ["matchLabels"] = new JsonObject { ["reserved:" + n] = "" } }));

    private static Gen<JsonNode> Requirement((string Key, string[] Values) label, params string[] operators) =>
        from op in Gen.Elements(operators)
        from values in Gen.Elements(label.Values).Few(1, 2)
        select (JsonNode)Make.Object(
            ("key", label.Key),
            ("operator", op),
            ("values", op is "In" or "NotIn" ? Make.List(values.Distinct()) : null));
}
