namespace Axoneme.Policy.Tests.WhatIf;

/// <summary>What is accepted and not enforced as written is named, field by field.</summary>
public sealed class EnforcementGapsTests
{
    [Theory]
    [InlineData("endpointSelector: {}, egress: [{}, {toFQDNs: [{matchName: example.org}]}]", "spec.egress[1].toFQDNs")]
    [InlineData("endpointSelector: {}, ingress: [{fromEntities: [all], authentication: {mode: required}}]", "spec.ingress[0].authentication.mode")]
    [InlineData("""endpointSelector: {}, ingress: [{toPorts: [{ports: [{port: "1"}]}, {ports: [{port: "80", protocol: TCP}], rules: {http: [{path: /a}]}}]}]""", "spec.ingress[0].toPorts[1].rules.http")]
    [InlineData("""endpointSelector: {}, egress: [{toPorts: [{ports: [{port: "443", protocol: TCP}], serverNames: [example.org]}]}]""", "spec.egress[0].toPorts[0].serverNames")]
    [InlineData("""endpointSelector: {}, egress: [{toPorts: [{ports: [{port: "443", protocol: TCP}], terminatingTLS: {secret: {name: a}}, originatingTLS: {secret: {name: b}}}]}]""", "spec.egress[0].toPorts[0].terminatingTLS spec.egress[0].toPorts[0].originatingTLS")]
    [InlineData("""endpointSelector: {}, egress: [{toPorts: [{ports: [{port: "443", protocol: TCP}], listener: {name: l, envoyConfig: {name: c}}}]}]""", "spec.egress[0].toPorts[0].listener")]
    [InlineData("endpointSelector: {}, ingress: [{fromNodes: [{}, {matchLabels: {zone: a}}]}], egressDeny: [{toNodes: [{matchLabels: {zone: a}}]}]", "spec.ingress[0].fromNodes[1] spec.egressDeny[0].toNodes[0]")]
    [InlineData("nodeSelector: {}, ingress: [{fromEntities: [cluster], authentication: {mode: required}}]", "spec.nodeSelector")]
    [InlineData("endpointSelector: {}, ingress: [{fromEntities: [all], authentication: {mode: disabled}}], egressDeny: [{toCIDR: [10.0.0.0/8]}]", "")]
    public void Each_field_is_named(string spec, string fields) => Assert.Equal(fields, string.Join(' ', Of($"spec: {{{spec}}}").Select(gap => gap.Field)));

    [Theory]
    [InlineData("specs: [{endpointSelector: {}, ingress: []}, {nodeSelector: {}, ingress: []}]", "specs[1].nodeSelector")]
    [InlineData("spec: {nodeSelector: {}, ingress: []}, specs: [{nodeSelector: {}, ingress: []}]", "spec.nodeSelector specs[0].nodeSelector")]
    [InlineData("specs: [{endpointSelector: {}, egress: [{toFQDNs: [{matchName: example.org}]}]}]", "specs[0].egress[0].toFQDNs")]
    public void Specs_are_told_apart(string body, string fields) => Assert.Equal(fields, string.Join(' ', Of(body).Select(gap => gap.Field)));

    [Theory]
    [InlineData("http: [{}]", "passes")]
    [InlineData("http: [{method: GET}]", "is dropped, unless another rule allows it")]
    [InlineData("http: [{headerMatches: [{name: X-Admin, mismatch: DELETE}]}]", "is dropped, even where another rule allows it")]
    public void Whether_inspected_traffic_passes_or_is_dropped_is_told(string rules, string effect)
    {
        var gap = Assert.Single(Of($"spec: {{endpointSelector: {{}}, ingress: [{{toPorts: [{{ports: [{{port: \"80\", protocol: TCP}}], rules: {{{rules}}}}}]}}]}}"));
        Assert.Contains(effect, gap.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ingress", "matchLabels: {zone: a}", "allows none of them")]
    [InlineData("ingressDeny", "matchLabels: {zone: a}", "denies none of them")]
    [InlineData("ingress", "matchExpressions: [{key: zone, operator: NotIn, values: [a]}]", "allows all of them")]
    [InlineData("ingressDeny", "matchExpressions: [{key: zone, operator: DoesNotExist}]", "denies all of them")]
    public void What_a_rule_about_nodes_by_label_comes_to_is_told(string list, string selector, string effect)
    {
        var body = $"spec: {{endpointSelector: {{}}, {list}: [{{fromNodes: [{{{selector}}}]}}]}}";
        Assert.Contains(effect, Assert.Single(Of(body)).Message, StringComparison.Ordinal);

        var scenario = new Scenario($"{{apiVersion: cilium.io/v2, kind: CiliumClusterwideNetworkPolicy, metadata: {{name: p}}, {body}}}");
        var found = scenario.Engine.Resolve(scenario.Subject("backend")).Lookup(PolicyDirection.Ingress, ReservedIdentity.RemoteNode, TrafficMatch.ClassOf(IpProtocol.Tcp, 80));
        Assert.Equal(effect.Contains("all of", StringComparison.Ordinal), found.Rule >= ImplicitRule.FirstWritten);
    }

    private static IReadOnlyList<EnforcementGap> Of(string body) =>
        EnforcementGaps.Of(Scenario.ParseAll($"{{apiVersion: cilium.io/v2, kind: CiliumClusterwideNetworkPolicy, metadata: {{name: p}}, {body}}}").Single());
}
