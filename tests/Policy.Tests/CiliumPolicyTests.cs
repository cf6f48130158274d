namespace Axoneme.Policy.Tests;

/// <summary>
/// What Cilium does where its documents are silent, or where implementation and prose differ. What the documents say is in <c>Behaviour/cases</c>.
/// </summary>
public sealed class CiliumPolicyTests
{
    private static Scenario Of(string spec) => new($$"""
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: test}
        spec: {{spec}}
        """);

    [Theory]
    [InlineData("ingress: [{toPorts: []}]")]
    [InlineData("ingress: [{toPorts: [{ports: []}]}]")]
    [InlineData("ingress: [{icmps: [{fields: []}]}]")]
    [InlineData("enableDefaultDeny: {ingress: true}, ingress: []")]
    public void A_rule_for_no_traffic_denies_by_default_and_allows_nothing(string rules) => Of($$$"""{endpointSelector: {}, {{{rules}}}}""").Expect("""
        backend from frontend tcp/80 drop
        backend from world tcp/80 drop
        backend from host tcp/80 host
        backend to frontend tcp/80 open
        """);

    [Theory]
    [InlineData("{matchLabels: {k8s:io.cilium.k8s.namespace.labels.team: storage}}", "drop", "allow", "drop")]
    [InlineData("{matchLabels: {io.cilium.k8s.namespace.labels.kubernetes.io/metadata.name: other}}", "drop", "drop", "allow")]
    [InlineData("{matchLabels: {reserved:app: ''}}", "drop", "drop", "drop")]
    public void Labels_of_namespaces_lead_out_of_the_policys_own(string selector, string own, string data, string other) =>
        Of($$$"""{endpointSelector: {}, ingress: [{fromEndpoints: [{{{selector}}}]}]}""").Expect($"""
            backend from frontend tcp/80 {own}
            backend from frontend@data tcp/80 {data}
            backend from frontend@other tcp/80 {other}
            backend from world tcp/80 drop
            backend from remote-node tcp/80 drop
            """);

    [Fact]
    public void Named_ports_are_compared_without_case() => Of("{endpointSelector: {}, ingress: [{toPorts: [{ports: [{port: HTTP, protocol: TCP}, {port: dns}]}]}]}").Expect("""
        backend from idle tcp/8080 allow
        backend from idle tcp/9100 drop
        backend from idle udp/5353 allow
        backend from idle tcp/5353 drop
        """);

    [Fact]
    public void A_whole_family_needs_no_prefix_of_its_own()
    {
        var scenario = Of("{endpointSelector: {}, egress: [{toCIDR: [0.0.0.0/0, '::/0', 1.0.0.0/8]}]}");
        Assert.Equal(["1.0.0.0/8"], scenario.Engine.CidrPrefixes.Select(prefix => prefix.ToString()));
    }
}
