namespace Axoneme.EndToEnd.Policies;

/// <summary>What Kubernetes' own policies say of directions, blocks and ranges.</summary>
[Collection(PolicyCollection.Name)]
public sealed class NetworkPolicyTests(PolicyBed bed)
{
    [Fact]
    public Task A_block_lets_in_what_it_does_not_except() => bed.ProveAsync("""
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: blocks, namespace: shop}
        spec:
          podSelector: {matchLabels: {app: api}}
          policyTypes: [Ingress, Egress]
          ingress: [{from: [{ipBlock: {cidr: 192.0.2.0/24, except: [192.0.2.64/26]}}, {ipBlock: {cidr: "2001:db8:2::/64", except: ["2001:db8:2::77/128"]}}]}]
          egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0, except: [192.0.2.0/24]}}], ports: [{port: 8080, endPort: 8085}]}]
        """, """
        office -> api             pass: tcp/8080 udp/8080 ping
        printer, abroad -> api    drop: tcp/8080 udp/8080 ping
        client -> api             drop: tcp/8080
        api -> abroad             pass: tcp4/8080 tcp4/8085    drop: tcp4/8090 tcp6/8080 udp4/8080
        api -> office, client     drop: tcp/8080
        """);

    [Fact]
    public Task A_range_of_ports_ends_at_endPort() => bed.ProveAsync("""
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: ranges, namespace: shop}
        spec:
          podSelector: {matchLabels: {app: api}}
          ingress:
          - from: [{podSelector: {matchLabels: {app: client}}}]
            ports: [{port: 8080, endPort: 8090}, {port: 8085, endPort: 8085, protocol: UDP}]
        """, """
        client -> api    pass: tcp/8080 tcp/8085 tcp/8090 udp/8085    drop: tcp/8079 tcp/8091 udp/8080 udp/8090 ping
        clerk -> api     drop: tcp/8085
        """);

    [Fact]
    public Task A_direction_that_policyTypes_leaves_out_stays_open() => bed.ProveAsync("""
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: out, namespace: shop}
        spec:
          podSelector: {matchLabels: {app: api}}
          policyTypes: [Egress]
          egress: [{to: [{podSelector: {matchLabels: {app: db}}}]}]
        ---
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: in, namespace: shop}
        spec:
          podSelector: {matchLabels: {app: client}}
          policyTypes: [Ingress]
        ---
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: neither, namespace: shop}
        spec:
          podSelector: {matchLabels: {app: clerk}}
          policyTypes: [Ingress, Egress]
        """, """
        client, stranger, office -> api    pass: tcp/8080 ping
        api -> db                          pass: tcp/8080 ping
        api -> stranger, office, host      drop: tcp/8080 ping
        db, stranger, office -> client     drop: tcp/8080 ping
        client -> db, stranger, office     pass: tcp/8080 ping
        stranger, office, db -> clerk      drop: tcp/8080
        clerk -> stranger, office, db      drop: tcp/8080
        host -> client, clerk              pass: tcp/8080 ping
        """);

    [Fact]
    public Task Egress_rules_alone_make_both_directions_the_policys_business() => bed.ProveAsync("""
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: no-types, namespace: shop}
        spec:
          podSelector: {matchLabels: {app: api}}
          egress: [{to: [{podSelector: {}}]}]
        """, """
        client, office -> api              drop: tcp/8080
        api -> client, db                  pass: tcp/8080
        api -> stranger, office            drop: tcp/8080
        """);

    [Fact]
    public Task An_empty_rule_is_everyone_and_no_rule_is_nobody() => bed.ProveAsync("""
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: everyone, namespace: shop}
        spec:
          podSelector: {matchLabels: {app: api}}
          ingress: [{}]
        ---
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: nobody, namespace: shop}
        spec:
          podSelector: {matchLabels: {app: db}}
          ingress: []
        ---
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: every-pod, namespace: shop}
        spec:
          podSelector: {matchLabels: {app: clerk}}
          ingress: [{from: [{namespaceSelector: {}}]}]
        """, """
        client, stranger, office -> api    pass: tcp/8080 udp/8080 ping
        client, stranger, office -> db     drop: tcp/8080 udp/8080 ping
        client, stranger -> clerk          pass: tcp/8080 udp/8080 ping
        office -> clerk                    drop: tcp/8080 udp/8080 ping
        """);

    [Fact]
    public Task An_empty_podSelector_is_every_pod_of_the_namespace() => bed.ProveAsync("""
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: everyone, namespace: shop}
        spec:
          podSelector: {}
          ingress: [{from: [{podSelector: {}}]}]
        """, """
        client, clerk -> api, db, db-next            pass: tcp/8080
        stranger, office -> api, db, client, clerk   drop: tcp/8080
        client, office -> stranger                   pass: tcp/8080
        """);
}
