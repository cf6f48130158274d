using Axoneme.EndToEnd.Policies;

namespace Axoneme.EndToEnd;

/// <summary>Agents that take over a running node, with maps of other sizes and all at once: what talks goes on talking, and what may not never does.</summary>
public sealed class UpgradeTests
{
    private const string Pods = """
        apiVersion: v1
        kind: Pod
        metadata: {name: client, namespace: shop, labels: {app: client} }
        spec: {nodeName: n1, containers: [{name: c, image: c, ports: [{containerPort: 80}]}]}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: server, namespace: shop, labels: {app: server} }
        spec: {nodeName: n2, containers: [{name: c, image: c, ports: [{containerPort: 80}, {containerPort: 53, protocol: UDP}]}]}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: stranger, namespace: elsewhere, labels: {app: stranger} }
        spec: {nodeName: n1, containers: [{name: c, image: c, ports: [{containerPort: 80}]}]}
        """;

    /// <summary>
    /// The server takes little, and the client nothing that it has not asked for: whoever forgot who began would drop the server's answers.
    /// </summary>
    private const string Policies = $$"""
        {{Shop.Policy}}
        ---
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: client, namespace: shop}
        spec:
          podSelector: {matchLabels: {app: client} }
          policyTypes: [Ingress]
        """;

    [Theory]
    [InlineData("native")]
    [InlineData("tunnel")]
    public async Task No_connection_ends_when_agents_come_back_with_maps_of_other_sizes_and_all_at_once(string routing)
    {
        await using var cluster = await Cluster.StartAsync(new ClusterOptions { Routing = routing }, ("pods.yaml", Pods), ("policy.yaml", Policies));
        var pods = await cluster.PodsAsync("shop/client", "shop/server", "elsewhere/stranger");
        await cluster.EnforcedAsync();
        var (client, server) = (pods["shop/client"], pods["shop/server"]);
        await cluster.UntilAsync("both ways there are", async () => await client.ReachesTcpAsync(server.Ipv4, 80) && await client.ReachesTcpAsync(server.Ipv6, 80));

        // Connections of every kind: between nodes in both families, and masqueraded ones to the outside.
        await using var up4 = await NumberStream.StartAsync(client, server, server.Ipv4, 7000);
        await using var up6 = await NumberStream.StartAsync(client, server, server.Ipv6, 7000);
        await using var down4 = await NumberStream.StartAsync(client, server, server.Ipv4, 7000, serverSends: true);
        await using var down6 = await NumberStream.StartAsync(client, server, server.Ipv6, 7000, serverSends: true);
        NumberStream[] streams = [up4, up6, down4, down6];
        var parties = pods.Values.Select(Party.Of).Append(Party.Outside(cluster.Underlay)).ToDictionary(party => party.Name);
        var probes = ProbeTable.Parse("""
            shop/client -> shop/server                  pass: tcp/80 udp/53  drop: tcp/8080
            shop/client, shop/server -> outside         pass: tcp/443 udp/53
            elsewhere/stranger -> shop/server           drop: tcp/80 udp/53
            elsewhere/stranger, shop/server -> shop/client  drop: tcp/80
            """, parties);

        // What begins in the very moment of a switch is begun under maps of before and answered under the new ones.
        await using var traffic = new SteadyTraffic(
            probes.Where(probe => probe.Passes).Select(probe => probe.Probe), probes.Where(probe => !probe.Passes).Select(probe => probe.Probe), mayRepeat: true);

        foreach (var (node, factor) in new[] { (cluster.Nodes[0], 2.0), (cluster.Nodes[1], 0.5), (cluster.Nodes[0], 0.5) })
        {
            await ResizeAsync(cluster, node, factor);
        }

        await Task.WhenAll(cluster.Nodes.Select(node => node.KillServerAsync()));
        await Task.WhenAll(cluster.Nodes.Select(node => node.StartServerAsync()));
        await cluster.EnforcedAsync();

        var before = streams.Select(stream => stream.Received).ToArray();
        await cluster.UntilAsync("the streams go on", () => Task.FromResult(streams.Zip(before).All(stream => stream.First.Received > stream.Second + 100)));
        await traffic.AssertWasSteadyAsync();
        Assert.InRange(traffic.Refused, 5 * probes.Count(probe => !probe.Passes), int.MaxValue);
        foreach (var stream in streams)
        {
            var (sent, received) = await stream.StopAsync();
            Assert.Equal(sent, received);
        }
    }

    /// <summary>Ends an agent politely and starts it with other sizes of everything that has one.</summary>
    private static async Task ResizeAsync(Cluster cluster, ClusterNode node, double factor)
    {
        var maps = new[] { ("conntrack4", "--bpf-ct-global-max"), ("nat", "--bpf-nat-global-max"), ("policy", "--bpf-policy-map-max"), ("hosts", "--bpf-ipcache-max"), ("endpoints", "--bpf-endpoint-max") };
        var sizes = await CapacitiesAsync(node);
        var wanted = maps.ToDictionary(map => map.Item1, map => (uint)(sizes[map.Item1] * factor));
        node.MoreArguments = [.. maps.SelectMany(map => new[] { map.Item2, $"{wanted[map.Item1]}" })];
        await node.StopServerAsync();
        await node.StartServerAsync();
        await cluster.EnforcedAsync();
        var now = await CapacitiesAsync(node);
        Assert.Equal(wanted, maps.ToDictionary(map => map.Item1, map => now[map.Item1]));
    }

    private static async Task<Dictionary<string, uint>> CapacitiesAsync(ClusterNode node) => (await node.CliJsonAsync("map", "list")).EnumerateArray()
        .ToDictionary(map => map.GetProperty("name").GetString()!, map => map.GetProperty("capacity").GetUInt32());
}
