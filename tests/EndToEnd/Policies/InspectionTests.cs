namespace Axoneme.EndToEnd.Policies;

/// <summary>
/// There is no proxy yet: what it would have to look into is dropped and not let through unseen, while the rest of the same policy is in force. A
/// rule that refuses no request passes as it is.
/// </summary>
[Collection(PolicyCollection.Name)]
public sealed class InspectionTests(PolicyBed bed)
{
    [Fact]
    public Task What_would_have_to_be_inspected_is_dropped_and_the_rest_holds() => bed.ProveAsync("""
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: api, namespace: shop}
        spec:
          endpointSelector: {matchLabels: {app: api}}
          ingress:
          - fromEndpoints: [{matchLabels: {app: client}}]
            toPorts:
            - ports: [{port: "8080", protocol: TCP}]
              rules: {http: [{method: GET, path: /public}]}
            - ports: [{port: "8085", protocol: TCP}]
            - ports: [{port: "8090", protocol: TCP}]
              rules: {http: [{}]}
          - fromEndpoints: [{matchLabels: {app: clerk}}]
            toPorts: [{ports: [{port: "8080", protocol: TCP}]}]
        """, """
        client -> api      pass: tcp/8085 tcp/8090    drop: tcp/8080 tcp/9090
        clerk -> api       pass: tcp/8080             drop: tcp/8085
        stranger -> api    drop: tcp/8080 tcp/8085
        """);

    [Fact]
    public Task What_must_prove_who_it_is_is_dropped() => bed.ProveAsync("""
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: api, namespace: shop}
        spec:
          endpointSelector: {matchLabels: {app: api}}
          ingress:
          - fromEndpoints: [{matchLabels: {app: client}}]
            authentication: {mode: required}
          - fromEndpoints: [{matchLabels: {app: clerk}}]
            authentication: {mode: disabled}
        """, """
        client, stranger -> api    drop: tcp/8080
        clerk, host -> api         pass: tcp/8080
        """);

    [Fact]
    public Task Names_whose_addresses_nobody_learned_open_nothing() => bed.ProveAsync("""
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: client, namespace: shop}
        spec:
          endpointSelector: {matchLabels: {app: client}}
          egress:
          - toFQDNs: [{matchPattern: "*"}]
          - toEndpoints: [{matchLabels: {app: db}}]
        """, """
        client -> db               pass: tcp/8080
        client -> office, api      drop: tcp/8080
        """);
}
