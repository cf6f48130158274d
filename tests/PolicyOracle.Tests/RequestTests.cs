using static Axoneme.PolicyOracle.Traffic;
using static Axoneme.PolicyOracle.VerdictKind;

namespace Axoneme.PolicyOracle.Tests;

/// <summary>layer7.rst; layer4.rst "Limit TLS Server Name Indication".</summary>
public sealed class RequestTests
{
    private static Scene Policy(string sections) => new($$"""
        kind: CiliumNetworkPolicy
        metadata: {name: p, namespace: shop}
        spec:
          endpointSelector:
            matchLabels: {role: backend}
          {{sections}}
        """);

    private static Scene Http(string rules, string more = "") =>
        Policy($"ingress: [{{fromEndpoints: [{{matchLabels: {{role: frontend}}}}], toPorts: [{{ports: [{{port: '80', protocol: TCP}}], rules: {{http: [{rules}]}}}}]}}{more}]");

    private static HttpRequest Get(string path, string method = "GET", string host = "shop", params (string Name, string Value)[] headers) =>
        new(method, path, host, [.. headers.Select(h => KeyValuePair.Create(h.Name, h.Value))]);

    [Fact]
    public void Only_what_the_http_rule_describes_passes()
    {
        var scene = Http("{method: GET, path: /public}");
        Assert.Equal(Inspected, scene.Into("backend", "frontend", Tcp(80)));
        Assert.True(scene.Into("backend", "frontend", Tcp(80), Get("/public")));
        Assert.False(scene.Into("backend", "frontend", Tcp(80), Get("/public/more")));
        Assert.False(scene.Into("backend", "frontend", Tcp(80), Get("/public", "POST")));
        Assert.Equal(Denied, scene.Into("backend", "frontend", Tcp(81)));
        Assert.Equal(Denied, scene.Into("backend", "batch", Tcp(80)));
    }

    [Theory]
    [InlineData("{path: '/path1$', method: GET}", "GET", "/path1", true)]
    [InlineData("{path: '/a.*'}", "PUT", "/abc", true)]
    [InlineData("{path: '/a.*'}", "PUT", "/b/a", false)]
    [InlineData("{method: 'GET|PUT'}", "PUT", "/", true)]
    [InlineData("{method: 'GET|PUT'}", "PUTS", "/", false)]
    [InlineData("{host: '^shop$'}", "GET", "/", true)]
    [InlineData("{host: 'sh.p'}", "GET", "/", true)]
    [InlineData("{host: ho}", "GET", "/", false)]
    [InlineData("{}", "DELETE", "/any", true)]
    [InlineData("{path: /x}, {path: /y}", "GET", "/y", true)]
    public void Fields_are_anchored_expressions_and_rules_alternatives(string rules, string method, string path, bool permitted) =>
        Assert.Equal(permitted, Http(rules).Into("backend", "frontend", Tcp(80), Get(path, method)));

    [Theory]
    [InlineData("headers: ['X-My-Header: true']", "x-my-header", "true", true)]
    [InlineData("headers: ['X-My-Header: true']", "X-My-Header", "false", false)]
    [InlineData("headers: [X-My-Header]", "X-My-Header", "false", true)]
    [InlineData("headers: [X-Other]", "X-My-Header", "true", false)]
    [InlineData("headerMatches: [{name: X-My-Header, value: 'true'}]", "X-My-Header", "true", true)]
    [InlineData("headerMatches: [{name: X-My-Header, value: 'true'}]", "X-My-Header", "no", false)]
    [InlineData("headerMatches: [{name: X-My-Header}]", "X-My-Header", "no", true)]
    [InlineData("headerMatches: [{name: X-My-Header, value: 'true', mismatch: LOG}]", "X-My-Header", "no", true)]
    public void Headers_must_be_there_and_match(string rule, string name, string value, bool permitted) =>
        Assert.Equal(permitted, Http($"{{{rule}}}").Into("backend", "frontend", Tcp(80), Get("/", headers: (name, value))));

    [Fact]
    public void A_plain_allow_of_the_same_peer_and_port_permits_every_request()
    {
        var widened = Http("{path: /public}", ", {toPorts: [{ports: [{port: '80', protocol: TCP}]}]}");
        Assert.Equal(Inspected, widened.Into("backend", "frontend", Tcp(80)));
        Assert.True(widened.Into("backend", "frontend", Tcp(80), Get("/private")));
        Assert.Equal(Allowed, widened.Into("backend", "batch", Tcp(80)));
        var byPeer = Http("{path: /public}", ", {fromEndpoints: [{}]}");
        Assert.True(byPeer.Into("backend", "frontend", Tcp(80), Get("/private")));
    }

    [Fact]
    public void Requests_from_the_local_host_all_pass()
    {
        var scene = Policy("ingress: [{toPorts: [{ports: [{port: '80', protocol: TCP}], rules: {http: [{path: /public}]}}]}]");
        Assert.Equal(Inspected, scene.Into("backend", "here", Tcp(80)));
        Assert.True(scene.Into("backend", "here", Tcp(80), Get("/private")));
        Assert.False(scene.Into("backend", "there", Tcp(80), Get("/private")));
    }

    [Fact]
    public void Without_default_deny_request_rules_still_drop_requests()
    {
        var scene = Policy(
            "enableDefaultDeny: {ingress: false}\n  ingress: [{toPorts: [{ports: [{port: '80', protocol: TCP}], rules: {http: [{path: /public}]}}]}]");
        Assert.False(scene.Into("backend", "frontend", Tcp(80), Get("/private")));
        Assert.Equal(Allowed, scene.Into("backend", "frontend", Tcp(81)));
    }

