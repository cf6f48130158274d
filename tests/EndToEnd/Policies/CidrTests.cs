namespace Axoneme.EndToEnd.Policies;

/// <summary>Addresses outside the cluster: office .10 and printer .77 of one network, abroad of another.</summary>
[Collection(PolicyCollection.Name)]
public sealed class CidrTests(PolicyBed bed)
{
    [Fact]
    public Task An_exception_is_not_part_of_its_prefix() => bed.ProveAsync("""
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: except, namespace: shop}
        spec:
          endpointSelector: {matchLabels: {app: api}}
          ingress:
          - fromCIDRSet: [{cidr: 192.0.2.0/24, except: [192.0.2.64/26]}, {cidr: "2001:db8:2::/64", except: ["2001:db8:2::40/122"]}]
          egress:
          - toCIDRSet: [{cidr: 192.0.2.0/24, except: [192.0.2.64/26]}, {cidr: "2001:db8:2::/64", except: ["2001:db8:2::40/122"]}]
            toPorts: [{ports: [{port: "8080", endPort: 8085, protocol: TCP}]}]
        """, """
        office -> api              pass: tcp/8080 udp/8080 ping
        printer, abroad -> api     drop: tcp/8080 udp/8080 ping
        client, stranger -> api    drop: tcp/8080
        api -> office              pass: tcp/8080 tcp/8085    drop: tcp/8079 udp/8080
        api -> printer, abroad     drop: tcp/8080
        api -> client, host        drop: tcp/8080
        """);

    [Fact]
    public Task What_one_rule_excepts_another_may_allow() => bed.ProveAsync("""
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: back-in, namespace: shop}
        spec:
          endpointSelector: {matchLabels: {app: api}}
          ingress:
          - fromCIDRSet: [{cidr: 192.0.2.0/24, except: [192.0.2.64/26]}, {cidr: "2001:db8:2::/64", except: ["2001:db8:2::40/122"]}]
          - fromCIDR: [192.0.2.77/32, "2001:db8:2::77/128"]
            toPorts: [{ports: [{port: "8080", protocol: TCP}]}]
        """, """
        office -> api     pass: tcp/8080 tcp/8085
        printer -> api    pass: tcp/8080    drop: tcp/8085
        abroad -> api     drop: tcp/8080
        """);

    [Fact]
    public Task A_denied_prefix_has_its_exceptions_too() => bed.ProveAsync("""
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: deny-except, namespace: shop}
        spec:
          endpointSelector: {matchLabels: {app: api}}
          ingress:
          - fromEntities: [world]
          ingressDeny:
          - fromCIDRSet: [{cidr: 192.0.2.0/24, except: [192.0.2.64/26]}, {cidr: "2001:db8:2::/64", except: ["2001:db8:2::40/122"]}]
        """, """
        office -> api             drop: tcp/8080 udp/8080 ping
        printer, abroad -> api    pass: tcp/8080 udp/8080 ping
        client -> api             drop: tcp/8080
        """);

    [Fact]
    public Task A_denied_prefix_beats_an_allowed_one_whichever_is_longer() => bed.ProveAsync("""
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: longer-deny, namespace: shop}
        spec:
          endpointSelector: {matchLabels: {app: api}}
          ingress: [{fromCIDR: [192.0.2.0/24, "2001:db8:2::/64"]}]
          ingressDeny: [{fromCIDR: [192.0.2.77/32, "2001:db8:2::77/128"]}]
        ---
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: longer-allow, namespace: shop}
        spec:
          endpointSelector: {matchLabels: {app: db}}
          ingress: [{fromCIDR: [192.0.2.77/32, "2001:db8:2::77/128", 198.51.100.0/24, "2001:db8:51::/64"]}]
          ingressDeny: [{fromCIDR: [192.0.2.0/24, "2001:db8:2::/64"]}]
        """, """
        office -> api         pass: tcp/8080
        printer -> api        drop: tcp/8080
        abroad -> db          pass: tcp/8080
        office, printer -> db drop: tcp/8080
        """);

    [Fact]
    public Task A_denied_world_has_no_allowed_corner() => bed.ProveAsync("""
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: corner, namespace: shop}
        spec:
          endpointSelector: {matchLabels: {app: api}}
          ingress:
          - fromCIDR: [192.0.2.10/32, "2001:db8:2::10/128"]
          - fromEndpoints: [{matchLabels: {app: client}}]
          ingressDeny:
          - fromEntities: [world]
            toPorts: [{ports: [{port: "8080", endPort: 8085}]}]
        """, """
        office -> api     pass: tcp/8079 udp/8090 ping    drop: tcp/8080 udp/8085
        printer -> api    drop: tcp/8079 tcp/8080
        client -> api     pass: tcp/8080 udp/8085
        """);

    [Fact]
    public Task Every_address_is_every_address_outside_the_cluster() => bed.ProveAsync("""
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: everywhere, namespace: shop}
        spec:
          endpointSelector: {matchLabels: {app: api}}
          ingress: [{fromCIDRSet: [{cidr: 0.0.0.0/0, except: [198.51.100.0/24]}, {cidr: "::/0"}]}]
          egress: [{toCIDRSet: [{cidr: 0.0.0.0/0}, {cidr: "::/0", except: ["2001:db8:51::/64"]}]}]
        """, """
        office, printer -> api     pass: tcp/8080 udp/8080 ping
        abroad -> api              pass: tcp6/8080    drop: tcp4/8080
        api -> office, printer     pass: tcp/8080 udp/8080 ping
        api -> abroad              pass: tcp4/8080    drop: tcp6/8080
        client, stranger -> api    drop: tcp/8080
        api -> client, host        drop: tcp/8080
        """);

    [Fact]
    public Task A_prefix_of_pod_addresses_selects_no_pod_and_not_the_node() => bed.ProveAsync("""
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: pods-by-address, namespace: shop}
        spec:
          endpointSelector: {matchLabels: {app: api}}
          ingress: [{fromCIDR: [10.244.0.0/24, "fd00:10:244::/64", 192.0.2.10/32, "2001:db8:2::10/128"]}]
          egress: [{toCIDR: [10.244.0.0/24, "fd00:10:244::/64", 192.0.2.10/32, "2001:db8:2::10/128"]}]
        """, """
        office -> api                             pass: tcp/8080
        client, stranger, printer -> api          drop: tcp/8080 ping
        api -> office                             pass: tcp/8080
        api -> client, stranger, host, printer    drop: tcp/8080 ping
        """);

    [Fact]
    public Task A_prefix_that_one_policy_names_is_still_of_the_world_to_another() => bed.ProveAsync("""
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: names-it, namespace: shop}
        spec:
          endpointSelector: {matchLabels: {app: db}}
          ingress: [{fromCIDR: [192.0.2.0/28, "2001:db8:2::/124"]}]
        ---
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: world, namespace: shop}
        spec:
          endpointSelector: {matchLabels: {app: api}}
          ingress: [{fromEntities: [world]}]
        """, """
        office, abroad -> api    pass: tcp/8080
        office -> db             pass: tcp4/8080    drop: tcp6/8080
        abroad, printer -> db    drop: tcp/8080
        client -> api, db        drop: tcp/8080
        """);
}
