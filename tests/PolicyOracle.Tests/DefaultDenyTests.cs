using static Axoneme.PolicyOracle.Traffic;
using static Axoneme.PolicyOracle.VerdictKind;

namespace Axoneme.PolicyOracle.Tests;

/// <summary>intro.rst "Endpoint default policy", "Rule Basics"; layer3.rst "Ingress/Egress Default Deny"; deny.rst.</summary>
public sealed class DefaultDenyTests
{
    private const string Selected = """
        kind: CiliumNetworkPolicy
        metadata: {name: p, namespace: shop}
        spec:
          endpointSelector: {matchLabels: {role: backend}}

        """;

    [Fact]
    public void Without_policy_everything_is_allowed()
    {
        var scene = new Scene("kind: ConfigMap");
        Assert.Equal(Allowed, scene.Into("backend", "office", Tcp(1)));
        Assert.Equal(VerdictReason.DefaultAllow, scene.Verdict("backend", Direction.Egress, "dns", Udp(53)).Reason);
    }

    [Fact]
    public void An_ingress_section_denies_the_rest_of_ingress_and_leaves_egress_alone()
    {
        var scene = new Scene(Selected + "  ingress: [{fromEndpoints: [{matchLabels: {role: frontend}}]}]");
        Assert.Equal(Allowed, scene.Into("backend", "frontend", Tcp(80)));
        Assert.Equal(VerdictReason.DefaultDeny, scene.Verdict("backend", Direction.Ingress, "batch", Tcp(80)).Reason);
        Assert.Equal(Allowed, scene.OutOf("backend", "batch", Tcp(80)));
        Assert.Equal(Allowed, scene.Into("frontend", "batch", Tcp(80)));
    }

    [Fact]
    public void An_empty_rule_only_enables_default_deny()
    {
        var scene = new Scene(Selected + "  egress: [{}]");
        Assert.Equal("", scene.ReachedBy("backend"));
        Assert.Equal(Allowed, scene.Into("backend", "batch", Tcp(80)));
    }

    [Fact]
    public void An_empty_section_does_not_apply()
    {
        var scene = new Scene(Selected + "  ingress: []\n  egress: [{}]");
        Assert.Equal(Allowed, scene.Into("backend", "batch", Tcp(80)));
    }

    [Fact]
    public void Default_deny_can_be_switched_off_and_deny_rules_still_hold()
    {
        var scene = new Scene(Selected + "  enableDefaultDeny: {ingress: false}\n  ingressDeny: [{fromEndpoints: [{matchLabels: {role: batch}}]}]");
        Assert.Equal(Denied, scene.Into("backend", "batch", Tcp(80)));
        Assert.Equal(Allowed, scene.Into("backend", "frontend", Tcp(80)));
    }

    [Fact]
    public void Default_deny_can_be_switched_on_for_a_direction_without_rules()
    {
        var scene = new Scene(Selected + "  enableDefaultDeny: {egress: true}\n  ingress: [{fromEntities: [all]}]");
        Assert.Equal("", scene.ReachedBy("backend"));
    }

    [Fact]
    public void One_policy_that_wants_default_deny_is_enough()
    {
        var scene = new Scene(
            Selected + "  enableDefaultDeny: {ingress: false}\n  ingress: [{fromEntities: [world]}]\n---\n"
            + Selected + "  ingress: [{fromEntities: [host]}]");
        Assert.Equal(Allowed, scene.Into("backend", "office", Tcp(80)));
        Assert.Equal(Denied, scene.Into("backend", "batch", Tcp(80)));
    }

    [Fact]
    public void Rules_of_several_policies_add_up()
    {
        var scene = new Scene(
            Selected + "  ingress: [{fromEndpoints: [{matchLabels: {role: frontend}}]}]\n---\n"
            + Selected + "  ingress: [{toPorts: [{ports: [{port: '80', protocol: TCP}]}]}]");
        Assert.Equal(Allowed, scene.Into("backend", "frontend", Tcp(22)));
        Assert.Equal(Allowed, scene.Into("backend", "office", Tcp(80)));
        Assert.Equal(Denied, scene.Into("backend", "office", Tcp(22)));
    }

