namespace Axoneme.Policy.Tests;

/// <summary>What several rules about the same traffic ask of it together.</summary>
public sealed class MergedInspectionTests
{
    private const string HttpGet = "rules: {http: [{method: GET}]}";

    private static readonly HttpRequest Get = new("GET", "/", "a.example", []);
    private static readonly HttpRequest Delete = new("DELETE", "/", "a.example", []);
    private static readonly KafkaRequest Fetch = new(1, 0, "", ["a"]);

    [Theory]
    [InlineData("rules: {kafka: [{}]}")]
    [InlineData("rules: {l7proto: r2d2}")]
    [InlineData("rules: {l7proto: r2d2, l7: [{}]}")]
    public void Rules_of_a_protocol_that_is_not_spoken_permit_nothing(string other)
    {
        var merged = Merged(HttpGet, other);
        Assert.Equal(InspectionProtocol.Http, merged.Protocol);
        Assert.Equal((true, false, false), (merged.Permits(Get), merged.Permits(Delete), merged.Permits(Fetch)));
        Assert.Equal((false, false), (merged.PermitsEverything, merged.MayPassUninspected));
    }

    [Fact]
    public void Protocols_with_names_of_their_own_are_told_apart_by_name()
    {
        var merged = Merged("rules: {l7proto: r2d2, l7: [{cmd: READ}]}", "rules: {l7proto: memcache}");
        Assert.Equal("r2d2", merged.ProtocolName);
        Assert.False(merged.Permits(new KeyValueRequest("memcache", new Dictionary<string, string>())));
        Assert.False(merged.MayPassUninspected);
    }

    [Theory]
    [InlineData("rules: {http: [{}]}", true)]
    [InlineData("rules: {http: [{headerMatches: [{name: a, mismatch: LOG}]}]}", true)]
    [InlineData("terminatingTLS: {secret: {name: cert}}", false)]
    public void Alternatives_of_the_protocol_spoken_or_of_TLS_alone_permit_requests(string other, bool mayPassUninspected)
    {
        var merged = Merged(HttpGet, other);
        Assert.True(merged.Permits(Delete));
        Assert.Equal((true, mayPassUninspected), (merged.PermitsEverything, merged.MayPassUninspected));
    }

    [Theory]
    [InlineData("listener: {envoyConfig: {name: c}, name: l}", false)]
    [InlineData("originatingTLS: {secret: {name: s}}", false)]
    [InlineData("terminatingTLS: {secret: {name: s}}", false)]
    [InlineData("rules: {http: [{headerMatches: [{name: X-Admin, mismatch: DELETE}]}]}", false)]
    [InlineData("rules: {http: [{path: /a, headerMatches: [{name: X-Admin, mismatch: REPLACE, value: a}]}]}", false)]
    [InlineData(HttpGet, true)]
    [InlineData("serverNames: [a.example]", true)]
    public void A_plain_rule_permits_every_request_and_lets_none_go_round_a_proxy_that_changes_it(string parts, bool mayPassUninspected)
    {
        var merged = Merged(parts, plain: true);
        Assert.True(merged.Permits(Delete));
        Assert.Equal((true, mayPassUninspected), (merged.PermitsEverything, merged.MayPassUninspected));
    }

    [Fact]
    public void The_own_node_goes_round_even_a_proxy_that_changes_requests()
    {
        var scenario = new Scenario(Policy("ingress", ["rules: {http: [{headerMatches: [{name: X-Admin, mismatch: DELETE}]}]}"]));
        Assert.True(Lookup(scenario, PolicyDirection.Ingress, ReservedIdentity.Host).MayPassUninspected);
        Assert.False(Lookup(scenario, PolicyDirection.Ingress, scenario.IdentityOf("frontend")).MayPassUninspected);
    }

    private static MergedInspection Merged(string first, string? second = null, bool plain = false)
    {
        var scenario = new Scenario(Policy("egress", second is null ? [first] : [first, second], plain));
        return Lookup(scenario, PolicyDirection.Egress, scenario.IdentityOf("frontend"));
    }

    private static MergedInspection Lookup(Scenario scenario, PolicyDirection direction, uint peer)
    {
        var found = scenario.Engine.Resolve(scenario.Subject("backend")).Lookup(direction, peer, TrafficMatch.ClassOf(IpProtocol.Tcp, 80));
        Assert.Equal(PolicyVerdict.Redirect, found.Verdict);
        return found.Inspection!;
    }

    /// <summary>A rule for each of the parts, and one that asks nothing.</summary>
    private static string Policy(string list, string[] parts, bool plain = false)
    {
        const string Ports = "ports: [{port: '80', protocol: TCP}]";
        var rules = parts.Select(part => $"{{toPorts: [{{{Ports}, {part}}}]}}").Concat(plain ? [$"{{toPorts: [{{{Ports}}}]}}"] : []);
        return $$"""
            apiVersion: cilium.io/v2
            kind: CiliumNetworkPolicy
            metadata: {name: web}
            spec: {endpointSelector: {matchLabels: {app: backend} }, {{list}}: [{{string.Join(", ", rules)}}]}
            """;
    }
}
