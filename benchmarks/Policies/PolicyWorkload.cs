using System.Globalization;
using System.Text.Json;
using Axoneme.Policy;

namespace Axoneme.Benchmarks.Policies;

/// <summary>
/// The workload "tenants": namespaces of fifty identities with eight labels each, ten applications per namespace, and policies of the
/// kinds clusters have. The same seed gives the same workload.
/// </summary>
internal sealed class PolicyWorkload
{
    public const int Seed = 20261121;
    private const int IdentitiesPerNamespace = 50;
    private const int ApplicationsPerNamespace = 10;
    private static readonly string[] Tiers = ["frontend", "backend", "database"];
    private static readonly string[] Environments = ["prod", "staging", "dev"];
    private static readonly string[] Outside = ["world", "host", "kube-apiserver"];

    /// <summary>Kinds of peers and how often each is drawn, in percent.</summary>
    private static readonly (string Kind, int Share)[] Mix =
    [
        ("app in namespace", 45), ("tier in namespace", 15), ("app in two namespaces", 10), ("team in environment", 10),
        ("CIDR with except", 10), ("world, host or API server", 5), ("cluster", 2), ("every peer", 3),
    ];

    private readonly Random _random = new(Seed);
    private readonly int _namespaces;
    private uint _nextIdentity = 256;

    public PolicyWorkload(int identities, int policies)
    {
        _namespaces = Math.Max(1, identities / IdentitiesPerNamespace);
        Identities = [.. Enumerable.Range(0, identities).Select(i => (_nextIdentity++, LabelsOf(i % _namespaces)))];
        Policies = [.. Enumerable.Range(0, policies).Select(i => Parse(PolicyText(i, _random.Next())))];
    }

    public (uint Number, LabelSet Labels)[] Identities { get; }

    public PolicyObject[] Policies { get; }

    /// <summary>One more identity like the others.</summary>
    public (uint Number, LabelSet Labels) AnotherIdentity() => (_nextIdentity++, LabelsOf(_random.Next(_namespaces)));

    /// <summary>A policy in the place of one of <see cref="Policies"/>, with the same subject and other rules.</summary>
    public PolicyObject AnotherVersion(int index) => Parse(PolicyText(index, _random.Next()));

