using System.Net;

namespace Axoneme.Policy.Tests;

public sealed class PolicyEngineTests
{
    private const string FrontendToBackend = """
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: web}
        spec:
          endpointSelector: {matchLabels: {app: backend}}
          ingress:
          - fromEndpoints: [{matchLabels: {app: frontend}}]
            toPorts: [{ports: [{port: "80", protocol: TCP}]}]
          - toPorts: [{ports: [{port: "9100", protocol: TCP}]}]
        """;

    private const string Key = "CiliumNetworkPolicy/default/web";

    [Fact]
    public void Entries_hold_one_key_per_selected_identity_and_one_for_the_rest()
    {
        var scenario = new Scenario(FrontendToBackend);
        var policy = scenario.Engine.Resolve(scenario.Subject("backend"));
        Assert.True(policy.IngressEnforced);
        Assert.False(policy.EgressEnforced);
        Assert.Equal(
            [0u, ReservedIdentity.Host, scenario.IdentityOf("frontend")],
            policy.Entries.Keys.Select(key => key.Identity).Order());
        Assert.All(policy.Entries.Keys, key => Assert.Equal(PolicyDirection.Ingress, key.Direction));

        var shared = Assert.Single(policy.Entries[new PolicyMapKey(PolicyDirection.Ingress, 0)]);
        Assert.Equal((0x6238Cu, 0x6238Cu, PolicyVerdict.Allow), (shared.Low, shared.High, shared.Verdict));
        var own = policy.Entries[new PolicyMapKey(PolicyDirection.Ingress, scenario.IdentityOf("frontend"))];
        Assert.Equal([(0x60050u, 0x60050u), (0x6238Cu, 0x6238Cu)], own.Select(interval => (interval.Low, interval.High)));
        var host = policy.Entries[new PolicyMapKey(PolicyDirection.Ingress, ReservedIdentity.Host)];
        Assert.Equal((0u, TrafficMatch.LastClass), (host[0].Low, host[^1].High));
    }

    [Fact]
    public void An_identity_that_gets_nothing_of_its_own_has_no_key()
    {
        var scenario = new Scenario("""
            apiVersion: cilium.io/v2
            kind: CiliumNetworkPolicy
            metadata: {name: web}
            spec:
              endpointSelector: {}
              ingress: [{fromEndpoints: [{matchLabels: {app: frontend}}]}, {fromEntities: [all]}]
            """);
        var policy = scenario.Engine.Resolve(scenario.Subject("backend"));
        Assert.Equal([0u], policy.Entries.Keys.Select(key => key.Identity));
    }

    [Fact]
    public void Rule_ids_are_described_and_start_after_the_implicit_ones()
    {
        var scenario = new Scenario(FrontendToBackend);
        var rules = scenario.Engine.Resolve(scenario.Subject("backend")).Entries.Values.SelectMany(intervals => intervals).Select(interval => interval.Rule).Distinct();
        var written = rules.Where(rule => rule != ImplicitRule.FromHost).ToList();
        Assert.Equal(2, written.Count);
        Assert.All(written, rule => Assert.True(rule >= ImplicitRule.FirstWritten));
        var descriptions = written.Select(rule => scenario.Engine.DescribeRule(rule)!).OrderBy(rule => rule.Section, StringComparer.Ordinal).ToList();
        Assert.Equal([(Key, "ingress[0]"), (Key, "ingress[1]")], descriptions.Select(rule => (rule.PolicyKey, rule.Section)));
        Assert.Equal("""{"toPorts":[{"ports":[{"port":"9100","protocol":"TCP"}]}]}""", descriptions[1].Text);
        Assert.Null(scenario.Engine.DescribeRule(17));
    }

    [Fact]
    public void Rule_ids_are_the_same_in_every_engine_and_survive_other_changes()
    {
        var first = new Scenario(FrontendToBackend);
        var second = new Scenario(FrontendToBackend.Replace("name: web", "name: other", StringComparison.Ordinal));
        second.Apply(FrontendToBackend.Replace("\"9100\"", "\"9101\"", StringComparison.Ordinal));
        second.Apply(FrontendToBackend);
        Assert.True(second.Engine.RemovePolicy("CiliumNetworkPolicy/default/other"));
        Assert.Equal(first.Engine.Resolve(first.Subject("backend")), second.Engine.Resolve(second.Subject("backend")));
    }

    [Fact]
    public void A_removed_rule_can_still_be_described()
    {
        var scenario = new Scenario(FrontendToBackend);
        var rule = scenario.Engine.Resolve(scenario.Subject("backend")).Lookup(PolicyDirection.Ingress, scenario.IdentityOf("frontend"), 0x60050).Rule;
        Assert.True(scenario.Engine.RemovePolicy(Key));
        Assert.False(scenario.Engine.RemovePolicy(Key));
        Assert.Equal("ingress[0]", scenario.Engine.DescribeRule(rule)!.Section);
        Assert.Equal(ResolvedPolicy.Open, scenario.Engine.Resolve(scenario.Subject("backend")));
    }

