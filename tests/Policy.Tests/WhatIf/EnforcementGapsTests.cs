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
    [InlineData("endpointSelector: {}, ingress: [{fromNodes: [{}, {matchLabels: {zone: a}}]}], egressDeny: [{toNodes: [{matchLabels: {zone: a}}]}]", "")]
    [InlineData("nodeSelector: {}, ingress: [{fromEntities: [cluster]}]", "")]
    [InlineData("nodeSelector: {}, ingress: [{fromEntities: [cluster], authentication: {mode: required}}]", "spec.ingress[0].authentication.mode")]
    [InlineData("endpointSelector: {}, ingress: [{fromEntities: [all], authentication: {mode: disabled}}], egressDeny: [{toCIDR: [10.0.0.0/8]}]", "")]
    public void Each_field_is_named(string spec, string fields) => Assert.Equal(fields, string.Join(' ', Of($"spec: {{{spec}}}").Select(gap => gap.Field)));

    [Theory]
    [InlineData("spec: {endpointSelector: {}, egress: [{toFQDNs: [{matchName: a.b}]}]}, specs: [{endpointSelector: {}, egress: [{toFQDNs: [{matchName: a.b}]}]}]", "spec.egress[0].toFQDNs specs[0].egress[0].toFQDNs")]
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

    private static IReadOnlyList<EnforcementGap> Of(string body) =>
        EnforcementGaps.Of(Scenario.ParseAll($"{{apiVersion: cilium.io/v2, kind: CiliumClusterwideNetworkPolicy, metadata: {{name: p}}, {body}}}").Single());
}
