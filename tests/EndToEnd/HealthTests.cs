using System.Text.Json;

namespace Axoneme.EndToEnd;

/// <summary>Every node's health endpoint, asked through the tunnel.</summary>
public sealed class HealthTests
{
    [Fact]
    public async Task Nodes_reach_each_others_health_endpoints_until_a_cable_is_pulled()
    {
        await using var cluster = await Cluster.StartAsync(new ClusterOptions { Routing = "tunnel", DifferentLinks = true });
        await cluster.EnforcedAsync();
        foreach (var node in cluster.Nodes)
        {
            await cluster.UntilAsync($"{node.Name} reaches everybody", async () => await ProbeAsync(node) is (0, var paths) && paths.Count == 8 && paths.All(path => path.IsReached));
        }

        var (one, two) = (cluster.Nodes[0], cluster.Nodes[1]);
        await two.UnplugAsync();
        var (code, without) = await ProbeAsync(one);
        Assert.Equal(1, code);
        Assert.Equal(8, without.Count);
        Assert.All(without, path => Assert.True(path.IsReached == (path.Node == one.Name), path.ToString()));

        await two.PlugInAsync();
        await cluster.UntilAsync("they are together again", async () => (await ProbeAsync(one)).Code == 0);
    }

    /// <summary>Both nodes have an address of their own and one of their endpoint, in each family.</summary>
    private static async Task<(int Code, IReadOnlyList<Path> Paths)> ProbeAsync(ClusterNode node)
    {
        var answer = await node.CliAsync("health", "status", "--probe", "-o", "json");
        using var report = JsonDocument.Parse(answer.Output);
        return (answer.ExitCode,
        [
            .. from other in report.RootElement.GetProperty("nodes").EnumerateArray()
               from kind in new[] { "host", "endpoint" }
               from path in other.GetProperty(kind).EnumerateArray()
               select new Path(other.GetProperty("name").GetString()!, kind, path.GetProperty("address").GetString()!, IsReached(path, "icmp") && IsReached(path, "http")),
        ]);
    }

    private static bool IsReached(JsonElement path, string by) => !path.GetProperty(by).TryGetProperty("failure", out var failure) || failure.ValueKind == JsonValueKind.Null;

    private sealed record Path(string Node, string Kind, string Address, bool IsReached);
}
