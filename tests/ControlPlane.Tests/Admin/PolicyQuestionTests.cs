using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Axoneme.ControlPlane.Tests.Entities;
using Axoneme.Wire.Node;
using Axoneme.Wire.State;
using Xunit;

namespace Axoneme.ControlPlane.Tests.Admin;

/// <summary>Questions about policies, asked of a whole control plane over HTTP.</summary>
public sealed class PolicyQuestionTests() : AskedControlPlane(PolicyQuestionTests.Manifests)
{
    private const string Manifests =
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: client, namespace: shop, labels: {app: client}}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: server, namespace: shop, labels: {app: server}}
        spec: {containers: [{name: c, ports: [{name: http, containerPort: 80}, {name: dns, containerPort: 53}, {name: dns-udp, containerPort: 53, protocol: UDP}]}]}
        ---
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: server, namespace: shop}
        spec:
          endpointSelector: {matchLabels: {app: server}}
          ingress:
          - fromEndpoints: [{matchLabels: {app: client}}]
            toPorts: [{ports: [{port: http, protocol: TCP}]}]
          - fromCIDR: [10.0.0.0/8]
            toPorts: [{ports: [{port: "443", protocol: TCP}]}]
          ingressDeny: [{fromCIDR: [10.1.0.0/16]}]
        ---
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: names, namespace: shop}
        spec: {endpointSelector: {matchLabels: {app: none}}, egress: [{toFQDNs: [{matchName: example.org}]}]}
        """;

    private const string OtherPort =
        """
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: server, namespace: shop}
        spec:
          endpointSelector: {matchLabels: {app: server}}
          ingress:
          - fromEndpoints: [{matchLabels: {app: client}}]
            toPorts: [{ports: [{port: "8080", protocol: TCP}]}]
          - fromCIDR: [10.0.0.0/8]
            toPorts: [{ports: [{port: "443", protocol: TCP}]}]
          ingressDeny: [{fromCIDR: [10.1.0.0/16]}]
        """;

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        await Waiting.UntilAsync(() => Host.Log.List(RecordKind.Pod).Count == 2 && Host.Log.List(RecordKind.Policy).Count == 2, "the manifests are applied");
    }

    [Theory]
    [InlineData("shop/client", "http", "allowed", "unrestricted", "allowed", "CiliumNetworkPolicy/shop/server ingress[0]")]
    [InlineData("shop/client", "80/TCP", "allowed", "unrestricted", "allowed", "CiliumNetworkPolicy/shop/server ingress[0]")]
    [InlineData("10.2.3.4", "443", "allowed", "unrestricted", "allowed", "CiliumNetworkPolicy/shop/server ingress[1]")]
    [InlineData("10.1.2.0/24", "443", "denied", "unrestricted", "denied", "CiliumNetworkPolicy/shop/server ingressDeny[0]")]
    public async Task The_deciding_rules_are_named(string from, string port, string verdict, string egress, string ingress, string rule)
    {
        var answer = await AskAsync("explain", new { from, to = "shop/server", port });

        Assert.Equal((verdict, egress, ingress), (answer.GetProperty("verdict").GetString(), VerdictOf(answer, "egress"), VerdictOf(answer, "ingress")));
        var named = answer.GetProperty("ingress").GetProperty("rules").EnumerateArray().Single();
        Assert.Equal(rule, $"{named.GetProperty("policy").GetString()} {named.GetProperty("section").GetString()}");
    }

    [Theory]
    [InlineData("shop/client", "443/TCP", "ingress[0]", "443/TCP is not in http/TCP")]
    [InlineData("8.8.8.8", "443", "ingress[1]", "peer is no address in 10.0.0.0/8")]
    [InlineData("shop/server", "http", "ingress[0]", "peer has app=server, not app=client")]
    [InlineData("10.2.3.4", "icmp/8", "ingress[1]", "icmp/8 is not in 443/TCP")]
    public async Task What_nothing_allows_names_the_nearest_rule_and_what_it_lacks(string from, string port, string section, string lacks)
    {
        var ingress = (await AskAsync("explain", new { from, to = "shop/server", port })).GetProperty("ingress");

        Assert.Equal("dropped", ingress.GetProperty("verdict").GetString());
        Assert.Equal((section, lacks), (ingress.GetProperty("nearest").GetProperty("section").GetString(), ingress.GetProperty("lacks").GetString()));
    }

    [Fact]
    public async Task Addresses_stand_for_pods_and_nodes_and_identities_for_their_pods()
    {
        await Host.Reports.RegisterNodeAsync(new NodeRegistration { Name = "n1", Addresses = { "192.0.2.1" }, PodCidrs = { "10.0.0.0/24" } }, CancellationToken.None);
        await Host.Reports.RegisterNodeAsync(new NodeRegistration { Name = "n2", Addresses = { "192.0.2.2" }, PodCidrs = { "10.0.1.0/24" } }, CancellationToken.None);
        var report = Given.Report("server", "c1", "10.9.0.2");
        (report.Namespace, report.Node) = ("shop", "n1");
        await Host.Reports.ReportEndpointAsync(report, CancellationToken.None);
        var identity = Host.Log.Find(RecordKind.Pod, "shop/client")!.Pod.Identity;

        var byAddress = await AskAsync("explain", new { from = $"{identity}", to = "10.9.0.2", port = "http" });
        Assert.Equal(("shop/server (10.9.0.2)", "allowed"), (byAddress.GetProperty("to").GetProperty("name").GetString(), byAddress.GetProperty("verdict").GetString()));
        Assert.Equal("shop/client", byAddress.GetProperty("from").GetProperty("name").GetString());

        // Its own node reaches a pod whatever policies say; another does not.
        Assert.Equal(("allowed", 1), await FromNodeAsync("192.0.2.1"));
        Assert.Equal(("denied", 2 << 24 | 2), await FromNodeAsync("192.0.2.2"));

        async Task<(string?, int)> FromNodeAsync(string address)
        {
            var answer = await AskAsync("explain", new { from = address, to = "shop/server", port = "22" });
            return (answer.GetProperty("verdict").GetString(), answer.GetProperty("from").GetProperty("identity").GetInt32());
        }
    }

    [Fact]
    public async Task A_prefix_of_which_policies_name_a_part_says_so() =>
        Assert.Contains("10.1.0.0/16 within 10.0.0.0/8", (await AskAsync("explain", new { from = "10.0.0.0/8", to = "shop/server", port = "443" })).GetProperty("notes")[0].GetString());

    [Theory]
    [InlineData("""{"to":"shop/server","port":"80"}""", "from: is missing")]
    [InlineData("""{"from":"shop/nobody","to":"shop/server","port":"80"}""", "from: there is no pod \"shop/nobody\"")]
    [InlineData("""{"from":"shop/client","to":"cluster","port":"80"}""", "to: \"cluster\" is not one identity")]
    [InlineData("""{"from":"4000000000","to":"shop/server","port":"80"}""", "from: there is no identity 4000000000")]
    [InlineData("""{"from":"nonsense","to":"shop/server","port":"80"}""", "from: \"nonsense\" is nothing known")]
    [InlineData("""{"from":"shop/client","to":"shop/server"}""", "port: is missing")]
    [InlineData("""{"from":"shop/client","to":"shop/server","port":"65536"}""", "port: \"65536\" is not between 0 and 65535")]
    [InlineData("""{"from":"shop/client","to":"shop/server","port":"icmp/256"}""", "port: \"256\" is not between 0 and 255")]
    [InlineData("""{"from":"shop/client","to":"shop/server","port":"80/HTTP"}""", "port: \"HTTP\" is no protocol")]
    [InlineData("""{"from":"shop/client","to":"shop/server","port":"ftp"}""", "port: the receiver names no port \"ftp\"; it names http, dns")]
    [InlineData("""{"from":"shop/client","to":"shop/server","port":"80/TCP","protocol":"UDP"}""", "protocol: \"UDP\" is not the protocol of port")]
    [InlineData("""{"from":"shop/client","to":"shop/server","port":80}""", "port: ")]
    [InlineData("""{"form":"shop/client"}""", "form: ")]
    [InlineData("[]", "body: ")]
    [InlineData("null", "body: is null")]
    public async Task A_question_that_cannot_be_answered_is_400_and_names_the_field(string body, string error)
    {
        using var response = await Http.PostAsync("/v1/policy/explain", new StringContent(body));

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.StartsWith(error, answer.GetProperty("error").GetString());
        Assert.NotEqual("", answer.GetProperty("fix").GetString());
    }

    [Fact]
    public async Task A_policy_with_another_port_flips_the_two_ports_and_nothing_else()
    {
        var answer = await AskAsync("diff", new { documents = OtherPort });

        var flip = answer.GetProperty("flips").EnumerateArray().Single();
        var ends = answer.GetProperty("ends").EnumerateArray().ToDictionary(end => end.GetProperty("identity").GetUInt32(), end => end.GetProperty("name").GetString());
        Assert.Equal("shop/client", ends[flip.GetProperty("sources").EnumerateArray().Single().GetUInt32()]);
        Assert.Equal("shop/server", ends[flip.GetProperty("destinations").EnumerateArray().Single().GetProperty("identity").GetUInt32()]);
        Assert.Equal(
            [("80/TCP", "allowed", "denied"), ("8080/TCP", "denied", "allowed")],
            flip.GetProperty("changes").EnumerateArray().Select(change =>
                (change.GetProperty("traffic").GetString(), change.GetProperty("before").GetProperty("verdict").GetString(), change.GetProperty("after").GetProperty("verdict").GetString())));
        Assert.Equal(2, answer.GetProperty("classes").GetInt32());
        Assert.Equal(2, Host.Log.List(RecordKind.Policy).Count);
    }

    [Fact]
    public async Task Deleting_a_policy_opens_what_it_closed_and_the_same_policy_flips_nothing()
    {
        var opened = await AskAsync("diff", new { delete = new[] { "CiliumNetworkPolicy/shop/server" } });
        Assert.All(
            opened.GetProperty("flips").EnumerateArray().SelectMany(flip => flip.GetProperty("changes").EnumerateArray()),
            change => Assert.Equal(("denied", "allowed"), (change.GetProperty("before").GetProperty("verdict").GetString(), change.GetProperty("after").GetProperty("verdict").GetString())));
        Assert.True(opened.GetProperty("classes").GetInt32() >= 3);
        Assert.Contains("10.1.0.0/16", opened.GetProperty("ends").EnumerateArray().Select(end => end.GetProperty("name").GetString()));

        var same = await AskAsync("diff", new { documents = Manifests });
        Assert.Empty(same.GetProperty("flips").EnumerateArray());
        Assert.Contains("document 1: Pod client is no policy", same.GetProperty("notes")[0].GetString());
        Assert.Contains(same.GetProperty("notes").EnumerateArray(), note => note.GetString()!.Contains("spec.egress[0].toFQDNs", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("""{"delete":["CiliumNetworkPolicy/shop/none"]}""", "delete: \"CiliumNetworkPolicy/shop/none\" is not in force")]
    [InlineData("""{"documents":"apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: x}\nspec: {endpointSelector: {}, ingres: []}"}""", "spec.ingres")]
    [InlineData("""{"documents":"a: ["}""", "documents: ")]
    [InlineData("""{"documents":"# nothing"}""", "documents: hold no policy")]
    [InlineData("{}", "documents: hold no policy")]
    public async Task A_diff_that_cannot_be_made_is_400_and_says_why(string body, string error)
    {
        using var response = await Http.PostAsync("/v1/policy/diff", new StringContent(body));

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains(error, (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error").GetString());
    }

    [Fact]
    public async Task A_body_that_is_too_large_is_413_and_a_GET_is_405()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/policy/diff") { Content = new StringContent(new string('#', 17 << 20)) };
        request.Headers.ExpectContinue = true; // the server answers and closes; what is still being sent would be lost, and the answer with it
        using var response = await Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        using var get = await Http.GetAsync(new Uri("/v1/policy/explain", UriKind.Relative));
        Assert.Equal(HttpStatusCode.MethodNotAllowed, get.StatusCode);
    }

    [Fact]
    public async Task What_is_not_enforced_as_written_is_a_warning_in_every_view()
    {
        var manifests = await Http.GetFromJsonAsync<JsonElement>("/v1/manifests");
        var warning = manifests.GetProperty("warnings").EnumerateArray().Single();
        Assert.Equal(("all.yaml", 4, "spec.egress[0].toFQDNs"), (warning.GetProperty("file").GetString(), warning.GetProperty("document").GetInt32(), warning.GetProperty("field").GetString()));
        var actor = await Http.GetFromJsonAsync<JsonElement>("/v1/actors/policy/CiliumNetworkPolicy/shop/names");
        Assert.StartsWith("spec.egress[0].toFQDNs: ", actor.GetProperty("warnings").EnumerateArray().Single().GetString());
        Assert.False((await Http.GetFromJsonAsync<JsonElement>("/v1/actors/policy/CiliumNetworkPolicy/shop/server")).TryGetProperty("warnings", out _));
    }

    private static string? VerdictOf(JsonElement answer, string direction) => answer.GetProperty(direction).GetProperty("verdict").GetString();
}
