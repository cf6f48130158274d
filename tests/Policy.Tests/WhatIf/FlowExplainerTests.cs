using System.Net;

namespace Axoneme.Policy.Tests.WhatIf;

/// <summary>Why a flow passes or not, in both directions.</summary>
public sealed class FlowExplainerTests
{
    private const string Policies = """
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: web, namespace: one}
        spec:
          endpointSelector: {matchLabels: {app: web}}
          ingress:
          - fromEndpoints: [{matchLabels: {app: api}}]
            toPorts: [{ports: [{port: "80", protocol: TCP}, {port: "443", protocol: TCP}]}]
          - fromEndpoints: [{matchLabels: {app: api}}]
            toPorts: [{ports: [{port: http, protocol: TCP}]}]
          - fromCIDRSet: [{cidr: 10.0.0.0/8, except: [10.1.0.0/16]}]
            toPorts: [{ports: [{port: "8443", protocol: TCP}]}]
        ---
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: api, namespace: one}
        spec:
          endpointSelector: {matchLabels: {app: api}}
          egress: [{toEntities: [cluster], authentication: {mode: required}, toPorts: [{ports: [{port: "80", protocol: TCP}]}]}]
          egressDeny: [{toPorts: [{ports: [{port: "443", protocol: TCP}]}]}]
        """;

    private readonly FlowExplainer _explainer = new(SmallWorld.With(Policies));

    [Fact]
    public void Traffic_passes_when_both_directions_let_it_and_every_deciding_rule_is_named()
    {
        var explained = _explainer.Explain(SmallWorld.Api, SmallWorld.Web, IpProtocol.Tcp, 80, "one/web-b");

        Assert.Equal("allowed, authentication required", explained.Verdict.ToString());
        Assert.Equal(["CiliumNetworkPolicy/one/api egress[0]"], explained.Egress!.Deciding.Select(rule => rule.ToString()));
        Assert.Equal(["CiliumNetworkPolicy/one/web ingress[0]", "CiliumNetworkPolicy/one/web ingress[1]"], explained.Ingress!.Deciding.Select(rule => rule.ToString()));
        Assert.Equal("there is no mutual authentication yet: it is dropped", EnforcementGaps.Of(explained.Verdict));
    }

    [Fact]
    public void A_denying_rule_of_one_end_is_enough()
    {
        var explained = _explainer.Explain(SmallWorld.Api, SmallWorld.Web, IpProtocol.Tcp, 443);

        Assert.Equal("denied", explained.Verdict.ToString());
        Assert.Equal("CiliumNetworkPolicy/one/api egressDeny[0]", Assert.Single(explained.Egress!.Deciding).ToString());
        Assert.Equal(PolicyVerdict.Allow, explained.Ingress!.Verdict);
    }

    [Theory]
    [InlineData(SmallWorld.Api, 81, "ingress[0]", "81/TCP is not in 80/TCP, 443/TCP")]
    [InlineData(SmallWorld.WebOfTwo, 80, "ingress[0]", "peer has app=web, not app=api and has namespace=two, not namespace=one")]
    [InlineData(SmallWorld.WebOfTwo, 81, "ingress[2]", "peer is no address in 10.0.0.0/8; 81/TCP is not in 8443/TCP")]
    public void What_nothing_allows_names_what_it_lacks_for_the_nearest_rule(uint source, int port, string section, string lacks)
    {
        var ingress = _explainer.Explain(source, SmallWorld.Web, IpProtocol.Tcp, (ushort)port).Ingress!;

        Assert.Equal((section, lacks), (ingress.Nearest!.Section, ingress.Lacks));
    }

    [Theory]
    [InlineData("10.2.0.0/16", 8443, "allowed", "")]
    [InlineData("10.1.2.3/32", 8443, "denied", "peer is in 10.1.0.0/16, which is excepted")]
    [InlineData("8.8.8.8/32", 8443, "denied", "peer is no address in 10.0.0.0/8")]
    public void Addresses_have_the_identity_of_the_longest_prefix_around_them(string prefix, int port, string verdict, string lacks)
    {
        var explained = _explainer.Explain(_explainer.IdentityOf(IPNetwork.Parse(prefix)), SmallWorld.Web, IpProtocol.Tcp, (ushort)port);

        Assert.Null(explained.Egress); // no endpoint of ours
        Assert.Equal((verdict, lacks), (explained.Verdict.ToString(), explained.Ingress!.Lacks));
    }

    [Fact]
    public void Longer_prefixes_within_a_prefix_are_told() =>
        Assert.Equal(["10.1.0.0/16"], _explainer.PrefixesWithin(IPNetwork.Parse("10.0.0.0/8")).Select(prefix => prefix.ToString()));

    [Theory]
    [InlineData("all traffic", 0u, 0xFFFFFFu)]
    [InlineData("80/TCP", 0x060050u, 0x060050u)]
    [InlineData("any/UDP", 0x110000u, 0x11FFFFu)]
    [InlineData("icmp/8", 0x010008u, 0x010008u)]
    [InlineData("65535/TCP, protocols 7-8", 0x06FFFFu, 0x08FFFFu)]
    [InlineData("protocol 47", 0x2F0000u, 0x2FFFFFu)]
    public void Traffic_is_told_in_words(string words, uint low, uint high) => Assert.Equal(words, new TrafficRange(low, high).ToString());

    [Fact]
    public void Traffic_with_a_gap_is_told_by_the_gap() =>
        Assert.Equal("all but 80/TCP", TrafficRange.Describe([new(0, 0x06004F), new(0x060051, TrafficMatch.LastClass)]));
}