    [Theory]
    [InlineData("{role: produce, topic: t1}", "produce", "t1", true)]
    [InlineData("{role: produce, topic: t1}", "produce", "t2", false)]
    [InlineData("{role: produce, topic: t1}", "produce", "t1,t2", false)]
    [InlineData("{role: produce, topic: t1}, {role: produce, topic: t2}", "produce", "t1,t2", true)]
    [InlineData("{role: produce, topic: t1}", "metadata", "t1", true)]
    [InlineData("{role: produce, topic: t1}", "apiversions", "", true)]
    [InlineData("{role: produce, topic: t1}", "fetch", "t1", false)]
    [InlineData("{role: consume, topic: t1}", "fetch", "t1", true)]
    [InlineData("{role: consume, topic: t1}", "heartbeat", "", true)]
    [InlineData("{apiKey: Produce}", "produce", "t9", true)]
    [InlineData("{apiKey: produce, apiVersion: '1'}", "produce", "t9", false)]
    [InlineData("{clientID: other}", "produce", "t9", false)]
    [InlineData("{}", "listgroups", "", true)]
    public void Kafka_rules_know_keys_roles_and_topics(string rules, string key, string topics, bool permitted)
    {
        var scene = Policy($"ingress: [{{toPorts: [{{ports: [{{port: '9092', protocol: TCP}}], rules: {{kafka: [{rules}]}}}}]}}]");
        Assert.Equal(permitted, scene.Into("backend", "frontend", Tcp(9092),
            new KafkaRequest(key, 0, "c", topics.Split(',', StringSplitOptions.RemoveEmptyEntries))));
    }

    [Theory]
    [InlineData("matchName: cilium.io", "cilium.io.", true)]
    [InlineData("matchName: cilium.io", "sub.cilium.io", false)]
    [InlineData("matchPattern: '*.cilium.io'", "SUB.cilium.io", true)]
    [InlineData("matchPattern: '*.cilium.io'", "cilium.io", false)]
    [InlineData("matchPattern: '*.cilium.io'", "a.b.cilium.io", false)]
    [InlineData("matchPattern: '*cilium.io'", "subcilium.io", true)]
    [InlineData("matchPattern: '*cilium.io'", "cilium.io", true)]
    [InlineData("matchPattern: '*cilium.io'", "www.cilium.io", false)]
    [InlineData("matchPattern: 'sub*.cilium.io'", "subdomain.cilium.io", true)]
    [InlineData("matchPattern: 'sub*.cilium.io'", "blog.cilium.io", false)]
    [InlineData("matchPattern: '**.cilium.io'", "test.app.cilium.io", true)]
    [InlineData("matchPattern: '**.cilium.io'", "cilium.io", false)]
    [InlineData("matchPattern: 'part*ial.com'", "part-extra-ial.com", true)]
    [InlineData("matchPattern: 'special*service.api.cilium.io'", "region1-service.api.cilium.io", false)]
    [InlineData("matchPattern: '*'", "anything.at.all", true)]
    public void Dns_rules_match_names_and_patterns(string rule, string name, bool permitted)
    {
        var scene = Policy(
            $"egress: [{{toEndpoints: [{{matchLabels: {{k8s:io.kubernetes.pod.namespace: kube-system}}}}], toPorts: [{{ports: [{{port: '53', protocol: ANY}}], rules: {{dns: [{{{rule}}}]}}}}]}}]");
        Assert.Equal(Inspected, scene.OutOf("backend", "dns", Udp(53)));
        Assert.Equal(permitted, scene.OutOf("backend", "dns", Tcp(53), new DnsRequest(name)));
    }

    [Theory]
    [InlineData("one.one.one.one", "one.one.one.one", true)]
    [InlineData("one.one.one.one", "cilium.io", false)]
    [InlineData("one.one.one.one", null, false)]
    [InlineData("'*.cilium.io'", "www.cilium.io", true)]
    [InlineData("'*.cilium.io'", "cilium.io", false)]
    [InlineData("'*.cilium.io'", "a.www.cilium.io", false)]
    [InlineData("'**.cilium.io'", "sub1.sub2.cilium.io", true)]
    [InlineData("'**.cilium.io'", "cilium.io", false)]
    public void Server_names_must_be_indicated(string serverName, string? indicated, bool permitted)
    {
        var scene = Policy($"egress: [{{toPorts: [{{ports: [{{port: '443', protocol: TCP}}], serverNames: [{serverName}]}}]}}]");
        Assert.Equal(Inspected, scene.OutOf("backend", "site", Tcp(443)));
        Assert.Equal(permitted, scene.OutOf("backend", "site", Tcp(443), new TlsRequest(indicated)));
        Assert.False(scene.OutOf("backend", "site", Tcp(443), Get("/")));
    }

    [Fact]
    public void A_listener_inspects_and_lets_the_policy_permit_everything()
    {
        var scene = Policy("egress: [{toPorts: [{ports: [{port: '80', protocol: TCP}], listener: {name: l, envoyConfig: {name: c}}}]}]");
        Assert.Equal(Inspected, scene.OutOf("backend", "site", Tcp(80)));
        Assert.True(scene.OutOf("backend", "site", Tcp(80), Get("/")));
    }
}
