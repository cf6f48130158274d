using System.Net;
using System.Text.Json;
using Axoneme.EndToEnd.Policies;
using Axoneme.PolicyOracle;
using Axoneme.PolicyOracle.Tests;
using OracleNode = Axoneme.PolicyOracle.Node;

namespace Axoneme.EndToEnd.Matrix;

/// <summary>
/// Whether a probe should pass, by the policy oracle: it reads the manifests that the cluster reads, and shares no code with the product. What
/// leaves a pod is judged as its node sees the world, what enters one as the other's does.
/// </summary>
internal sealed class ExpectedVerdicts
{
    private readonly string _outside;
    private readonly IReadOnlyDictionary<string, string> _nodeOf;
    private readonly IReadOnlyDictionary<string, Oracle> _oracles;

    /// <param name="cluster">Its name and nodes.</param>
    /// <param name="pods">Pods and namespaces, as YAML.</param>
    /// <param name="policies">As YAML.</param>
    public ExpectedVerdicts(Cluster cluster, string pods, string policies)
        : this(cluster, pods, YamlReading.Documents(policies))
    {
    }

    private ExpectedVerdicts(Cluster cluster, string pods, IReadOnlyList<JsonElement> policies)
    {
        _outside = Policies.Party.Outside(cluster.Underlay).Name;
        var people = YamlReading.Documents(pods);
        var endpoints = people.Where(document => KindOf(document) == "Pod").Select(pod => EndpointOf(pod, people, cluster.Options.Name)).ToArray();
        _nodeOf = people.Where(document => KindOf(document) == "Pod").ToDictionary(FullNameOf, pod => pod.GetProperty("spec").GetProperty("nodeName").GetString()!);
        OutsideAddress[] outside =
        [
            new(Outside(4), ["reserved:world-ipv4"], IPAddress.Parse(Underlay.OutsideIPv4), []),
            new(Outside(6), ["reserved:world-ipv6"], IPAddress.Parse(Underlay.OutsideIPv6), []),
        ];
        _oracles = cluster.Nodes.ToDictionary(here => here.Name, here => new Oracle(
            new World(cluster.Options.Name, endpoints, [.. cluster.Nodes.Select(node => new OracleNode(node.Name, [node == here ? "reserved:host" : "reserved:remote-node"], []))], outside),
            policies));
    }

    /// <summary>
    /// What is expected at any moment of a change from one set of policies to another. Only a document is changed whole, so while it lasts any of them can
    /// be as before or as after.
    /// </summary>
    public static IReadOnlyList<ExpectedVerdicts> Between(Cluster cluster, string pods, string before, string after)
    {
        var sets = new[] { before, after }.Select(set => YamlReading.Documents(set).ToDictionary(document => $"{KindOf(document)} {FullNameOf(document)}")).ToArray();
        var names = sets.SelectMany(set => set.Keys).Distinct().ToArray();
        return
        [
            .. Enumerable.Range(0, 1 << names.Length).Select(mixture => new ExpectedVerdicts(cluster, pods,
                [.. names.Select((name, i) => sets[mixture >> i & 1].TryGetValue(name, out var document) ? document : default).Where(document => document.ValueKind != JsonValueKind.Undefined)])),
        ];
    }

    public bool Passes(Probe probe)
    {
        var traffic = probe.Kind switch
        {
            "tcp" => Traffic.Tcp(probe.Number),
            "udp" => Traffic.Udp(probe.Number),
            _ => throw new ArgumentOutOfRangeException(nameof(probe), probe, "not asked here"),
        };
        var (from, to) = (NameOf(probe.From, probe.Family), NameOf(probe.To, probe.Family));
        return Judges(from, Direction.Egress, to) && Judges(to, Direction.Ingress, from);

        bool Judges(string subject, Direction direction, string peer) =>
            !_nodeOf.TryGetValue(subject, out var node) || _oracles[node].Judge(new Question(subject, direction, peer, traffic)).Kind switch
            {
                VerdictKind.Allowed => true,
                VerdictKind.Denied => false,
                var other => throw new InvalidOperationException($"{subject}, {peer}: {other} is not asked here"),
            };
    }

    private string NameOf(Policies.Party party, int family) => party.Name == _outside ? Outside(family) : party.Name;

    /// <summary>To the oracle each of its addresses is somebody.</summary>
    private string Outside(int family) => $"{_outside} {family}";

    private static string KindOf(JsonElement document) => document.GetProperty("kind").GetString()!;

    private static string FullNameOf(JsonElement document) => $"{NamespaceOf(document)}/{document.GetProperty("metadata").GetProperty("name").GetString()}";

    private static string NamespaceOf(JsonElement document) => document.GetProperty("metadata").TryGetProperty("namespace", out var ns) ? ns.GetString()! : "";

    private static Endpoint EndpointOf(JsonElement pod, IReadOnlyList<JsonElement> people, string cluster)
    {
        var ns = NamespaceOf(pod);
        var itsNamespace = people.Single(document => KindOf(document) == "Namespace" && document.GetProperty("metadata").GetProperty("name").GetString() == ns);
        return new Endpoint(
            FullNameOf(pod),
            ns,
            [
                .. LabelsOf(pod).Select(label => $"k8s:{label.Name}={label.Value.GetString()}"),
                .. LabelsOf(itsNamespace).Select(label => $"k8s:{Label.NamespaceLabels}{label.Name}={label.Value.GetString()}"),
                $"k8s:{Label.Namespace}={ns}",
                $"k8s:{Label.Cluster}={cluster}",
                $"k8s:{Label.ServiceAccount}=default",
            ],
            [
                .. pod.GetProperty("spec").GetProperty("containers").EnumerateArray().SelectMany(container => container.GetProperty("ports").EnumerateArray())
                    .Where(port => port.TryGetProperty("name", out _))
                    .Select(port => new ContainerPort(
                        port.GetProperty("name").GetString()!, Enum.Parse<L4Protocol>(port.GetProperty("protocol").GetString()!, ignoreCase: true), port.GetProperty("containerPort").GetInt32())),
            ],
            []);
    }

    private static IEnumerable<JsonProperty> LabelsOf(JsonElement document) => document.GetProperty("metadata").GetProperty("labels").EnumerateObject();
}