    /// <summary>How often each kind of peer was drawn, and how many identities such a selector selects on average.</summary>
    public static string DescribeMix(PolicyEngine engine, IEnumerable<PolicyObject> policies)
    {
        var selectors = policies.OfType<RulePolicy>().SelectMany(policy => policy.Specs).SelectMany(spec => spec.Rules)
            .SelectMany(rule => rule.Peers ?? []).OfType<EndpointPeer>().Select(peer => peer.Selector).Distinct().ToList();
        var matches = selectors.Take(200).Select(selector => (double)engine.Identities.Values.Count(selector.Matches)).ToList();
        var mix = string.Join(", ", Mix.Select(part => string.Create(CultureInfo.InvariantCulture, $"{part.Share} % {part.Kind}")));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"workload tenants, seed {Seed}, 8 labels per identity; peers: {mix}; identities per label selector: median {Statistics.Median(matches):0}, mean {matches.Average():0.0}, most {matches.Max():0}");
    }

    /// <summary>Makes the engine know everything.</summary>
    public void Fill(PolicyEngine engine)
    {
        foreach (var (number, labels) in Identities)
        {
            engine.UpsertIdentity(number, labels);
        }

        foreach (var policy in Policies)
        {
            engine.UpsertPolicy(policy.Key, policy);
        }

        var prefix = 1u << 24;
        foreach (var network in engine.CidrPrefixes)
        {
            engine.UpsertIdentity(++prefix, engine.CidrLabels(network));
        }
    }

    /// <summary>Tracks endpoints until they have so many different policy sets, as a node with pods of many namespaces does.</summary>
    public void Track(PolicyEngine engine, int sets)
    {
        foreach (var (_, labels) in Identities)
        {
            if (engine.Sets.Count >= sets)
            {
                return;
            }

            engine.Track(new PolicySubject(labels));
        }
    }

    private static string NamespaceName(int number) => string.Create(CultureInfo.InvariantCulture, $"ns-{number}");

    private static string EnvironmentOf(int ns) => Environments[ns % Environments.Length];

    private static PolicyObject Parse(string json)
    {
        using var document = JsonDocument.Parse(json);
        var result = PolicyParser.Parse(document.RootElement);
        return result.Policy ?? throw new InvalidOperationException($"{string.Join("; ", result.Errors)} in {json}");
    }

    private LabelSet LabelsOf(int ns) => PodLabels.IdentityLabels(
        NamespaceName(ns),
        new Dictionary<string, string>
        {
            ["app"] = Application(),
            ["tier"] = Tiers[_random.Next(Tiers.Length)],
            ["team"] = string.Create(CultureInfo.InvariantCulture, $"team-{_random.Next(20)}"),
            ["version"] = string.Create(CultureInfo.InvariantCulture, $"v{_random.Next(1000)}"),
        },
        new Dictionary<string, string> { ["env"] = EnvironmentOf(ns) },
        string.Create(CultureInfo.InvariantCulture, $"account-{_random.Next(3)}"),
        "default");

    private string Application() => string.Create(CultureInfo.InvariantCulture, $"app-{_random.Next(ApplicationsPerNamespace)}");

    /// <summary>Of twenty policies one is clusterwide and six are for a whole namespace; one of ten has a denying rule.</summary>
    private string PolicyText(int index, int seed)
    {
        var subject = new Random(index);
        var (ns, clusterwide) = (subject.Next(_namespaces), index % 20 == 0);
        var selector = clusterwide ? $$$"""{"matchLabels": {"tier": "{{{Tiers[index / 20 % 3]}}}", "k8s:io.cilium.k8s.namespace.labels.env": "{{{EnvironmentOf(index / 20)}}}"}}"""
            : index % 20 < 7 ? "{}"
            : $$$"""{"matchLabels": {"app": "app-{{{subject.Next(ApplicationsPerNamespace)}}}"}}""";
        var random = new Random(seed);
        var rules = new Dictionary<string, List<string>>();
        for (var i = 0; i < 1 + random.Next(3); i++)
        {
            var ingress = random.Next(2) == 0;
            var list = (ingress ? "ingress" : "egress") + (random.Next(30) == 0 ? "Deny" : "");
            if (!rules.TryGetValue(list, out var members))
            {
                rules[list] = members = [];
            }

            members.Add(RuleText(random, ingress ? "from" : "to", NamespaceName(ns)));
        }

        var written = string.Join(", ", rules.Select(list => $"\"{list.Key}\": [{string.Join(", ", list.Value)}]"));
        return clusterwide
            ? $$$"""{"apiVersion": "cilium.io/v2", "kind": "CiliumClusterwideNetworkPolicy", "metadata": {"name": "p{{{index}}}"}, "spec": {"endpointSelector": {{{selector}}}, {{{written}}} }}"""
            : $$$"""{"apiVersion": "cilium.io/v2", "kind": "CiliumNetworkPolicy", "metadata": {"name": "p{{{index}}}", "namespace": "{{{NamespaceName(ns)}}}"}, "spec": {"endpointSelector": {{{selector}}}, {{{written}}} }}""";
    }

    private string RuleText(Random random, string side, string ns)
    {
        var draw = random.Next(100);
        var kind = Mix.First(part => (draw -= part.Share) < 0).Kind;
        var app = $"app-{random.Next(ApplicationsPerNamespace)}";
        var peers = kind switch
        {
            "app in namespace" => $$$"""
                "{{{side}}}Endpoints": [{"matchLabels": {"app": "{{{app}}}", "k8s:io.kubernetes.pod.namespace": "{{{ns}}}"}}]
                """,
            "tier in namespace" => $$$"""
                "{{{side}}}Endpoints": [{"matchLabels": {"tier": "{{{Tiers[random.Next(3)]}}}", "k8s:io.kubernetes.pod.namespace": "{{{ns}}}"}}]
                """,
            "app in two namespaces" => $$$"""
                "{{{side}}}Endpoints": [{"matchLabels": {"app": "{{{app}}}"}, "matchExpressions": [{"key": "k8s:io.kubernetes.pod.namespace", "operator": "In",
                  "values": ["{{{NamespaceName(random.Next(_namespaces))}}}", "{{{ns}}}"]}]}]
                """,
            "team in environment" => $$$"""
                "{{{side}}}Endpoints": [{"matchLabels": {"team": "team-{{{random.Next(20)}}}", "k8s:io.cilium.k8s.namespace.labels.env": "{{{Environments[random.Next(3)]}}}"}}]
                """,
            "CIDR with except" when random.Next(64) is var block => $$$"""
                "{{{side}}}CIDRSet": [{"cidr": "10.{{{block}}}.0.0/16", "except": ["10.{{{block}}}.{{{random.Next(4)}}}.0/24"]}]
                """,
            "world, host or API server" => $$$"""
                "{{{side}}}Entities": ["{{{Outside[random.Next(3)]}}}"]
                """,
            "cluster" => $"\"{side}Entities\": [\"cluster\"]",
            _ => $"\"{side}Entities\": [\"all\"]",
        };
        var ports = string.Join(", ", Enumerable.Range(0, 1 + random.Next(3)).Select(_ => $$$"""{"port": "{{{80 + random.Next(40)}}}", "protocol": "TCP"}"""));
        return kind != "every peer" && random.Next(4) == 0 ? $"{{{peers}}}" : $$$"""{ {{{peers}}}, "toPorts": [{"ports": [{{{ports}}}]}]}""";
    }
}
