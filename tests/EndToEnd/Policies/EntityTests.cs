namespace Axoneme.EndToEnd.Policies;

/// <summary>The api may hear only from an entity, the db may speak only to it. The node always reaches its pods.</summary>
[Collection(PolicyCollection.Name)]
public sealed class EntityTests(PolicyBed bed)
{
    [Fact]
    public Task World_is_everything_outside() => ProveAsync("world", """
        office, printer, abroad -> api    pass: tcp/8080 udp/8080 ping
        client, stranger -> api           drop: tcp/8080 udp/8080 ping
        host -> api                       pass: tcp/8080
        db -> office, abroad              pass: tcp/8080 udp/8080 ping
        db -> client, stranger, host      drop: tcp/8080 udp/8080 ping
        """);

    [Theory]
    [InlineData(4, 6)]
    [InlineData(6, 4)]
    public Task The_world_has_a_half_for_each_family(int family, int other) => ProveAsync($"world-ipv{family}", $"""
        office, abroad -> api       pass: tcp{family}/8080 ping{family}    drop: tcp{other}/8080 ping{other}
        client -> api               drop: tcp/8080
        db -> office, abroad        pass: tcp{family}/8080 ping{family}    drop: tcp{other}/8080 ping{other}
        db -> client, host          drop: tcp/8080
        """);

    [Fact]
    public Task Cluster_is_every_pod_and_the_node() => ProveAsync("cluster", """
        client, stranger, host -> api    pass: tcp/8080 udp/8080 ping
        office, abroad -> api            drop: tcp/8080 udp/8080 ping
        db -> client, stranger, host     pass: tcp/8080 udp/8080 ping
        db -> office, abroad             drop: tcp/8080 udp/8080 ping
        """);

    [Fact]
    public Task Host_is_the_node_itself() => ProveAsync("host", """
        host -> api                       pass: tcp/8080 udp/8080 ping
        client, stranger, office -> api   drop: tcp/8080 udp/8080 ping
        db -> host                        pass: tcp/8080 udp/8080 ping
        db -> client, stranger, office    drop: tcp/8080 udp/8080 ping
        """);

    [Fact]
    public Task Entities_that_one_node_has_not_are_nobody_here() => ProveAsync("remote-node, kube-apiserver, health, init, unmanaged, ingress", """
        client, stranger, office -> api         drop: tcp/8080 ping
        db -> client, stranger, office, host    drop: tcp/8080 ping
        """);

    [Fact]
    public Task All_is_everyone() => bed.ProveAsync(Policy("all", ", toPorts: [{ports: [{port: \"8080\"}]}]"), """
        client, stranger, office, abroad, host -> api    pass: tcp/8080 udp/8080
        client, stranger, office -> api                  drop: tcp/8085 ping
        db -> client, stranger, office, abroad, host     pass: tcp/8080 udp/8080    drop: tcp/8085 ping
        """);

    [Fact]
    public Task None_is_nobody() => ProveAsync("none", """
        client, stranger, office -> api         drop: tcp/8080 ping
        host -> api                             pass: tcp/8080
        db -> client, stranger, office, host    drop: tcp/8080 ping
        """);

    private Task ProveAsync(string entity, string table) => bed.ProveAsync(Policy(entity), table);

    private static string Policy(string entity, string more = "") => $$$"""
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: from, namespace: shop}
        spec:
          endpointSelector: {matchLabels: {app: api}}
          ingress: [{fromEntities: [{{{entity}}}]{{{more}}}}]
        ---
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: to, namespace: shop}
        spec:
          endpointSelector: {matchLabels: {app: db}}
          egress: [{toEntities: [{{{entity}}}]{{{more}}}}]
        """;
}