    [Fact]
    public void Equal_content_is_equal_and_different_content_is_not()
    {
        var scenario = new Scenario(FrontendToBackend);
        var before = scenario.Engine.Resolve(scenario.Subject("backend"));
        scenario.Apply(FrontendToBackend);
        var same = scenario.Engine.Resolve(scenario.Subject("backend"));
        Assert.Equal(before, same);
        Assert.Equal(before.GetHashCode(), same.GetHashCode());
        scenario.Engine.UpsertIdentity(5000, LabelSet.Parse(["k8s:app=frontend", "k8s:io.kubernetes.pod.namespace=default", "k8s:io.cilium.k8s.policy.cluster=default"]));
        Assert.NotEqual(before, scenario.Engine.Resolve(scenario.Subject("backend")));
        Assert.True(scenario.Engine.RemoveIdentity(5000));
        Assert.False(scenario.Engine.RemoveIdentity(5000));
        Assert.Equal(before, scenario.Engine.Resolve(scenario.Subject("backend")));
    }

    [Fact]
    public void An_identity_whose_labels_change_is_selected_anew()
    {
        var scenario = new Scenario(FrontendToBackend);
        var idle = scenario.IdentityOf("idle");
        scenario.Expect("backend from idle tcp/80 drop");
        scenario.Engine.UpsertIdentity(idle, LabelSet.Parse(["k8s:app=frontend", "k8s:io.kubernetes.pod.namespace=default", "k8s:io.cilium.k8s.policy.cluster=default"]));
        scenario.Expect("backend from idle tcp/80 allow");
        scenario.Engine.UpsertIdentity(idle, LabelSet.Parse(["k8s:app=idle", "k8s:io.kubernetes.pod.namespace=default", "k8s:io.cilium.k8s.policy.cluster=default"]));
        scenario.Expect("backend from idle tcp/80 drop");
    }

    [Fact]
    public void A_node_that_is_also_the_api_server_is_both()
    {
        var scenario = new Scenario("""
            apiVersion: cilium.io/v2
            kind: CiliumNetworkPolicy
            metadata: {name: api}
            spec: {endpointSelector: {}, egress: [{toEntities: [kube-apiserver]}]}
            """);
        scenario.Expect("backend to host tcp/6443 drop");
        scenario.Engine.UpsertIdentity(ReservedIdentity.Host, LabelSet.Parse(["reserved:host", "reserved:kube-apiserver"]));
        scenario.Expect("backend to host tcp/6443 allow");
        Assert.True(scenario.Engine.RemoveIdentity(ReservedIdentity.Host));
        scenario.Expect("backend to host tcp/6443 drop");
    }

    [Fact]
    public void Prefixes_are_counted_over_policies()
    {
        static string Policy(string name, string cidrs) => $$"""
            apiVersion: cilium.io/v2
            kind: CiliumNetworkPolicy
            metadata: {name: {{name}}}
            spec: {endpointSelector: {}, egress: [{toCIDRSet: [{{cidrs}}]}]}
            """;
        var scenario = new Scenario(Policy("a", "{cidr: 10.0.0.0/8, except: [10.1.0.0/16]}, {cidr: 0.0.0.0/0, except: [192.168.0.0/16]}"));
        scenario.Apply(Policy("b", "{cidr: 10.0.0.0/8}"));
        Assert.Equal(["10.0.0.0/8", "10.1.0.0/16", "192.168.0.0/16"], Prefixes());
        scenario.Engine.RemovePolicy("CiliumNetworkPolicy/default/a");
        Assert.Equal(["10.0.0.0/8"], Prefixes());
        scenario.Apply(Policy("b", "{cidr: 11.0.0.0/8}"));
        Assert.Equal(["11.0.0.0/8"], Prefixes());
        Assert.Equal("cidr:11.0.0.0/8,reserved:world-ipv4", scenario.Engine.CidrLabels(IPNetwork.Parse("11.0.0.0/8")).ToString());

        IEnumerable<string> Prefixes() => scenario.Engine.CidrPrefixes.Select(prefix => prefix.ToString()).Order(StringComparer.Ordinal);
    }

    [Fact]
    public void Identity_zero_cannot_be_known() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new PolicyEngine().UpsertIdentity(0, LabelSet.Empty));

    [Theory]
    [InlineData("frontend", 80, PolicyVerdict.Allow, "ingress[0]", "")]
    [InlineData("frontend", 81, PolicyVerdict.Deny, "", "81/TCP is not in 80/TCP")]
    [InlineData("idle", 80, PolicyVerdict.Deny, "", "80/TCP is not in 9100/TCP")]
    public void Explanations_name_the_rule_or_the_nearest_one(string peer, int port, PolicyVerdict verdict, string section, string lacks)
    {
        var scenario = new Scenario(FrontendToBackend);
        var explanation = scenario.Engine.Explain(scenario.Subject("backend"), PolicyDirection.Ingress, scenario.IdentityOf(peer), IpProtocol.Tcp, (ushort)port);
        Assert.Equal((verdict, section, lacks), (explanation.Verdict, explanation.Rule.Section, explanation.Lacks));
    }

    [Fact]
    public void The_nearest_rule_for_an_unknown_peer_is_one_for_that_traffic()
    {
        var scenario = new Scenario(FrontendToBackend.Replace("  - toPorts: [{ports: [{port: \"9100\", protocol: TCP}]}]", "", StringComparison.Ordinal));
        var explanation = scenario.Engine.Explain(scenario.Subject("backend"), PolicyDirection.Ingress, scenario.IdentityOf("idle"), IpProtocol.Tcp, 80);
        Assert.Equal("ingress[0]", explanation.Nearest!.Section);
        Assert.Equal("peer has app=idle, not app=frontend", explanation.Lacks);
        Assert.Equal([Key], scenario.Engine.PoliciesFor(scenario.Subject("backend").Labels));
    }
}
