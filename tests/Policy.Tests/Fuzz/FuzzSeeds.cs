using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Axoneme.Kubernetes;

namespace Axoneme.Policy.Tests.Fuzz;

/// <summary>What the fuzz test damages: policies that use every field, odd YAML, and the manifests of this repository.</summary>
internal static class FuzzSeeds
{
    private static readonly string[] Written =
    [
        """
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: "a", namespace: 'b'}
        spec:
          endpointSelector:
            matchLabels: {"k8s:app": web}
          ingress:
          - fromEndpoints: [&e {matchLabels: {app: x}}, *e]
            toPorts:
            - ports: [{port: "80", protocol: TCP}]
              rules:
                http: [{method: GET, path: "/a[0-9]*"}]
          egress:
          - toFQDNs: [{matchPattern: "*.example.com"}]
          description: |
            some
             text
        ---
        apiVersion: v1
        kind: List
        items:
        - {apiVersion: v1, kind: Pod, metadata: {name: p}, value: [1, 0x2, .5, 1e9, ~, !!str 5]}

        """,
        "a: &a [*a]\nb: ? x\n: y\n%YAML 1.2\n--- >-\n folded\n...\n",
        """
        {"apiVersion":"cilium.io/v2","kind":"CiliumNetworkPolicy","metadata":{"name":"a","namespace":"b","labels":{"x":"y"}},
         "spec":{"endpointSelector":{"matchLabels":{"app":"web"}},"enableDefaultDeny":{"ingress":true},
          "ingress":[{"fromEndpoints":[{"matchLabels":{"k8s:app":"x"},"matchExpressions":[{"key":"a","operator":"In","values":["b"]}]}],"toPorts":[{"ports":[{"port":"80","endPort":90,"protocol":"TCP"}]}]}],
          "ingressDeny":[{"fromCIDRSet":[{"cidr":"10.0.0.0/8","except":["10.1.0.0/16"]},{"cidrGroupRef":"g"}]}],
          "egress":[{"toEntities":["world"],"icmps":[{"fields":[{"type":8,"family":"IPv4"}]}]},{"toEndpoints":[{}]}],
          "egressDeny":[{"toCIDR":["::/0"]}]}}
        """,
        """
        {"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":{"name":"a"},
         "spec":{"podSelector":{"matchLabels":{"app":"web"}},"policyTypes":["Ingress","Egress"],
          "ingress":[{"from":[{"podSelector":{}},{"namespaceSelector":{"matchLabels":{"a":"b"}}},{"ipBlock":{"cidr":"10.0.0.0/8","except":["10.1.0.0/16"]}}],"ports":[{"port":80,"endPort":90},{"port":"http","protocol":"UDP"}]}],
          "egress":[{}]}}
        """,
        """{"apiVersion":"cilium.io/v2","kind":"CiliumCIDRGroup","metadata":{"name":"g","labels":{"a":"b"}},"spec":{"externalCIDRs":["10.0.0.0/8"]}}""",
        """{"apiVersion":"cilium.io/v2","kind":"CiliumClusterwideNetworkPolicy","metadata":{"name":"a"},"specs":[{"endpointSelector":{},"ingress":[{}]},{"nodeSelector":{},"egress":[]}]}""",
    ];

    /// <summary>Texts of one or a few documents.</summary>
    public static IReadOnlyList<string> Texts { get; } = [.. Written, .. FilesBelow("deploy"), .. FilesBelow("tests"), .. FilesBelow(Path.Combine("..", "shared", "cilium-data", "policies"))];

    /// <summary>The documents of these texts.</summary>
    public static IReadOnlyList<JsonNode> Trees { get; } =
        [.. Texts.SelectMany(text => YamlDocuments.Read("seed.yaml", text).Documents).Select(document => JsonNode.Parse(document.Body.GetRawText())!)];

    /// <summary>Manifests are many small documents: each is a seed of its own. The shared examples may be absent.</summary>
    private static IEnumerable<string> FilesBelow(string folder)
    {
        var root = Path.Combine(RepositoryRoot(), folder);
        return !Directory.Exists(root) ? [] : Directory.EnumerateFiles(root, "*.yaml", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal)
            .SelectMany(file => File.ReadAllText(file).Split("\n---\n"))
            .Where(text => text.Length is > 0 and < 4000);
    }

    private static string RepositoryRoot([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", ".."));
}
