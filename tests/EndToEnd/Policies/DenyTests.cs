namespace Axoneme.EndToEnd.Policies;

/// <summary>A deny beats every allow, wherever either of them is written and however they overlap.</summary>
[Collection(PolicyCollection.Name)]
public sealed class DenyTests(PolicyBed bed)
{
    [Fact]
    public Task A_deny_that_is_wider_than_the_allow_leaves_nothing_of_it() => bed.ProveAsync("""
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: wide-deny, namespace: shop}
        spec:
          endpointSelector: {matchLabels: {app: api}}
          ingress:
          - fromEndpoints: [{matchLabels: {app: client}}, {matchLabels: {app: clerk}}]
            toPorts: [{ports: [{port: "8080", protocol: TCP}]}]
          ingressDeny:
          - fromEndpoints: [{matchLabels: {app: client}}]
        """, """
        client -> api    drop: tcp/8080 udp/8080 ping
        clerk -> api     pass: tcp/8080    drop: tcp/8085
        """);

    [Fact]
    public Task A_deny_that_is_narrower_than_the_allow_leaves_the_rest_of_it() => bed.ProveAsync("""
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: wide-allow, namespace: shop}
        spec:
          endpointSelector: {matchLabels: {app: api}}
          ingress:
          - fromEntities: [all]
          ingressDeny:
          - fromEndpoints: [{matchLabels: {app: client}}]
            toPorts: [{ports: [{port: "8080", protocol: TCP}]}]
        """, """
        client -> api                     pass: tcp/8079 tcp/8085 udp/8080 ping    drop: tcp/8080
        clerk, stranger, office -> api    pass: tcp/8080
        """);

    [Fact]
    public Task Ranges_that_overlap_in_part_lose_what_they_share() => bed.ProveAsync("""
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: overlap, namespace: shop}
        spec:
          endpointSelector: {matchLabels: {app: api}}
          ingress:
          - toPorts: [{ports: [{port: "8079", endPort: 8087, protocol: TCP}]}]
          - fromEndpoints: [{matchLabels: {app: client}}]
            toPorts: [{ports: [{port: "9090", protocol: TCP}]}]
          ingressDeny:
          - fromEndpoints: [{matchLabels: {app: client}}]
            toPorts: [{ports: [{port: "8085", endPort: 8091, protocol: TCP}]}]
        """, """
        client -> api    pass: tcp/8079 tcp/8080 tcp/9090    drop: tcp/8085 tcp/8090 tcp/8091
        clerk -> api     pass: tcp/8079 tcp/8085             drop: tcp/8090 tcp/9090
        """);

    [Fact]
    public Task A_deny_of_another_policy_beats_the_allow_of_this_one() => bed.ProveAsync("""
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: allow, namespace: shop}
        spec:
          endpointSelector: {matchLabels: {app: api}}
          ingress:
          - fromEndpoints: [{}]
        ---
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: deny, namespace: shop}
        spec:
          endpointSelector: {matchLabels: {role: backend}}
          ingressDeny:
          - toPorts: [{ports: [{port: "8080", protocol: TCP}, {port: "8085", protocol: UDP}]}]
        """, """
        client, clerk -> api    pass: tcp/8085 udp/8080 ping    drop: tcp/8080 udp/8085
        client -> db            drop: tcp/8080 tcp/8085 udp/8080
        """);

    [Fact]
    public Task A_clusterwide_deny_beats_the_allows_of_a_namespace() => bed.ProveAsync("""
        apiVersion: cilium.io/v2
        kind: CiliumClusterwideNetworkPolicy
        metadata: {name: no-blue}
        spec:
          endpointSelector: {}
          enableDefaultDeny: {ingress: false}
          ingressDeny:
          - fromEndpoints: [{matchLabels: {io.cilium.k8s.namespace.labels.team: blue}}]
            toPorts: [{ports: [{port: "8080"}]}]
        ---
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: all-blue, namespace: shop}
        spec:
          podSelector: {matchLabels: {app: api}}
          ingress: [{from: [{namespaceSelector: {matchLabels: {team: blue}}}]}]
        """, """
        stranger -> api           pass: tcp/8085 udp/8090 ping    drop: tcp/8080 udp/8080
        stranger -> db, client    pass: tcp/8085                  drop: tcp/8080 udp/8080
        client -> api             drop: tcp/8080 tcp/8085
        client -> db, stranger    pass: tcp/8080
        """);

    [Fact]
    public Task A_denied_destination_is_closed_to_its_sender_only() => bed.ProveAsync("""
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: out, namespace: shop}
        spec:
          endpointSelector: {matchLabels: {app: client}}
          egress:
          - toEntities: [all]
          egressDeny:
          - toEndpoints: [{matchLabels: {app: db}}]
          - toCIDR: [192.0.2.64/26, "2001:db8:2::40/122"]
            toPorts: [{ports: [{port: "8080"}]}]
        """, """
        client -> db, db-next        drop: tcp/8080 udp/8080 ping
        client -> printer            pass: tcp/8085 ping    drop: tcp/8080 udp/8080
        client -> api, office, host  pass: tcp/8080 udp/8080 ping
        clerk -> db, printer         pass: tcp/8080
        """);

    [Fact]
    public Task Without_default_deny_a_deny_takes_away_what_it_names_and_no_more() => bed.ProveAsync("""
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: only-deny, namespace: shop}
        spec:
          endpointSelector: {matchLabels: {app: api}}
          enableDefaultDeny: {ingress: false, egress: false}
          ingressDeny:
          - fromEntities: [world]
          egressDeny:
          - toEndpoints: [{matchLabels: {app: db}}]
            toPorts: [{ports: [{port: "9090", protocol: TCP}]}]
        """, """
        office, abroad -> api            drop: tcp/8080 udp/8080 ping
        client, stranger, host -> api    pass: tcp/8080 udp/8080 ping
        api -> db                        pass: tcp/8080 udp/9090 ping    drop: tcp/9090
        api -> client, office            pass: tcp/9090
        """);
}
