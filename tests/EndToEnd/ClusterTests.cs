using System.Diagnostics;
using System.Text.Json;

namespace Axoneme.EndToEnd;

/// <summary>Agents and the control plane as processes of their own, on several nodes.</summary>
public sealed class ClusterTests
{
    private static readonly string[] _names = ["shop/client", "shop/server", "elsewhere/stranger"];

    private static readonly (string File, string Yaml)[] _manifests =
    [
        ("pods.yaml", $$"""
            {{PodOn("n1", "shop", "client")}}
            ---
            {{PodOn("n2", "shop", "server")}}
            ---
            {{PodOn("", "elsewhere", "stranger")}}
            """),
        ("policy.yaml", Shop.Policy),
    ];

    [Theory]
    [InlineData(AddressFamilies.Dual, false)]
    [InlineData(AddressFamilies.IPv4, true)]
    [InlineData(AddressFamilies.IPv6, false)]
    public async Task Every_node_knows_every_pod_and_every_policy(AddressFamilies family, bool differentLinks)
    {
        await using var cluster = await Cluster.StartAsync(new ClusterOptions { Family = family, DifferentLinks = differentLinks }, _manifests);
        var pods = await cluster.PodsAsync(_names);

        // Where each runs: as its spec says, and on the first node where it says nothing.
        Assert.Equal(["elsewhere/stranger", "shop/client"], (await cluster.Nodes[0].FindPodsAsync()).Keys.Order());
        Assert.Equal(["shop/server"], (await cluster.Nodes[1].FindPodsAsync()).Keys);
        foreach (var node in cluster.Nodes)
        {
            foreach (var pod in pods.Values)
            {
                Assert.Equal(family.HasFlag(AddressFamilies.IPv4), pod.Ipv4.Length > 0);
                Assert.Equal(family.HasFlag(AddressFamilies.IPv6), pod.Ipv6.Length > 0);
                foreach (var prefix in new[] { (pod.Ipv4, 32), (pod.Ipv6, 128) }.Where(address => address.Item1.Length > 0))
                {
                    await KnowsAsync(node, $"{prefix.Item1}/{prefix.Item2}", pod.Identity);
                }
            }

            await node.UntilAsync($"{node.Name} has the policy", async () =>
                (await node.AgentAsync("/v1/policies")).EnumerateArray().Any(policy => policy.GetProperty("name").GetString() == "server"));
        }

        await cluster.EnforcedAsync();
        Assert.Equal(["n1", "n2"], Names(await cluster.AdminAsync("/v1/nodes")));
    }

