using Axoneme.Testbed;

namespace Axoneme.Benchmarks.Packets;

/// <summary>
/// TCP_RR, TCP_CRR, TCP_STREAM and UDP_RR between pods of one node and of two, beside what the kernel does by itself: forwarding without
/// rules, the same rules in nftables, a bare link; and for the tunnel a VXLAN device between two routers.
/// </summary>
internal static class Throughput
{
    private const string OneNode = "one node";
    private const string TwoNodes = "two nodes";
    private const string TwoNodesVxlan = "two nodes, VXLAN";

    private const string Manifest = """
        apiVersion: v1
        kind: Pod
        metadata: {name: client, namespace: bench, labels: {app: client}}
        spec: {containers: [{name: c, image: client}]}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: server, namespace: bench, labels: {app: server}}
        spec: {containers: [{name: c, image: server}]}
        ---
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: server, namespace: bench}
        spec:
          endpointSelector: {matchLabels: {app: server}}
          ingress:
          - fromEndpoints: [{matchLabels: {app: client}}]
            toPorts: [{ports: [{port: "5201", endPort: 5203, protocol: TCP}, {port: "5201", protocol: UDP}]}]
        ---
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: client, namespace: bench}
        spec:
          endpointSelector: {matchLabels: {app: client}}
          egress:
          - toEndpoints: [{matchLabels: {app: server}}]
            toPorts: [{ports: [{port: "5201", endPort: 5203, protocol: TCP}, {port: "5201", protocol: UDP}]}]
        """;

    /// <param name="load">What makes the load, and where.</param>
    /// <param name="plan">What is wanted.</param>
    public static async Task<List<BenchmarkRow>> RunAsync(LoadGenerator load, ThroughputPlan plan) =>
    [
        .. plan.ModesOf(OneNode).Count > 0 ? await OneNodeAsync(load, plan) : [],
        .. plan.ModesOf(TwoNodes).Count > 0 ? await TwoNodesAsync(load, plan, tunnel: false) : [],
        .. plan.ModesOf(TwoNodesVxlan).Count > 0 ? await TwoNodesAsync(load, plan, tunnel: true) : [],
    ];

    /// <summary>The product as its user would run it.</summary>
    private static async Task<List<BenchmarkRow>> OneNodeAsync(LoadGenerator load, ThroughputPlan plan)
    {
        await using var node = await Node.StartAsync(new NodeOptions { Name = "bench" }, ("bench.yaml", Manifest));
        var pods = await node.PodsAsync("bench/client", "bench/server");
        await using var ours = new Topology("pods", pods["bench/client"].NetnsPath, pods["bench/server"].NetnsPath, pods["bench/server"].Ipv4, []);
        await using var forwarding = await KernelPaths.ForwardingAsync(rules: false);
        await using var nftables = await KernelPaths.ForwardingAsync(rules: true);
        await using var veth = await KernelPaths.VethAsync();
        var lostBefore = await EventsLostAsync(node);
        var rows = await new Comparison(OneNode, ours, forwarding, nftables, veth).RunAsync(load, plan);
        rows.Add(new BenchmarkRow($"{OneNode}: events lost", "events", await EventsLostAsync(node) - lostBefore, 0, null, "over all of the above, every event on"));
        return rows;
    }

    private static async Task<List<BenchmarkRow>> TwoNodesAsync(LoadGenerator load, ThroughputPlan plan, bool tunnel)
    {
        var mtu = tunnel ? 1450 : 1500;
        await using var nodes = await NodePair.CreateAsync(tunnel);
        await using var ours = nodes.Topology();
        await using var forwarding = await KernelPaths.TwoRoutersAsync(vxlan: false, rules: false, mtu);
        await using var alike = await KernelPaths.TwoRoutersAsync(vxlan: tunnel, rules: true, mtu);
        List<Topology> peers = [forwarding, alike];
        await using var vxlan = tunnel ? await KernelPaths.TwoRoutersAsync(vxlan: true, rules: false, mtu) : null;
        if (vxlan is not null)
        {
            peers.Add(vxlan);
        }

        var name = tunnel ? TwoNodesVxlan : TwoNodes;
        var rows = await new Comparison(name, ours, [.. peers]).RunAsync(load, plan);
        await Task.Delay(300); // the readers' last look
        var (read, lost) = nodes.Events;
        if (read == 0)
        {
            throw new InvalidOperationException($"{name}: the programs told of no connection: nothing of ours was measured");
        }

        rows.Add(new BenchmarkRow($"{name}: events read / lost", "events", read, lost, null, "over all of the above, every event on; reference column: lost"));
        return rows;
    }

    private static async Task<double> EventsLostAsync(Node node) => (await node.AgentAsync("/v1/status")).GetProperty("eventsLost").GetDouble();
}
