namespace Axoneme.EndToEnd.Policies;

/// <summary>Port <c>web</c> is TCP 8080 in api, 9090 in db and 8090 in db-next; <c>query</c> is UDP 8085 in api.</summary>
[Collection(PolicyCollection.Name)]
public sealed class NamedPortTests(PolicyBed bed)
{
    [Fact]
    public Task A_name_means_the_receiving_pods_number_also_in_pods_that_are_otherwise_alike() => bed.ProveAsync("""
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: in, namespace: shop}
        spec:
          endpointSelector: {matchLabels: {role: backend}}
          ingress:
          - fromEndpoints: [{matchLabels: {app: client}}]
            toPorts: [{ports: [{port: web, protocol: TCP}]}]
        """, """
        client -> api       pass: tcp/8080    drop: tcp/8090 tcp/9090 udp/8080
        client -> db        pass: tcp/9090    drop: tcp/8080 tcp/8090 udp/9090
        client -> db-next   pass: tcp/8090    drop: tcp/8080 tcp/9090
        stranger -> api     drop: tcp/8080
        """);

    [Fact]
    public Task A_sender_is_held_to_the_number_the_name_has_at_the_destination() => bed.ProveAsync("""
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: out, namespace: shop}
        spec:
          endpointSelector: {matchLabels: {app: client}}
          egress:
          - toEndpoints: [{matchLabels: {role: backend}}]
            toPorts: [{ports: [{port: web, protocol: TCP}]}]
        """, """
        client -> api               pass: tcp/8080    drop: tcp/8090 tcp/9090 udp/8080
        client -> db                pass: tcp/9090    drop: tcp/8080 tcp/8079
        client -> db-next           pass: tcp/8090    drop: tcp/8080 tcp/8079
        client -> stranger, office  drop: tcp/8080 tcp/9090
        """);

    [Fact]
    public Task A_name_that_no_pod_has_opens_nothing() => bed.ProveAsync("""
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: nobody, namespace: shop}
        spec:
          endpointSelector: {matchLabels: {role: backend}}
          ingress:
          - toPorts: [{ports: [{port: nobody}]}]
          egress:
          - toPorts: [{ports: [{port: nobody}]}]
        """, """
        client, office -> api, db    drop: tcp/8080 tcp/9090 udp/8085
        api -> client, office        drop: tcp/8080 tcp/9090 udp/8085
        """);

    [Fact]
    public Task A_name_goes_with_its_protocol() => bed.ProveAsync("""
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: protocols, namespace: shop}
        spec:
          podSelector: {}
          policyTypes: [Ingress]
          ingress:
          - ports: [{port: query, protocol: UDP}, {port: web, protocol: UDP}, {port: query}]
        """, """
        client, stranger, office -> api    pass: udp/8085    drop: tcp/8085 udp/8080 tcp/8080
        client -> db                       drop: udp/8085 udp/9090 tcp/9090
        """);

    [Fact]
    public Task A_NetworkPolicy_names_ports_of_senders_and_receivers() => bed.ProveAsync("""
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: in, namespace: shop}
        spec:
          podSelector: {matchLabels: {role: backend}}
          ingress: [{from: [{podSelector: {matchLabels: {app: client}}}], ports: [{port: web}]}]
        ---
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: out, namespace: shop}
        spec:
          podSelector: {matchLabels: {app: clerk}}
          policyTypes: [Egress]
          egress: [{ports: [{port: web}]}]
        """, """
        client -> api             pass: tcp/8080    drop: tcp/9090
        client -> db              pass: tcp/9090    drop: tcp/8080
        clerk -> api, db, client  drop: tcp/8080 tcp/9090
        """);

    [Fact]
    public Task A_denied_name_is_another_number_in_each_pod() => bed.ProveAsync("""
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: deny, namespace: shop}
        spec:
          endpointSelector: {matchLabels: {role: backend}}
          enableDefaultDeny: {ingress: false}
          ingressDeny:
          - toPorts: [{ports: [{port: web, protocol: TCP}]}]
        """, """
        client, office -> api       pass: tcp/9090 tcp/8090 udp/8080    drop: tcp/8080
        client, office -> db        pass: tcp/8080 tcp/8090             drop: tcp/9090
        client, office -> db-next   pass: tcp/8080 tcp/9090             drop: tcp/8090
        """);
}
