using System.Text.Json;

namespace Axoneme.EndToEnd;

/// <summary>Audit mode, with real packets: what policy would drop is reported and passes, and is dropped again once it ends.</summary>
public sealed class AuditModeTests
{
    private const int Refused = 8080;

    [Fact]
    public async Task At_one_pod_what_policy_would_drop_is_reported_and_passes_until_audit_mode_ends()
    {
        await using var node = await Shop.StartAsync();
        var pods = await node.PodsAsync(Shop.Names);
        var (stranger, server) = (pods["elsewhere/stranger"], pods["shop/server"]);
        await node.UntilAsync("the policy holds", async () => !await stranger.ReachesTcpAsync(server.Ipv4, 80));
        Assert.Contains("Disabled", await ConfigAsync(node), StringComparison.Ordinal);

        Assert.Contains("Enabled", await ConfigAsync(node, "PolicyAuditMode=Enabled"), StringComparison.Ordinal);
        Assert.True(await stranger.ReachesTcpAsync(server.Ipv4, 80));
        Assert.True(await stranger.ReachesTcpAsync(server.Ipv6, Refused));
        await node.UntilAsync("both are reported", async () =>
        {
            var ports = (await AuditedAsync(node)).Select(flow => flow.GetProperty("l4").GetProperty("TCP").GetProperty("destination_port").GetInt32()).ToHashSet();
            return ports.IsSupersetOf([80, Refused]);
        });
        var audited = (await AuditedAsync(node))[0];
        Assert.Equal(("AUDIT", "POLICY_DENIED", "stranger"), (
            audited.GetProperty("verdict").GetString(), audited.GetProperty("drop_reason_desc").GetString(), audited.GetProperty("source").GetProperty("pod_name").GetString()));
        Assert.Contains("shop/server", audited.GetProperty("nearest_rule").GetString(), StringComparison.Ordinal);
        Assert.Contains("Disabled (Audit)", (await node.CliAsync("endpoint", "list")).OrThrow(), StringComparison.Ordinal);
        Assert.Contains("1 in audit mode", (await node.CliAsync("status")).OrThrow(), StringComparison.Ordinal);

        // It outlives the agent, and what it let through ends with it.
        await node.KillServerAsync();
        await node.StartServerAsync();
        Assert.Contains("Enabled", await ConfigAsync(node), StringComparison.Ordinal);
        using var open = await stranger.ConnectAsync(server.Ipv4, 80);
        Assert.NotNull(open);
        Assert.True(await ChangeTests.EchoesAsync(open));
        Assert.Contains("Disabled", await ConfigAsync(node, "PolicyAuditMode=Disabled"), StringComparison.Ordinal);
        await node.UntilAsync("the open connection is cut", async () => !await ChangeTests.EchoesAsync(open));
        Assert.False(await stranger.ReachesTcpAsync(server.Ipv4, 80));
        Assert.True(await pods["shop/client"].ReachesTcpAsync(server.Ipv4, 80));
    }

    [Fact]
    public async Task Nodes_in_audit_mode_drop_nothing_because_of_policy_until_they_start_without_it()
    {
        await using var cluster = await Cluster.StartAsync(new ClusterOptions { Routing = "tunnel" }, ("pods.yaml", """
            apiVersion: v1
            kind: Pod
            metadata: {name: server, namespace: shop, labels: {app: server} }
            spec: {nodeName: n1, containers: [{name: c, image: c, ports: [{containerPort: 80}]}]}
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: stranger, namespace: elsewhere, labels: {app: stranger} }
            spec: {nodeName: n2, containers: [{name: c, image: c}]}
            """), ("policy.yaml", $"""
            {Shop.Policy}
            ---
            apiVersion: cilium.io/v2
            kind: CiliumClusterwideNetworkPolicy
            metadata: {"{name: nodes}"}
            spec:
              nodeSelector: {"{}"}
              ingress: [{"{fromEntities: [cluster]}"}]
            """));
        var (one, outside) = (cluster.Nodes[0], Policies.Party.Outside(cluster.Underlay));
        var pods = await cluster.PodsAsync("shop/server", "elsewhere/stranger");
        var (server, stranger) = (pods["shop/server"], pods["elsewhere/stranger"]);
        await cluster.EnforcedAsync();
        Assert.Equal((false, false), await ReachedAsync());

        foreach (var node in cluster.Nodes)
        {
            await node.StopServerAsync();
            node.MoreArguments = ["--policy-audit-mode", "true"];
            await node.StartServerAsync();
        }

        await cluster.UntilAsync("nothing is dropped", async () => await ReachedAsync() == (true, true));
        await cluster.UntilAsync("the pod's connection is reported", async () => (await AuditedAsync(one)).Any(flow => flow.GetProperty("destination").GetProperty("pod_name").GetString() == "server"));
        await cluster.UntilAsync("the node's is", async () =>
            (await one.CliAsync("monitor", "--no-follow", "--last", "200", "--verdict", "audit", "-o", "json")).OrThrow().Contains($"\"source\":\"{Underlay.OutsideIPv4}\"", StringComparison.Ordinal));
        Assert.DoesNotContain("POLICY_DENIED", (await one.CliAsync("monitor", "--no-follow", "--last", "200", "--verdict", "dropped", "-o", "json")).OrThrow(), StringComparison.Ordinal);

        await one.StopServerAsync();
        one.MoreArguments = [];
        await one.StartServerAsync();
        await cluster.UntilAsync("policy is in force again", async () => await ReachedAsync() == (false, false));

        async Task<(bool Pod, bool Node)> ReachedAsync() => (
            await stranger.ReachesTcpAsync(server.Ipv4, 80),
            await new Policies.Probe(outside, Policies.Party.Of(one), 4, "ping", 0).PassesAsync(TimeSpan.FromSeconds(1)));
    }

    private static async Task<string> ConfigAsync(Node node, params string[] setting) =>
        (await node.CliAsync(["endpoint", "config", "shop/server", .. setting])).OrThrow();

    private static async Task<IReadOnlyList<JsonElement>> AuditedAsync(AgentNode node)
    {
        var lines = (await node.CliAsync("monitor", "--no-follow", "--last", "200", "--verdict", "audit", "--protocol", "tcp", "--pod", "elsewhere/stranger", "-o", "json")).OrThrow();
        return [.. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line =>
        {
            using var document = JsonDocument.Parse(line);
            return document.RootElement.GetProperty("flow").Clone();
        })];
    }
}
