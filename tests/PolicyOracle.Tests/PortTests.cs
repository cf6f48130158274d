using static Axoneme.PolicyOracle.Traffic;
using static Axoneme.PolicyOracle.VerdictKind;

namespace Axoneme.PolicyOracle.Tests;

/// <summary>layer4.rst and the CRD's descriptions of ports.</summary>
public sealed class PortTests
{
    private static Scene Policy(string sections) => new($$"""
        kind: CiliumNetworkPolicy
        metadata: {name: p, namespace: shop}
        spec:
          endpointSelector:
            matchLabels: {role: backend}
          {{sections}}
        """);

    [Fact]
    public void Ports_without_peers_mean_any_peer()
    {
        var scene = Policy("egress: [{toPorts: [{ports: [{port: '80', protocol: TCP}]}]}]");
        Assert.Equal("frontend batch stranger dns twin starting health gateway unmanaged here there master abroad office lab site deep managed-api six",
            scene.ReachedBy("backend"));
        Assert.Equal(Denied, scene.OutOf("backend", "office", Tcp(81)));
        Assert.Equal(Denied, scene.OutOf("backend", "office", Udp(80)));
    }

    [Fact]
    public void Any_layer_4_rule_blocks_icmp_and_peers_alone_allow_it()
    {
        Assert.Equal(Denied, Policy("egress: [{toPorts: [{ports: [{port: '0'}]}]}]").OutOf("backend", "office", Icmpv4(8)));
        Assert.Equal(Allowed, Policy("egress: [{toEntities: [world]}]").OutOf("backend", "office", Icmpv4(8)));
        Assert.Equal(Allowed, Policy("egress: [{toEntities: [world], toPorts: []}]").OutOf("backend", "office", Icmpv4(8)));
    }

    [Theory]
    [InlineData(79, false)]
    [InlineData(80, true)]
    [InlineData(444, true)]
    [InlineData(445, false)]
    public void A_range_includes_its_ends(int port, bool allowed) => Assert.Equal(
        allowed ? Allowed : Denied,
        Policy("egress: [{toPorts: [{ports: [{port: '80', endPort: 444, protocol: TCP}]}]}]").OutOf("backend", "office", Tcp(port)));

    [Theory]
    [InlineData("ANY", "Tcp Udp Sctp")]
    [InlineData("''", "Tcp Udp Sctp")]
    [InlineData("TCP", "Tcp")]
    [InlineData("UDP", "Udp")]
    [InlineData("SCTP", "Sctp")]
    public void Any_means_the_protocols_with_ports(string protocol, string covered)
    {
        var scene = Policy($"egress: [{{toPorts: [{{ports: [{{port: '80', protocol: {protocol}}}]}}]}}]");
        Assert.Equal(covered, string.Join(' ', Enum.GetValues<L4Protocol>().Where(p => scene.OutOf("backend", "office", new(p, 80)) == Allowed)));
    }

    [Fact]
    public void Port_0_means_every_port_of_the_protocol()
    {
        var scene = Policy("egress: [{toPorts: [{ports: [{port: '0', protocol: UDP}]}]}]");
        Assert.Equal(Allowed, scene.OutOf("backend", "office", Udp(65535)));
        Assert.Equal(Denied, scene.OutOf("backend", "office", Tcp(80)));
    }

    [Fact]
    public void A_named_port_is_looked_up_where_traffic_goes()
    {
        var egress = Policy("egress: [{toPorts: [{ports: [{port: http, protocol: TCP}]}]}]");
        Assert.Equal(Allowed, egress.OutOf("backend", "frontend", Tcp(80)));
        Assert.Equal(Denied, egress.OutOf("backend", "frontend", Tcp(8080)));
        Assert.Equal(Denied, egress.OutOf("backend", "batch", Tcp(80)));
        Assert.Equal(Denied, egress.OutOf("backend", "office", Tcp(80)));
        var ingress = Policy("ingress: [{toPorts: [{ports: [{port: HTTP}]}]}]");
        Assert.Equal(Allowed, ingress.Into("backend", "office", Tcp(8080)));
        Assert.Equal(Denied, ingress.Into("backend", "office", Tcp(80)));
        Assert.Equal(Denied, ingress.Into("backend", "office", Udp(8080)));
    }

