using System.Net;
using System.Text.Json;
using Axoneme.ControlPlane.Tests.Entities;
using Axoneme.Wire.Node;
using Axoneme.Wire.State;
using Xunit;

namespace Axoneme.ControlPlane.Tests.Admin;

/// <summary>Questions about nodes: what policies for them come to, and who they are to pods.</summary>
public sealed class NodeQuestionTests() : AskedControlPlane(NodeQuestionTests.Manifests)
{
    private const string Manifests =
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: server, namespace: shop, labels: {app: server}}
        ---
        apiVersion: cilium.io/v2
        kind: CiliumClusterwideNetworkPolicy
        metadata: {name: edge}
        spec:
          nodeSelector: {matchLabels: {zone: a}}
          ingress:
          - fromNodes: [{matchLabels: {zone: b}}]
            toPorts: [{ports: [{port: "22", protocol: TCP}]}]
        ---
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: server, namespace: shop}
        spec:
          endpointSelector: {matchLabels: {app: server}}
          ingress: [{fromNodes: [{matchLabels: {zone: b}}]}]
          egress: [{toEntities: [kube-apiserver]}]
        ---
        apiVersion: v1
        kind: Endpoints
        metadata: {name: kubernetes, namespace: default}
        subsets: [{addresses: [{ip: 192.0.2.2}, {ip: 203.0.113.5}], ports: [{port: 6443}]}]
        """;

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        await Waiting.UntilAsync(() => Host.Log.List(RecordKind.Pod).Count == 1 && Host.Log.List(RecordKind.Policy).Count == 3, "the manifests are applied");
        await RegisterAsync("n1", "a", "192.0.2.1");
        var report = Given.Report("server", "c1", "10.9.0.2");
        (report.Namespace, report.Node) = ("shop", "n1");
        await Host.Reports.ReportEndpointAsync(report, CancellationToken.None);
    }

    [Theory]
    [InlineData("node/n2", "node/n1", "22", "allowed", "allowed")]
    [InlineData("192.0.2.2", "192.0.2.1", "22", "allowed", "allowed")]
    [InlineData("node/n3", "node/n1", "22", "denied", "dropped")]
    [InlineData("node/n2", "node/n1", "80", "denied", "dropped")]
    [InlineData("node/n3", "node/n1", "4240", "allowed", "allowed")]
    [InlineData("8.8.8.8", "node/n1", "4240", "denied", "dropped")]
    [InlineData("node/n1", "node/n2", "80", "allowed", "unrestricted")]
    [InlineData("shop/server", "node/n1", "22", "denied", "dropped")]
    [InlineData("node/n2", "shop/server", "80", "allowed", "allowed")]
    [InlineData("node/n3", "shop/server", "80", "denied", "dropped")]
    [InlineData("node/n1", "shop/server", "80", "allowed", "allowed")]
    [InlineData("host", "shop/server", "80", "allowed", "allowed")]
    public async Task Both_ends_are_judged(string from, string to, string port, string verdict, string ingress)
    {
        await RegisterOthersAsync();
        var answer = await AskAsync("explain", new { from, to, port });
        Assert.Equal((verdict, ingress), (answer.GetProperty("verdict").GetString(), answer.GetProperty("ingress").GetProperty("verdict").GetString()));
    }

    [Theory]
    [InlineData("node/n2", "allowed")]
    [InlineData("192.0.2.2", "allowed")]
    [InlineData("node/n3", "denied")]
    [InlineData("203.0.113.5", "allowed")]
    [InlineData("203.0.113.6", "denied")]
    [InlineData("node/n1", "denied")]
    public async Task The_api_server_is_known_by_its_addresses(string to, string verdict)
    {
        await RegisterOthersAsync();
        Assert.Equal(verdict, (await AskAsync("explain", new { from = "shop/server", to, port = "6443" })).GetProperty("verdict").GetString());
    }

    [Fact]
    public async Task Control_traffic_and_the_switch_of_each_node_are_told()
    {
        await RegisterOthersAsync();
        var answer = await AskAsync("explain", new { from = "node/n3", to = "node/n1", port = "4240" });
        Assert.Equal("control traffic of the node, which no policy cuts off", answer.GetProperty("ingress").GetProperty("reason").GetString());
        Assert.Contains("where its host firewall is on", answer.GetProperty("notes").EnumerateArray().Single().GetString());
        var from = (await AskAsync("explain", new { from = "node/n1", to = "node/n3", port = "22" })).GetProperty("from");
        Assert.Equal(["node:zone=a", "reserved:remote-node"], from.GetProperty("labels").EnumerateArray().Select(label => label.GetString()));
    }

    [Theory]
    [InlineData(8472u, 8472u, "8472/UDP", "allowed")]
    [InlineData(8472u, 8472u, "4789/UDP", "dropped")]
    [InlineData(4789u, 0u, "4789/UDP", "allowed")]
    [InlineData(0u, 0u, "8472/UDP", "dropped")]
    [InlineData(8472u, 4789u, "8472/UDP", "dropped")]
    public async Task The_tunnel_of_the_nodes_is_control_traffic(uint portOfOne, uint portOfOther, string port, string verdict)
    {
        await RegisterAsync("n1", "a", "192.0.2.1", portOfOne);
        await RegisterAsync("n3", "c", "192.0.2.3", portOfOther);
        var answer = await AskAsync("explain", new { from = "node/n3", to = "node/n1", port });
        Assert.Equal(verdict, answer.GetProperty("ingress").GetProperty("verdict").GetString());
    }

    [Fact]
    public async Task A_node_alone_isHost_and_judged()
    {
        var answer = await AskAsync("explain", new { from = "8.8.8.8", to = "node/n1", port = "22" });
        Assert.Equal(("denied", 1), (answer.GetProperty("verdict").GetString(), answer.GetProperty("to").GetProperty("identity").GetInt32()));
    }

    [Fact]
    public async Task A_change_of_a_policy_for_nodes_flips_their_traffic_and_no_control_traffic()
    {
        await RegisterOthersAsync();
        var answer = await AskAsync("diff", new { delete = new[] { "CiliumClusterwideNetworkPolicy//edge" } });
        var ends = answer.GetProperty("ends").EnumerateArray().ToDictionary(end => end.GetProperty("identity").GetUInt32(), end => end.GetProperty("name").GetString());
        var flips = answer.GetProperty("flips").EnumerateArray().ToList();
        Assert.All(flips, flip => Assert.Equal(["node/n1"], flip.GetProperty("destinations").EnumerateArray().Select(end => ends[end.GetProperty("identity").GetUInt32()])));
        var fromOther = flips.Single(flip => flip.GetProperty("sources").EnumerateArray().Any(source => ends[source.GetUInt32()] == "node/n3"));
        Assert.DoesNotContain(fromOther.GetProperty("changes").EnumerateArray().SelectMany(change => change.GetProperty("ranges").EnumerateArray()), range =>
            range.GetProperty("low").GetUInt32() <= (6 << 16 | 4240) && (6 << 16 | 4240) <= range.GetProperty("high").GetUInt32());
        Assert.Contains(fromOther.GetProperty("changes").EnumerateArray().SelectMany(change => change.GetProperty("ranges").EnumerateArray()), range =>
            range.GetProperty("low").GetUInt32() <= (6 << 16 | 22) && (6 << 16 | 22) <= range.GetProperty("high").GetUInt32());
    }

    private async Task RegisterOthersAsync()
    {
        await RegisterAsync("n2", "b", "192.0.2.2");
        await RegisterAsync("n3", "c", "192.0.2.3");
    }

    private Task RegisterAsync(string name, string zone, string address, uint tunnelPort = 0) => Host.Reports.RegisterNodeAsync(
        new NodeRegistration { Name = name, Addresses = { address }, PodCidrs = { $"10.{name[1]}.0.0/24" }, Labels = { ["zone"] = zone }, TunnelPort = tunnelPort }, CancellationToken.None);
}