    [Theory]
    // The columns of deny.rst's table: deny 80/TCP, deny the client; then what reaches port 81, port 80, ping.
    [InlineData(false, false, true, true, true)]
    [InlineData(true, false, true, false, true)]
    [InlineData(false, true, false, false, false)]
    [InlineData(true, true, false, false, false)]
    public void Deny_rules_go_before_allow_rules(bool denyPort, bool denyClient, bool port81, bool port80, bool ping)
    {
        const string Client = "{fromEndpoints: [{matchLabels: {role: frontend}}]}";
        const string Http = "{toPorts: [{ports: [{port: '80', protocol: TCP}], rules: {http: [{}]}}]}";
        const string Port80 = "{toPorts: [{ports: [{port: '80', protocol: TCP}]}]}";
        const string Port81 = "{toPorts: [{ports: [{port: '81', protocol: TCP}]}]}";
        var scene = new Scene(
            Selected + $"  ingress: [{Http}, {Port80}, {Port81}, {Client}]\n  ingressDeny: [{(denyPort ? Port80 : "{}")}, {(denyClient ? Client : "{}")}]");
        Assert.Equal(port81, scene.Into("backend", "frontend", Tcp(81)) != Denied);
        Assert.Equal(port80, scene.Into("backend", "frontend", Tcp(80)) != Denied);
        Assert.Equal(ping, scene.Into("backend", "frontend", Icmpv4(8)) != Denied);
    }

    [Fact]
    public void A_deny_rule_alone_lets_nothing_through()
    {
        var scene = new Scene(Selected + "  ingressDeny: [{toPorts: [{ports: [{port: '80', protocol: TCP}]}]}]");
        Assert.Equal(VerdictReason.DenyRule, scene.Verdict("backend", Direction.Ingress, "frontend", Tcp(80)).Reason);
        Assert.Equal(VerdictReason.DefaultDeny, scene.Verdict("backend", Direction.Ingress, "frontend", Tcp(81)).Reason);
    }

    [Fact]
    public void A_clusterwide_deny_beats_a_Kubernetes_allow()
    {
        var scene = new Scene("""
            kind: CiliumClusterwideNetworkPolicy
            metadata: {name: lockdown}
            spec:
              endpointSelector: {}
              ingressDeny: [{fromEntities: [world]}]
              ingress: [{fromEntities: [all]}]
            ---
            kind: NetworkPolicy
            metadata: {name: open, namespace: shop}
            spec: {podSelector: {}, ingress: [{}]}
            """);
        Assert.Equal(Denied, scene.Into("backend", "office", Tcp(80)));
        Assert.Equal(Denied, scene.Into("gateway", "office", Tcp(80)));
        Assert.Equal(Allowed, scene.Into("backend", "stranger", Tcp(80)));
    }

    [Fact]
    public void The_deciding_rules_are_named()
    {
        var scene = new Scene("""
            kind: CiliumClusterwideNetworkPolicy
            metadata: {name: many}
            specs:
            - endpointSelector: {matchLabels: {role: batch}}
              ingress: [{fromEntities: [all]}]
            - endpointSelector: {matchLabels: {role: backend}}
              ingress: [{fromEntities: [host]}, {fromEntities: [world]}]
              egressDeny: [{}, {}, {toEntities: [world]}]
            """);
        Assert.Equal("specs[1].ingress[1]", Assert.Single(scene.Verdict("backend", Direction.Ingress, "office", Tcp(1)).Rules).Section);
        Assert.Equal("specs[1].egressDeny[2]", Assert.Single(scene.Verdict("backend", Direction.Egress, "office", Tcp(1)).Rules).Section);
        Assert.Empty(scene.Verdict("backend", Direction.Ingress, "batch", Tcp(1)).Rules);
    }

    [Fact]
    public void The_local_host_reaches_its_endpoints_unless_denied()
    {
        var scene = new Scene(Selected + "  ingress: [{}]\n  egress: [{}]");
        Assert.Equal("here", scene.Reaching("backend"));
        Assert.Equal(VerdictReason.LocalHost, scene.Verdict("backend", Direction.Ingress, "here", Icmpv4(8)).Reason);
        Assert.Equal(Denied, scene.OutOf("backend", "here", Tcp(80)));
        Assert.Equal(Denied, new Scene(Selected + "  ingressDeny: [{fromEntities: [host]}]").Into("backend", "here", Tcp(80)));
    }
}
