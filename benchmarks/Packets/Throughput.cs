using Axoneme.Testbed;

namespace Axoneme.Benchmarks.Packets;

/// <summary>TCP_RR, TCP_CRR and TCP_STREAM between two pods, beside plain forwarding and a plain veth pair, interleaved.</summary>
internal static class Throughput
{
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
            toPorts: [{ports: [{port: "5201", endPort: 5203, protocol: TCP}]}]
        ---
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: client, namespace: bench}
        spec:
          endpointSelector: {matchLabels: {app: client}}
          egress:
          - toEndpoints: [{matchLabels: {app: server}}]
            toPorts: [{ports: [{port: "5201", endPort: 5203, protocol: TCP}]}]
        """;

    public static async Task<List<BenchmarkRow>> RunAsync(string netload, int pairs, double seconds)
    {
        List<BenchmarkRow> rows = [];
        await using var node = await Node.StartAsync(new NodeOptions { Name = "bench" }, ("bench.yaml", Manifest));
        var pods = await node.PodsAsync("bench/client", "bench/server");
        await using var ours = Topology.Pods(pods["bench/client"], pods["bench/server"]);
        await using var forwarding = await Topology.ForwardingAsync();
        await using var veth = await Topology.VethAsync();
        Topology[] all = [ours, forwarding, veth];
        foreach (var topology in all)
        {
            await topology.StartServerAsync(netload);
        }

        var lostBefore = await EventsLostAsync(node);
        foreach (var (mode, unit, name) in new[] { ("rr", "transactions/s", "TCP_RR"), ("crr", "connections/s", "TCP_CRR"), ("stream", "Mbit/s", "TCP_STREAM") })
        {
            foreach (var topology in all)
            {
                await topology.MeasureAsync(netload, mode, 0.3); // warm
            }

            var figures = all.ToDictionary(topology => topology.Name, _ => new List<double>());
            for (var pair = 0; pair < pairs; pair++)
            {
                Report.Progress($"{name} {pair + 1}/{pairs}");
                // Turn by turn, and each turn begins with another, so that a drift of the machine touches all alike.
                for (var i = 0; i < all.Length; i++)
                {
                    var topology = all[(i + pair) % all.Length];
                    figures[topology.Name].Add(await topology.MeasureAsync(netload, mode, seconds));
                }
            }

            foreach (var peer in new[] { forwarding, veth })
            {
                var ratios = figures[ours.Name].Zip(figures[peer.Name], (a, b) => a / b).ToList();
                var (low, high) = Statistics.MedianInterval(ratios);
                rows.Add(new BenchmarkRow($"{name} / {peer.Name}", unit, Statistics.Median(figures[ours.Name]), Statistics.Median(figures[peer.Name]),
                    Statistics.Median(ratios), FormattableString.Invariant($"95% {low:0.00}–{high:0.00}, {pairs} pairs")));
            }
        }

        rows.Add(new BenchmarkRow("events lost", "events", await EventsLostAsync(node) - lostBefore, 0, null, "over all of the above, every event on"));
        return rows;
    }

    private static async Task<double> EventsLostAsync(Node node) => (await node.AgentAsync("/v1/status")).GetProperty("eventsLost").GetDouble();
}
