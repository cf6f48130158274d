using static Axoneme.PolicyOracle.Traffic;
using static Axoneme.PolicyOracle.VerdictKind;

namespace Axoneme.PolicyOracle.Tests;

/// <summary>kubernetes.io "Network Policies" and the NetworkPolicy API reference.</summary>
public sealed class KubernetesPolicyTests
{
    private static Scene Policy(string spec) => new($$"""
        kind: NetworkPolicy
        metadata: {name: p, namespace: shop}
        spec:
          podSelector:
            matchLabels: {role: backend}
          {{spec}}
        """);

    [Fact]
    public void Default_deny_of_ingress()
    {
        var scene = new Scene("{kind: NetworkPolicy, metadata: {name: p, namespace: shop}, spec: {podSelector: {}, policyTypes: [Ingress]}}");
        Assert.Equal("here", scene.Reaching("backend"));
        Assert.Equal(Allowed, scene.OutOf("backend", "office", Tcp(80)));
        Assert.Equal(Allowed, scene.Into("stranger", "office", Tcp(80)));
    }

    [Fact]
    public void Without_policy_types_it_is_about_ingress_and_about_egress_only_with_egress_rules()
    {
        Assert.Equal(Denied, Policy("ingress: []").Into("backend", "frontend", Tcp(80)));
        Assert.Equal(Allowed, Policy("ingress: []").OutOf("backend", "frontend", Tcp(80)));
        Assert.Equal(Denied, Policy("egress: [{ports: [{port: 53, protocol: UDP}]}]").OutOf("backend", "frontend", Tcp(80)));
        Assert.Equal(Denied, Policy("egress: [{ports: [{port: 53, protocol: UDP}]}]").Into("backend", "frontend", Tcp(80)));
    }

    [Fact]
    public void Rules_of_a_direction_that_is_not_a_policy_type_have_no_effect()
    {
        var scene = new Scene("""
            {kind: NetworkPolicy, metadata: {name: p, namespace: shop}, spec: {podSelector: {}, policyTypes: [Ingress], egress: [{}]}}
            ---
            {kind: NetworkPolicy, metadata: {name: q, namespace: shop}, spec: {podSelector: {matchLabels: {role: backend}}, policyTypes: [Egress]}}
            """);
        Assert.Equal("", scene.ReachedBy("backend"));
        Assert.Equal(VerdictReason.DefaultAllow, scene.Verdict("frontend", Direction.Egress, "office", Tcp(80)).Reason);
    }

    [Theory]
    [InlineData("ingress: [{}]", "frontend batch stranger dns twin starting health gateway unmanaged here there master abroad office lab site deep managed-api six")]
    [InlineData("ingress: [{from: []}]", "frontend batch stranger dns twin starting health gateway unmanaged here there master abroad office lab site deep managed-api six")]
    [InlineData("ingress: [{from: [{podSelector: {}}]}]", "frontend batch here")]
    [InlineData("ingress: [{from: [{podSelector: {matchLabels: {role: frontend}}}]}]", "frontend here")]
    [InlineData("ingress: [{from: [{namespaceSelector: {}}]}]", "frontend batch stranger dns here")]
    [InlineData("ingress: [{from: [{namespaceSelector: {matchLabels: {team: money}}}]}]", "stranger here")]
    [InlineData("ingress: [{from: [{namespaceSelector: {matchExpressions: [{key: team, operator: NotIn, values: [goods]}]}}]}]", "stranger here")]
    [InlineData("ingress: [{from: [{namespaceSelector: {matchExpressions: [{key: colour, operator: DoesNotExist}]}, podSelector: {matchLabels: {role: frontend}}}]}]", "frontend stranger here")]
    [InlineData("ingress: [{from: [{namespaceSelector: {matchLabels: {team: money}}}, {podSelector: {matchLabels: {role: batch}}}]}]", "batch stranger here")]
    [InlineData("ingress: [{from: [{podSelector: {matchLabels: {io.cilium.k8s.policy.cluster: cluster2}}}]}]", "twin here")]
    [InlineData("ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0, except: [203.0.113.0/24]}}]}]", "here office lab managed-api")]
    public void Peers_are_pods_of_the_namespace_pods_of_namespaces_or_blocks(string ingress, string reaching) =>
        Assert.Equal(reaching, Policy(ingress).Reaching("backend"));

    [Fact]
    public void Ports_default_to_tcp_and_may_be_missing_named_or_ranges()
    {
        var scene = Policy("ingress: [{ports: [{port: http}, {port: 32000, endPort: 32768}, {protocol: UDP}, {port: 5, protocol: SCTP}]}]");
        Assert.Equal(Allowed, scene.Into("backend", "office", Tcp(8080)));
        Assert.Equal(Denied, scene.Into("backend", "office", Tcp(80)));
        Assert.Equal(Allowed, scene.Into("backend", "office", Tcp(32768)));
        Assert.Equal(Denied, scene.Into("backend", "office", Tcp(32769)));
        Assert.Equal(Allowed, scene.Into("backend", "office", Udp(1)));
        Assert.Equal(Allowed, scene.Into("backend", "office", Sctp(5)));
        Assert.Equal(Denied, scene.Into("backend", "office", Icmpv4(8)));
    }

    [Fact]
    public void Several_policies_are_additive()
    {
        var scene = new Scene("""
            {kind: NetworkPolicy, metadata: {name: closed, namespace: shop}, spec: {podSelector: {}, policyTypes: [Ingress, Egress]}}
            ---
            {kind: NetworkPolicy, metadata: {name: open, namespace: shop}, spec: {podSelector: {matchLabels: {role: backend}}, egress: [{to: [{podSelector: {}}]}]}}
            """);
        Assert.Equal("frontend batch", scene.ReachedBy("backend"));
        Assert.Equal("", scene.ReachedBy("frontend"));
        Assert.Equal("egress[0]", Assert.Single(scene.Verdict("backend", Direction.Egress, "batch", Tcp(1)).Rules).Section);
    }
}
