namespace Axoneme.EndToEnd.Policies;

/// <summary>When a direction is closed but for what is allowed, and when it is not.</summary>
[Collection(PolicyCollection.Name)]
public sealed class DefaultDenyTests(PolicyBed bed)
{
    [Fact]
    public Task An_egress_rule_closes_all_other_ways_out_and_no_way_in() => bed.ProveAsync("""
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: out, namespace: shop}
        spec:
          endpointSelector: {matchLabels: {app: client}}
          egress: [{toEndpoints: [{matchLabels: {app: api}}], toPorts: [{ports: [{port: "8080", protocol: TCP}]}]}]
        """, """
        client -> api                                pass: tcp/8080    drop: tcp/8085 udp/8080 ping
        client -> db, clerk, stranger, office, host  drop: tcp/8080 udp/8080 ping
        api, stranger, office, host -> client        pass: tcp/8080 udp/8080 ping
        """);

    [Fact]
    public Task Empty_lists_close_both_directions() => bed.ProveAsync("""
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: closed, namespace: shop}
        spec:
          endpointSelector: {matchLabels: {app: client}}
          enableDefaultDeny: {ingress: true, egress: true}
          ingress: []
          egress: []
        """, """
        client -> api, stranger, office, host    drop: tcp/8080 ping
        api, stranger, office -> client          drop: tcp/8080 ping
        host -> client                           pass: tcp/8080 ping
        """);

    [Fact]
    public Task A_policy_without_default_deny_closes_nothing_until_another_does() => bed.ProveAsync("""
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: adds-only, namespace: shop}
        spec:
          endpointSelector: {matchLabels: {role: backend}}
          enableDefaultDeny: {ingress: false, egress: false}
          ingress: [{fromEndpoints: [{matchLabels: {app: clerk}}]}]
          egress: [{toEndpoints: [{matchLabels: {app: clerk}}]}]
        ---
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: closes, namespace: shop}
        spec:
          endpointSelector: {matchLabels: {app: db}}
          ingress: [{fromEndpoints: [{matchLabels: {app: api}}]}]
        """, """
        client, clerk, stranger, office -> api    pass: tcp/8080 ping
        api -> client, stranger, office           pass: tcp/8080 ping
        clerk, api -> db                          pass: tcp/8080 ping
        client, stranger, office -> db            drop: tcp/8080 ping
        db -> client, stranger, office            pass: tcp/8080
        """);

    [Fact]
    public Task Closing_one_direction_only_leaves_the_rules_of_the_other() => bed.ProveAsync("""
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: half, namespace: shop}
        spec:
          endpointSelector: {matchLabels: {app: api}}
          enableDefaultDeny: {egress: false}
          ingress: [{fromEndpoints: [{matchLabels: {app: client}}]}]
          egress: [{toEndpoints: [{matchLabels: {app: client}}]}]
        """, """
        client -> api                    pass: tcp/8080
        clerk, stranger, office -> api   drop: tcp/8080
        api -> client, clerk, office     pass: tcp/8080
        """);

    [Fact]
    public Task The_answers_to_an_allowed_connection_need_no_rule() => bed.ProveAsync("""
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: one-way, namespace: shop}
        specs:
        - endpointSelector: {matchLabels: {app: client}}
          ingress: [{}]
          egress: [{toEndpoints: [{matchLabels: {app: api}}]}, {toEntities: [world]}]
        - endpointSelector: {matchLabels: {app: api}}
          ingress: [{fromEndpoints: [{matchLabels: {app: client}}]}]
          egress: [{}]
        """, """
        client -> api, office    pass: tcp/8080 udp/8080 ping
        api, office -> client    drop: tcp/8080 udp/8080 ping
        api -> office            drop: tcp/8080
        """);
}
