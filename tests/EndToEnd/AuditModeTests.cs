using System.Text.Json;

namespace Axoneme.EndToEnd;

/// <summary>Audit mode at one pod, by the CLI, with real packets: reported and passed, and dropped again once it ends.</summary>
public sealed class AuditModeTests
{
    private const int Refused = 8080;

    [Fact]
    public async Task What_policy_would_drop_is_reported_and_passes_until_audit_mode_ends()
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

    private static async Task<string> ConfigAsync(Node node, params string[] setting) =>
        (await node.CliAsync(["endpoint", "config", "shop/server", .. setting])).OrThrow();

    private static async Task<IReadOnlyList<JsonElement>> AuditedAsync(Node node)
    {
        var lines = (await node.CliAsync("monitor", "--no-follow", "--last", "200", "--verdict", "audit", "--protocol", "tcp", "--pod", "elsewhere/stranger", "-o", "json")).OrThrow();
        return [.. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line =>
        {
            using var document = JsonDocument.Parse(line);
            return document.RootElement.GetProperty("flow").Clone();
        })];
    }
}