    [Fact]
    public async Task Agents_outlive_the_control_plane_and_follow_it_on_when_it_is_back()
    {
        await using var cluster = await Cluster.StartAsync(new ClusterOptions(), _manifests);
        var (one, two) = (cluster.Nodes[0], cluster.Nodes[1]);
        var before = await cluster.PodsAsync(_names);
        await cluster.EnforcedAsync();

        await cluster.ControlPlane.KillAsync();
        await two.UntilAsync("the agent notices", async () => (await two.AgentAsync("/v1/status")).ToString().Contains("control plane", StringComparison.Ordinal));
        Assert.True(await before["shop/client"].ReachesTcpAsync(before["elsewhere/stranger"].Ipv4, 80), "pods of one node stopped talking");

        // A pod starts without the control plane; nobody has given it an identity yet.
        await cluster.ApplyAsync("late.yaml", PodOn("n1", "shop", "late"));
        var address = await WaitingPodAsync(one, "shop/late");
        await one.KillServerAsync();
        await one.StartServerAsync();
        Assert.Equal(address, await WaitingPodAsync(one, "shop/late"));
        await one.PodsAsync("shop/client");

        var watch = Stopwatch.StartNew();
        await cluster.StartControlPlaneAsync();
        var late = (await one.PodsAsync("shop/late"))["shop/late"];
        Assert.Equal(address, late.Ipv4);
        Assert.True(late.Identity > 255);
        await KnowsAsync(two, $"{address}/32", late.Identity);
        await cluster.EnforcedAsync();
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(15));
        var after = await cluster.PodsAsync(_names);
        Assert.Equal(before.Values.OrderBy(pod => pod.FullName), after.Where(pod => pod.Key != "shop/late").Select(pod => pod.Value).OrderBy(pod => pod.FullName));
    }

    [Fact]
    public async Task Clusters_side_by_side_do_not_meet()
    {
        await using var underlay = await Underlay.CreateAsync();
        await using var east = await Cluster.StartAsync(new ClusterOptions { Nodes = 1, Name = "east", Id = 1, Underlay = underlay }, ("pods.yaml", PodOn("", "shop", "client")));
        await using var west = await Cluster.StartAsync(new ClusterOptions { Nodes = 1, Name = "west", Id = 2, Underlay = underlay }, ("pods.yaml", PodOn("", "shop", "client")));

        var (eastern, western) = ((await east.PodsAsync("shop/client"))["shop/client"], (await west.PodsAsync("shop/client"))["shop/client"]);

        Assert.NotEqual(eastern.Ipv4, western.Ipv4);
        Assert.Equal((1u, 2u), (eastern.Identity >> 16, western.Identity >> 16));
        Assert.DoesNotContain(western.Ipv4, (await east.Nodes[0].CliAsync("bpf", "ipcache", "list")).OrThrow());
    }

    [Fact]
    public async Task Nodes_reach_each_other_and_the_outside_until_a_cable_is_pulled_and_captures_show_it()
    {
        await using var cluster = await Cluster.StartAsync(new ClusterOptions { DifferentLinks = true });
        var (one, two) = (cluster.Nodes[0], cluster.Nodes[1]);
        await using var capture = await Capture.StartAsync(cluster.Underlay.Router, two.Cable, "icmp or icmp6");
        foreach (var address in new[] { two.IPv4!, two.IPv6!, Underlay.OutsideIPv4, Underlay.OutsideIPv6 })
        {
            Assert.True(await PingsAsync(one, address), address);
        }

        await two.LosePacketsAsync(1);
        Assert.False(await PingsAsync(one, two.IPv4!));
        await two.LosePacketsAsync(0);
        Assert.True(await PingsAsync(one, two.IPv4!));
        await two.UnplugAsync();
        Assert.False(await PingsAsync(one, two.IPv4!));
        await two.PlugInAsync();
        await one.UntilAsync("the cable is in again", async () => await PingsAsync(one, two.IPv4!) && await PingsAsync(one, two.IPv6!));

        var lines = await capture.LinesAsync();
        Assert.Contains(lines, line => line.Contains($"{one.IPv4} > {two.IPv4}: ICMP echo request", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains($"{two.IPv6} > {one.IPv6}: ", StringComparison.Ordinal));
        Assert.DoesNotContain(lines, line => line.Contains(Underlay.OutsideIPv4, StringComparison.Ordinal));
        Assert.Equal(lines.Count, (await capture.PacketsAsync()).Count);
    }

    [Fact]
    public async Task Nothing_of_a_cluster_is_left_not_even_of_one_whose_agents_were_killed()
    {
        string root;
        string[] namespaces;
        await using (var cluster = await Cluster.StartAsync(new ClusterOptions(), _manifests))
        {
            var pods = await cluster.PodsAsync(_names);
            root = cluster.Nodes[0].Root;
            namespaces = [cluster.Underlay.Router.Path, cluster.Underlay.Outside.Path, .. cluster.Nodes.Select(node => node.Namespace.Path), .. pods.Values.Select(pod => pod.NetnsPath)];
            Assert.All(namespaces, path => Assert.True(File.Exists(path), path));
            await cluster.Nodes[0].KillServerAsync();
        }

        Assert.All(namespaces, path => Assert.False(File.Exists(path), path));
        Assert.False(Directory.Exists(root));
        Assert.DoesNotContain(Path.GetDirectoryName(root)!, await File.ReadAllTextAsync("/proc/self/mountinfo"));
        Assert.DoesNotContain(Directory.GetDirectories("/proc").Where(path => char.IsAsciiDigit(path[^1])), path => CommandLineOf(path).Contains(Path.GetDirectoryName(root)!, StringComparison.Ordinal));
    }

    /// <summary>The address of a pod that runs and has no identity but init.</summary>
    private static async Task<string> WaitingPodAsync(ClusterNode node, string name)
    {
        Pod? pod = null;
        await node.UntilAsync($"{name} runs as init", async () => (await node.FindPodsAsync("waiting-for-identity")).TryGetValue(name, out pod));
        Assert.Equal(5u, pod!.Identity);
        return pod.Ipv4;
    }

    private static async Task KnowsAsync(ClusterNode node, string prefix, uint identity) => await node.UntilAsync($"{node.Name} knows {prefix} as {identity}", async () =>
        (await node.CliJsonAsync("bpf", "ipcache", "list")).EnumerateArray()
            .Any(entry => entry.GetProperty("prefix").GetString() == prefix && entry.GetProperty("identity").GetUInt32() == identity));

    private static async Task<bool> PingsAsync(ClusterNode from, string address) =>
        (await from.Namespace.RunAsync("ping", "-c", "1", "-W", "1", address)).ExitCode == 0;

    private static IEnumerable<string> Names(JsonElement list) =>
        list.GetProperty("nodes").EnumerateArray().Select(node => node.GetProperty("name").GetString()!).Order();

    private static string CommandLineOf(string process)
    {
        try
        {
            return File.ReadAllText($"{process}/cmdline");
        }
        catch (IOException)
        {
            return ""; // Gone meanwhile.
        }
    }

    private static string PodOn(string node, string ns, string name) => $$"""
        apiVersion: v1
        kind: Pod
        metadata: {name: {{name}}, namespace: {{ns}}, labels: {app: {{name}} } }
        spec: { {{(node.Length == 0 ? "" : $"nodeName: {node}, ")}}containers: [{name: c, image: c, ports: [{containerPort: 80}]}]}
        """;
}
