namespace Axoneme.EndToEnd.Policies;

/// <summary>ICMP type 13 asks for a time stamp; ICMPv6 type 200 is for experiments (RFC 4443). Neither is part of a connection.</summary>
[Collection(PolicyCollection.Name)]
public sealed class IcmpTests(PolicyBed bed)
{
    [Fact]
    public Task An_allowed_echo_is_all_that_passes() => bed.ProveAsync("""
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: echo, namespace: shop}
        spec:
          endpointSelector: {matchLabels: {app: api}}
          ingress:
          - fromEndpoints: [{matchLabels: {app: client}}]
            icmps: [{fields: [{family: IPv4, type: 8}, {family: IPv6, type: EchoRequest}]}]
        """, """
        client -> api             pass: ping    drop: icmp4/13 icmp6/200 tcp/8080 udp/8080
        clerk, stranger -> api    drop: ping
        office -> api             drop: ping
        """);

    [Fact]
    public Task A_denied_type_leaves_the_other_types() => bed.ProveAsync("""
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: no-timestamp, namespace: shop}
        spec:
          endpointSelector: {matchLabels: {app: api}}
          ingress:
          - fromEntities: [all]
          ingressDeny:
          - fromEndpoints: [{matchLabels: {app: client}}]
            icmps: [{fields: [{family: IPv4, type: Timestamp}, {family: IPv6, type: 200}]}]
        """, """
        client -> api           pass: ping tcp/8080 udp/8080 icmp4/15 icmp6/201    drop: icmp4/13 icmp6/200
        clerk, office -> api    pass: icmp4/13 icmp6/200
        """);

    [Fact]
    public Task A_denied_echo_leaves_ports_open() => bed.ProveAsync("""
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: no-echo, namespace: shop}
        spec:
          endpointSelector: {matchLabels: {app: api}}
          enableDefaultDeny: {ingress: false}
          ingressDeny:
          - icmps: [{fields: [{family: IPv4, type: EchoRequest}, {family: IPv6, type: 128}]}]
        """, """
        client, stranger, office -> api    pass: tcp/8080 icmp4/13 icmp6/200    drop: ping
        api -> client, office              pass: ping
        """);

    [Fact]
    public Task A_type_is_of_one_family() => bed.ProveAsync("""
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: four, namespace: shop}
        spec:
          endpointSelector: {matchLabels: {app: api}}
          ingress: [{icmps: [{fields: [{type: 8}]}]}]
        ---
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: six, namespace: shop}
        spec:
          endpointSelector: {matchLabels: {app: db}}
          ingress: [{icmps: [{fields: [{family: IPv6, type: 128}]}]}]
        """, """
        client, office -> api    pass: ping4    drop: ping6
        client, office -> db     pass: ping6    drop: ping4
        """);

    [Fact]
    public Task A_sender_is_held_to_the_types_it_may_send() => bed.ProveAsync("""
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: out, namespace: shop}
        spec:
          endpointSelector: {matchLabels: {app: client}}
          egress:
          - toEndpoints: [{matchLabels: {app: api}}]
            icmps: [{fields: [{family: IPv4, type: 8}, {family: IPv6, type: 128}]}]
          - toCIDR: [192.0.2.10/32, "2001:db8:2::10/128"]
            icmps: [{fields: [{family: IPv4, type: 13}, {family: IPv6, type: 200}]}]
        """, """
        client -> api       pass: ping                  drop: icmp4/13 icmp6/200 tcp/8080
        client -> office    pass: icmp4/13 icmp6/200    drop: ping
        client -> printer   drop: ping icmp4/13
        api -> client       pass: ping
        """);

    [Fact]
    public Task Ports_say_nothing_of_ICMP() => bed.ProveAsync("""
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: all-ports, namespace: shop}
        spec:
          endpointSelector: {matchLabels: {app: api}}
          ingress: [{toPorts: [{ports: [{port: "0"}]}]}]
        """, """
        client, office -> api    pass: tcp/8080 udp/9090 sctp/8080    drop: ping icmp4/13 icmp6/200
        """);
}
