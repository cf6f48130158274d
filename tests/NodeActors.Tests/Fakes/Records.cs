using Axoneme.Kubernetes;
using Axoneme.Wire.State;
using Record = Axoneme.Wire.State.Record;

namespace Axoneme.NodeActors.Tests.Fakes;

/// <summary>State records in few words.</summary>
internal static class Records
{
    private const string Namespace = "k8s:io.kubernetes.pod.namespace=default";
    private const string Cluster = "k8s:io.cilium.k8s.policy.cluster=default";

    /// <summary>An identity of pods in namespace default with label app.</summary>
    public static Record Identity(uint number, string app) => new()
    {
        Kind = RecordKind.Identity,
        Key = $"{number}",
        Identity = new IdentityRecord { Number = number, Labels = { Labels(app) } },
    };

    public static Record Pod(string name, string app, uint identity) => new()
    {
        Kind = RecordKind.Pod,
        Key = $"default/{name}",
        Pod = new PodRecord { Namespace = "default", Name = name, Labels = { Labels(app) }, Identity = identity },
    };

    public static Record Ip(string address, uint identity, string node, string pod = "other") => new()
    {
        Kind = RecordKind.Ip,
        Key = address,
        Ip = new IpRecord { Address = address, Identity = identity, Node = node, Namespace = "default", Pod = pod },
    };

    public static Record Node(string name, params string[] addresses) => new()
    {
        Kind = RecordKind.Node,
        Key = name,
        Node = new NodeRecord { Name = name, Addresses = { addresses } },
    };

    /// <summary>A node that says by which addresses it is reached; empty for none of a family.</summary>
    public static Record NodeAt(string name, string ipv4, string ipv6, params string[] podCidrs) => new()
    {
        Kind = RecordKind.Node,
        Key = name,
        Node = new NodeRecord
        {
            Name = name, NodeIpv4 = ipv4, NodeIpv6 = ipv6, PodCidrs = { podCidrs }, Addresses = { new[] { ipv4, ipv6 }.Where(address => address.Length > 0) },
        },
    };

    /// <summary>A NetworkPolicy in namespace default on pods with label app; <paramref name="spec"/> is the rest of the spec.</summary>
    public static Record Policy(string name, string app, string spec) => Document(
        "NetworkPolicy", name,
        $$$"""{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":{"name":"{{{name}}}","namespace":"default"},"spec":{"podSelector":{"matchLabels":{"app":"{{{app}}}"} },{{{spec}}} }}""");

    /// <summary>Ingress from pods with another label, to TCP ports.</summary>
    public static Record Allow(string name, string app, string from, params int[] ports) => Policy(
        name, app,
        $$$"""
        "policyTypes":["Ingress"],"ingress":[{"from":[{"podSelector":{"matchLabels":{"app":"{{{from}}}"} } }],"ports":[{{{string.Join(',', ports.Select(p => $$"""{"protocol":"TCP","port":{{p}} }"""))}}}]}]
        """);

    /// <summary>A CiliumClusterwideNetworkPolicy; <paramref name="spec"/> is its spec as YAML between braces.</summary>
    public static Record Clusterwide(string name, string spec)
    {
        var read = YamlDocuments.Read("test", $"{{apiVersion: cilium.io/v2, kind: CiliumClusterwideNetworkPolicy, metadata: {{name: {name}}}, spec: {{{spec}}}}}");
        Assert.Empty(read.Errors);
        return new()
        {
            Kind = RecordKind.Policy,
            Key = $"CiliumClusterwideNetworkPolicy//{name}",
            Policy = new PolicyRecord { Kind = "CiliumClusterwideNetworkPolicy", Name = name, Json = read.Documents.Single().Body.GetRawText(), Source = "test" },
        };
    }

    public static Record Document(string kind, string name, string json) => new()
    {
        Kind = RecordKind.Policy,
        Key = $"{kind}/default/{name}",
        Policy = new PolicyRecord { Kind = kind, Namespace = "default", Name = name, Json = json, Source = "test" },
    };

    public static Record Gone(Record record) => new() { Kind = record.Kind, Key = record.Key, Deleted = true };

    private static string[] Labels(string app) => [$"k8s:app={app}", Cluster, Namespace];
}
