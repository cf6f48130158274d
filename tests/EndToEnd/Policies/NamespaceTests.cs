namespace Axoneme.EndToEnd.Policies;

/// <summary>Pods chosen by where they are. The stranger has the client's label in a namespace of team blue.</summary>
[Collection(PolicyCollection.Name)]
public sealed class NamespaceTests(PolicyBed bed)
{
    private const string BlueToApi = """
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: blue, namespace: shop}
        spec:
          endpointSelector: {matchLabels: {app: api}}
          ingress:
          - fromEndpoints: [{matchLabels: {k8s:io.cilium.k8s.namespace.labels.team: blue}}]
        """;

    private const string BlueToDb = """
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: blue, namespace: shop}
        spec:
          podSelector: {matchLabels: {app: db}}
          ingress: [{from: [{namespaceSelector: {matchLabels: {team: blue}}}]}]
        """;

    [Fact]
    public Task A_label_of_the_namespace_chooses_its_pods() => bed.ProveAsync($"{BlueToApi}\n---\n{BlueToDb}", """
        stranger -> api, db         pass: tcp/8080 udp/8080 ping
        client, office -> api, db   drop: tcp/8080 udp/8080 ping
        """);

    [Fact]
    public async Task A_relabelled_namespace_takes_its_pods_out_and_in_again()
    {
        await using var policy = await bed.ApplyAsync($"{BlueToApi}\n---\n{BlueToDb}");
        await bed.ExpectAsync("stranger -> api, db    pass: tcp/8080");
        try
        {
            await RelabelAsync("elsewhere.yaml", Cast.Elsewhere.Replace("team: blue", "team: green", StringComparison.Ordinal), "elsewhere/stranger");
            await bed.ExpectAsync("stranger -> api, db    drop: tcp/8080 udp/8080 ping");
            await RelabelAsync("shop.yaml", Cast.Shop.Replace("team: red", "team: blue", StringComparison.Ordinal), "shop/client");
            await bed.ExpectAsync("""
                client -> api, db      pass: tcp/8080 udp/8080 ping
                stranger -> api, db    drop: tcp/8080
                """);
        }
        finally
        {
            await RelabelAsync("shop.yaml", Cast.Shop, "shop/client");
            await RelabelAsync("elsewhere.yaml", Cast.Elsewhere, "elsewhere/stranger");
        }

        await bed.ExpectAsync("""
            stranger -> api, db    pass: tcp/8080
            client -> api, db      drop: tcp/8080
            """);
    }

    [Fact]
    public Task Namespace_and_pod_in_one_peer_must_both_fit_and_in_two_either() => bed.ProveAsync("""
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: both, namespace: shop}
        spec:
          podSelector: {matchLabels: {app: api}}
          ingress: [{from: [{namespaceSelector: {matchLabels: {team: red}}, podSelector: {matchLabels: {app: client}}}]}]
        ---
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: either, namespace: shop}
        spec:
          podSelector: {matchLabels: {app: db}}
          ingress: [{from: [{namespaceSelector: {matchLabels: {team: blue}}}, {podSelector: {matchLabels: {app: client}}}]}]
        """, """
        client -> api             pass: tcp/8080
        clerk, stranger -> api    drop: tcp/8080
        client, stranger -> db    pass: tcp/8080
        clerk, office -> db       drop: tcp/8080
        """);

    [Fact]
    public Task Namespaces_are_chosen_by_expressions_and_by_name() => bed.ProveAsync("""
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: expression, namespace: shop}
        spec:
          podSelector: {matchLabels: {app: api}}
          ingress: [{from: [{namespaceSelector: {matchExpressions: [{key: team, operator: NotIn, values: [red]}]}}]}]
        ---
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: named, namespace: shop}
        spec:
          podSelector: {matchLabels: {app: db}}
          ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: elsewhere}}}]}]
        ---
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: named, namespace: shop}
        spec:
          endpointSelector: {matchLabels: {app: clerk}}
          ingress: [{fromEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": elsewhere}}]}]
        """, """
        stranger -> api, db, clerk    pass: tcp/8080
        client -> api, db, clerk      drop: tcp/8080
        office -> api, db, clerk      drop: tcp/8080
        """);

    [Fact]
    public Task A_namespaced_policy_means_pods_of_its_own_namespace() => bed.ProveAsync("""
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: own, namespace: shop}
        spec:
          endpointSelector: {}
          ingress: [{fromEndpoints: [{matchLabels: {app: client}}]}]
        ---
        apiVersion: cilium.io/v2
        kind: CiliumClusterwideNetworkPolicy
        metadata: {name: any}
        spec:
          endpointSelector: {matchLabels: {app: db}}
          ingress: [{fromEndpoints: [{matchLabels: {app: client}}], toPorts: [{ports: [{port: "8080"}]}]}]
        """, """
        client -> api                  pass: tcp/8080 tcp/8085
        clerk, stranger -> api         drop: tcp/8080
        client -> db                   pass: tcp/8080 tcp/8085
        stranger -> db                 pass: tcp/8080             drop: tcp/8085
        client, api -> stranger        pass: tcp/8080
        """);

    /// <summary>Other labels of a namespace are another identity of its pods, which they get a moment after the manifest is read.</summary>
    private async Task RelabelAsync(string file, string yaml, string pod)
    {
        var before = (await bed.Node.PodsAsync(pod))[pod].Identity;
        if (await File.ReadAllTextAsync(Path.Combine(bed.Node.Manifests, file)) == yaml)
        {
            return;
        }

        await bed.WriteAsync(file, yaml);
        await bed.Node.UntilAsync($"{pod} has another identity", async () => (await bed.Node.PodsAsync(Cast.Pods))[pod].Identity != before);
        await bed.EnforcedAsync();
    }
}