    [Fact]
    public void A_named_port_does_not_contradict_its_protocol() =>
        Assert.Equal(Denied, Policy("egress: [{toPorts: [{ports: [{port: dns, protocol: TCP}]}]}]").OutOf("backend", "dns", Udp(53)));

    [Fact]
    public void Icmp_rules_name_family_and_type()
    {
        var scene = Policy("egress: [{icmps: [{fields: [{type: 8, family: IPv4}, {type: EchoRequest, family: IPv6}, {type: EchoReply}]}]}]");
        Assert.Equal(Allowed, scene.OutOf("backend", "office", Icmpv4(8)));
        Assert.Equal(Allowed, scene.OutOf("backend", "six", Icmpv6(128)));
        Assert.Equal(Allowed, scene.OutOf("backend", "office", Icmpv4(0)));
        Assert.Equal(Denied, scene.OutOf("backend", "six", Icmpv6(129)));
        Assert.Equal(Denied, scene.OutOf("backend", "office", Icmpv4(3)));
        Assert.Equal(Denied, scene.OutOf("backend", "office", Tcp(8)));
    }

    [Fact]
    public void Peers_and_ports_must_both_match()
    {
        var scene = Policy("egress: [{toCIDR: [192.0.2.0/24], toPorts: [{ports: [{port: '80', protocol: TCP}]}]}]");
        Assert.Equal(Allowed, scene.OutOf("backend", "office", Tcp(80)));
        Assert.Equal(Denied, scene.OutOf("backend", "office", Tcp(443)));
        Assert.Equal(Denied, scene.OutOf("backend", "site", Tcp(80)));
    }

    [Fact]
    public void Protocols_without_ports_are_named_alone()
    {
        var scene = Policy("egress: [{toPorts: [{ports: [{protocol: VRRP}]}]}]");
        Assert.Equal(Allowed, scene.OutOf("backend", "office", Vrrp));
        Assert.Equal(Denied, scene.OutOf("backend", "office", Igmp));
    }

    [Fact]
    public void Authentication_is_demanded_by_the_rules_that_match()
    {
        var scene = Policy("ingress: [{fromEndpoints: [{matchLabels: {role: frontend}}], authentication: {mode: required}}, {fromEntities: [world]}]");
        Assert.True(scene.Verdict("backend", Direction.Ingress, "frontend", Tcp(80)).MutualAuthentication);
        Assert.False(scene.Verdict("backend", Direction.Ingress, "office", Tcp(80)).MutualAuthentication);
    }

    [Fact]
    public void A_node_policy_is_about_the_node_only()
    {
        var scene = new Scene("""
            kind: CiliumClusterwideNetworkPolicy
            metadata: {name: demo-host-policy}
            spec:
              nodeSelector: {matchLabels: {type: worker}}
              ingress:
              - fromEntities: [cluster]
              - toPorts: [{ports: [{port: '22', protocol: TCP}]}]
              - icmps: [{fields: [{type: EchoRequest, family: IPv4}]}]
            """);
        Assert.Equal(Allowed, scene.Into("here", "stranger", Tcp(9999)));
        Assert.Equal(Allowed, scene.Into("here", "office", Tcp(22)));
        Assert.Equal(Allowed, scene.Into("here", "office", Icmpv4(8)));
        Assert.Equal(Denied, scene.Into("here", "office", Tcp(80)));
        Assert.Equal(Allowed, scene.OutOf("here", "office", Tcp(80)));
        Assert.Equal(Allowed, scene.Into("backend", "office", Tcp(80)));
    }

    [Fact]
    public void A_selector_of_endpoints_does_not_select_the_node()
    {
        var scene = new Scene("{kind: CiliumClusterwideNetworkPolicy, metadata: {name: p}, spec: {endpointSelector: {}, ingress: [{}]}}");
        Assert.Equal(Allowed, scene.Into("here", "office", Tcp(80)));
        Assert.Equal(Denied, scene.Into("health", "office", Tcp(80)));
        Assert.Equal(Allowed, scene.Into("unmanaged", "office", Tcp(80)));
    }
}
