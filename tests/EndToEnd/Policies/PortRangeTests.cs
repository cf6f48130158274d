namespace Axoneme.EndToEnd.Policies;

[Collection(PolicyCollection.Name)]
public sealed class PortRangeTests(PolicyBed bed)
{
    [Fact]
    public Task A_range_holds_its_first_and_last_port_and_nothing_beside_them() => bed.ProveAsync("""
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: tcp, namespace: shop}
        spec:
          endpointSelector: {matchLabels: {app: api}}
          ingress:
          - fromEndpoints: [{matchLabels: {app: client}}]
            toPorts: [{ports: [{port: "8080", endPort: 8090, protocol: TCP}]}]
        ---
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: udp, namespace: shop}
        spec:
          endpointSelector: {matchLabels: {app: db}}
          ingress:
          - fromEndpoints: [{matchLabels: {app: client}}]
            toPorts: [{ports: [{port: "8080", endPort: 8090, protocol: UDP}]}]
        """, """
        client -> api            pass: tcp/8080 tcp/8085 tcp/8090    drop: tcp/8079 tcp/8091 udp/8085 ping
        client -> db, db-next    pass: udp/8080 udp/8085 udp/8090    drop: udp/8079 udp/8091 tcp/8085 ping
        clerk, stranger -> api   drop: tcp/8085
        """);

    [Fact]
    public Task A_range_without_a_protocol_is_one_of_each() => bed.ProveAsync("""
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: any, namespace: shop}
        spec:
          endpointSelector: {matchLabels: {app: api}}
          ingress:
          - toPorts: [{ports: [{port: "8080", endPort: 8090}]}]
        """, """
        client, office -> api    pass: tcp/8080 tcp/8090 udp/8080 udp/8090 sctp/8085    drop: tcp/8079 tcp/8091 udp/8079 udp/8091 sctp/8091 ping
        """);

    [Fact]
    public Task An_SCTP_range_says_nothing_of_TCP_and_UDP() => bed.ProveAsync("""
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: sctp, namespace: shop}
        spec:
          endpointSelector: {matchLabels: {app: api}}
          ingress:
          - fromEndpoints: [{matchLabels: {app: client}}]
            toPorts: [{ports: [{port: "8080", endPort: 8090, protocol: SCTP}]}]
        """, """
        client -> api    pass: sctp/8080 sctp/8085 sctp/8090    drop: sctp/8079 sctp/8091 tcp/8085 udp/8085
        clerk -> api     drop: sctp/8085
        """);

    [Fact]
    public Task A_denied_port_is_missing_from_the_middle_of_an_allowed_range() => bed.ProveAsync("""
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: hole, namespace: shop}
        spec:
          endpointSelector: {matchLabels: {app: api}}
          ingress:
          - fromEndpoints: [{matchLabels: {app: client}}]
            toPorts: [{ports: [{port: "8079", endPort: 8091}]}]
          ingressDeny:
          - fromEndpoints: [{matchLabels: {app: client}}]
            toPorts: [{ports: [{port: "8085", protocol: TCP}]}]
        """, """
        client -> api    pass: tcp/8079 tcp/8080 tcp/8090 tcp/8091 udp/8085    drop: tcp/8085 tcp/9090 udp/9090
        """);

    [Fact]
    public Task Ranges_that_overlap_open_what_either_of_them_holds() => bed.ProveAsync("""
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: two, namespace: shop}
        spec:
          endpointSelector: {matchLabels: {app: api}}
          ingress:
          - fromEndpoints: [{matchLabels: {app: client}}]
            toPorts: [{ports: [{port: "8080", endPort: 8087, protocol: TCP}]}]
          - toPorts: [{ports: [{port: "8085", endPort: 8090, protocol: TCP}]}]
        """, """
        client -> api            pass: tcp/8080 tcp/8085 tcp/8090    drop: tcp/8079 tcp/8091
        clerk, stranger -> api   pass: tcp/8085 tcp/8090             drop: tcp/8080 tcp/8091
        """);

    [Fact]
    public Task A_range_holds_for_what_a_pod_sends_too() => bed.ProveAsync("""
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: out, namespace: shop}
        spec:
          endpointSelector: {matchLabels: {app: client}}
          egress:
          - toEndpoints: [{matchLabels: {app: api}}]
            toPorts: [{ports: [{port: "8080", endPort: 8090, protocol: TCP}]}]
          egressDeny:
          - toPorts: [{ports: [{port: "8082", endPort: 8086, protocol: TCP}]}]
        """, """
        client -> api                     pass: tcp/8080 tcp/8090    drop: tcp/8079 tcp/8085 tcp/8091 udp/8080
        client -> db, office, host        drop: tcp/8080
        stranger, clerk -> client, api    pass: tcp/8085
        """);
}
