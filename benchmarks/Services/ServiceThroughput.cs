using Axoneme.Benchmarks.Packets;

namespace Axoneme.Benchmarks.Services;

/// <summary>
/// Connections and exchanges through services with their backends on another node: from outside by a node port, from a pod by the cluster IP; beside the backend itself and
/// beside kube-proxy's rules in the kernel alone. Ours judges by policy and tells of every connection meanwhile.
/// </summary>
internal static class ServiceThroughput
{
    public static async Task<List<BenchmarkRow>> RunAsync(LoadGenerator load, ThroughputPlan plan)
    {
        List<BenchmarkRow> rows = [];
        foreach (var services in new[] { 100, 10_000 })
        {
            Report.Progress($"{services} services: nodes and rules");
            await using var ours = await ServedNodes.CreateAsync(services);
            await using var iptables = await KubeProxyPaths.IptablesAsync(services);
            await using var nftables = await KubeProxyPaths.NftablesAsync(services);
            await using var fromOutside = ours.FromOutside;
            rows.AddRange(await new Comparison($"node port, {services} services", fromOutside, iptables.FromOutside, nftables.FromOutside).RunAsync(load, plan));
            rows.AddRange(await new Comparison($"cluster IP, {services} services", ours.BySockets, ours.Direct, ours.ByPackets, iptables.FromPod, nftables.FromPod).RunAsync(load, plan));
        }

        return rows;
    }
}
