namespace Axoneme.Policy.Tests;

/// <summary>What a policy says beside its rules' peers and traffic.</summary>
public sealed class SpecTests
{
    [Theory]
    [InlineData("{}", "everything")]
    [InlineData("{matchLabels: {type: worker}}", "any:type=worker")]
    [InlineData("{matchLabels: {'node:type': worker}}", "node:type=worker")]
    public void A_node_selector_makes_nodes_the_subject(string selector, string meaning)
    {
        var spec = Written.Spec($$"""{nodeSelector: {{selector}}, ingress: [{fromEndpoints: [{}]}], egress: []}""", clusterwide: true);
        Assert.True(spec.IsForNodes);
        Assert.Equal(meaning, spec.Subject.ToString());
        Assert.Equal((true, false), (spec.IngressDefaultDeny, spec.EgressDefaultDeny));
        Assert.Equal("k8s:io.kubernetes.pod.namespace", Assert.IsType<EndpointPeer>(Assert.Single(spec.Rules[0].Peers!.Value)).Selector.ToString());
    }

    [Fact]
    public void Nodes_may_be_told_which_names_to_ask_for()
    {
        var rule = Assert.Single(Written.Spec("{nodeSelector: {}, egress: [{toPorts: [{ports: [{port: '53'}], rules: {dns: [{matchName: a.b}]}}]}]}", clusterwide: true).Rules);
        Assert.Equal(InspectionProtocol.Dns, Assert.Single(rule.Traffic!.Value).Inspection!.Protocol);
    }

    [Fact]
    public void Endpoints_are_the_subject_otherwise() => Assert.False(Written.Spec("{endpointSelector: {}, ingress: []}", clusterwide: true).IsForNodes);

    [Theory]
    [InlineData("", "")]
    [InlineData(", log: {}", "")]
    [InlineData(", log: {value: audit me}", "audit me")]
    [InlineData(", log: {value: 'ünï ✓ 😀'}", "ünï ✓ 😀")]
    [InlineData(", log: {value: '😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀'}", "😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀")]
    public void A_policy_may_mark_its_flows(string log, string value) =>
        Assert.Equal(value, Written.Spec($$"""{endpointSelector: {}, ingress: []{{log}}}""").Log);

    [Theory]
    [InlineData("", AuthenticationMode.Disabled)]
    [InlineData("authentication: {mode: disabled}", AuthenticationMode.Disabled)]
    [InlineData("authentication: {mode: required}", AuthenticationMode.Required)]
    [InlineData("authentication: {mode: test-always-fail}", AuthenticationMode.AlwaysFails)]
    public void A_rule_may_demand_authentication(string field, AuthenticationMode mode)
    {
        Assert.Equal(mode, Written.Rule("ingress", field).Authentication);
        Assert.Equal(mode, Written.Rule("egress", field).Authentication);
    }

    [Theory]
    [InlineData("VRRP", IpProtocol.Vrrp)]
    [InlineData("IGMP", IpProtocol.Igmp)]
    public void Protocols_without_ports_need_none(string protocol, IpProtocol number) => Assert.Equal(
        TrafficMatch.AllPorts(number),
        Assert.Single(Assert.Single(Written.Rule("egress", $$"""toPorts: [{ports: [{protocol: {{protocol}}}]}]""").Traffic!.Value).Matches));

    [Fact]
    public void Description_and_labels_change_nothing()
    {
        var spec = Written.Spec("{description: '', labels: [{key: a}, {key: b, value: c, source: k8s}], endpointSelector: {}, ingress: [{}]}");
        Assert.Equal("k8s:io.kubernetes.pod.namespace=shop", spec.Subject.ToString());
        Assert.Single(spec.Rules);
    }
}
