namespace Axoneme.EndToEnd.Policies;

/// <summary>Whom a Cilium rule means, down to the difference between an empty selector, an empty list and none.</summary>
[Collection(PolicyCollection.Name)]
public sealed class SelectorTests(PolicyBed bed)
{
    [Fact]
    public Task A_service_account_chooses_senders_and_receivers() => bed.ProveAsync("""
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: from-account, namespace: shop}
        spec:
          endpointSelector: {matchLabels: {app: api}}
          ingress:
          - fromEndpoints: [{matchLabels: {io.cilium.k8s.policy.serviceaccount: payments}}]
            toPorts: [{ports: [{port: "8080"}]}]
        ---
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: of-account, namespace: shop}
        spec:
          endpointSelector: {matchLabels: {io.cilium.k8s.policy.serviceaccount: payments}}
          ingress: [{fromEndpoints: [{matchLabels: {app: client}}]}]
        """, """
        clerk -> api               pass: tcp/8080    drop: tcp/8085
        client, stranger -> api    drop: tcp/8080
        client -> clerk            pass: tcp/8080
        api, stranger -> clerk     drop: tcp/8080
        client -> db               pass: tcp/8080
        """);

    [Fact]
    public Task An_empty_selector_is_every_pod_of_the_namespace_an_empty_list_nobody_and_no_list_everyone() => bed.ProveAsync("""
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: empty-selector, namespace: shop}
        spec:
          endpointSelector: {matchLabels: {app: api}}
          ingress: [{fromEndpoints: [{}], toPorts: [{ports: [{port: "8080"}]}]}]
        ---
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: empty-list, namespace: shop}
        spec:
          endpointSelector: {matchLabels: {app: db}}
          ingress: [{fromEndpoints: [], toPorts: [{ports: [{port: "8080"}]}]}]
        ---
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: no-list, namespace: shop}
        spec:
          endpointSelector: {matchLabels: {app: clerk}}
          ingress: [{toPorts: [{ports: [{port: "8080"}]}]}]
        """, """
        client -> api                        pass: tcp/8080    drop: tcp/8085
        stranger, office -> api              drop: tcp/8080
        client, stranger, office -> db       drop: tcp/8080
        client, stranger, office -> clerk    pass: tcp/8080    drop: tcp/8085
        """);

    [Fact]
    public Task An_empty_rule_matches_nothing_and_closes_its_direction() => bed.ProveAsync("""
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: closed, namespace: shop}
        spec:
          endpointSelector: {matchLabels: {app: api}}
          ingress: [{}]
          egress: [{}]
        """, """
        client, stranger, office -> api         drop: tcp/8080 ping
        api -> client, stranger, office, host   drop: tcp/8080 ping
        host -> api                             pass: tcp/8080 ping
        client -> db                            pass: tcp/8080
        """);

    [Fact]
    public Task An_empty_selector_of_a_clusterwide_policy_is_every_pod_and_nobody_else() => bed.ProveAsync("""
        apiVersion: cilium.io/v2
        kind: CiliumClusterwideNetworkPolicy
        metadata: {name: pods-only}
        spec:
          endpointSelector: {}
          ingress: [{fromEndpoints: [{}]}]
        """, """
        client, stranger -> api, db, clerk     pass: tcp/8080 ping
        client -> stranger                     pass: tcp/8080 ping
        office, abroad -> api, db, stranger    drop: tcp/8080 ping
        """);

    [Fact]
    public Task Expressions_choose_by_what_a_label_is_not() => bed.ProveAsync("""
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: expressions, namespace: shop}
        spec:
          endpointSelector: {matchExpressions: [{key: role, operator: Exists}, {key: app, operator: NotIn, values: [db]}]}
          ingress:
          - fromEndpoints: [{matchExpressions: [{key: role, operator: DoesNotExist}, {key: app, operator: In, values: [client, db]}]}]
        """, """
        client -> api               pass: tcp/8080
        clerk, db, stranger -> api  drop: tcp/8080
        clerk -> db, client         pass: tcp/8080
        """);
}
