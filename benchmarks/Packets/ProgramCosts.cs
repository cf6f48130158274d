using Axoneme.Datapath.Native;

namespace Axoneme.Benchmarks.Packets;

/// <summary>
/// Nanoseconds per packet of the programs a packet meets: between two pods of a node, to and from another node natively and through the tunnel, and out
/// of the cluster. The node's default settings with every feature on, events on and read.
/// </summary>
internal static class ProgramCosts
{
    /// <summary>Of one of two nodes that a packet passes, on an established connection.</summary>
    public const double SideLimit = 350;

    /// <summary>Of the first packet of a connection.</summary>
    public const double NewLimit = 1_200;
    private const double LocalLimit = 250;

    public static async Task<List<BenchmarkRow>> RunAsync(string rotateObject, int rounds) =>
    [
        .. await OnBedAsync(rotateObject, rounds, tunnel: false, bench => [.. Local(bench), .. Native(bench)]),
        .. await OnBedAsync(rotateObject, rounds, tunnel: true, Tunnel),
    ];

    /// <summary>Measures on a node of its own, while its events are read; they are counted in a row at the end.</summary>
    public static async Task<List<BenchmarkRow>> OnBedAsync(string rotateObject, int rounds, bool tunnel, Func<CostBench, List<BenchmarkRow>> measure)
    {
        using var bed = new CostBed(tunnel);
        using var stop = new CancellationTokenSource();
        var events = 0L;
        var reader = bed.Datapath.ReadEventsAsync(batch => events += batch.Length, stop.Token);
        try
        {
            using var rotate = BpfObject.Open("rotate", await File.ReadAllBytesAsync(rotateObject));
            rotate.Load();
            var bench = new CostBench(bed, rotate, rounds);
            var rows = bed.Namespace.Run(() => measure(bench));
            await Task.Delay(300); // the reader's last look
            var lost = bed.Datapath.ReadCounters().Where(counter => counter.Index == 512).Sum(counter => (double)counter.Packets);
            rows.Add(new BenchmarkRow($"events read / lost ({(tunnel ? "tunnel" : "native")})", "events", events, lost, null, "reader running; reference column: lost"));
            return rows;
        }
        finally
        {
            await stop.CancelAsync();
            await reader;
        }
    }

    private static List<BenchmarkRow> Local(CostBench bench)
    {
        Report.Progress("nanoseconds per packet: between pods of a node");
        var (client, server) = (BedAddresses.V4.Client, BedAddresses.V4.Server);
        var packet = CostBed.Packet(client, server, CostBench.Ack);
        var rows = new List<BenchmarkRow>
        {
            CostBench.Row("empty program (harness)", bench.Empty(), null),
            CostBench.Row("flow rotation alone (part of every row below)", bench.Measure(() => bench.Rotate("spread", packet, bench.Bed.Pod)), null),
        };
        bench.Aim("from_pod");
        bench.Establish("from_pod", CostBed.Packet(client, server, CostBench.Syn), bench.Bed.Pod);
        rows.Add(CostBench.Row("pod to pod, hot: one established flow, both decisions", bench.Measure(() => bench.Rotate("same", packet, bench.Bed.Pod)), LocalLimit));
        rows.Add(CostBench.Row($"pod to pod, spread: {CostBench.Flows} established flows, both decisions", bench.Measure(() => bench.Rotate("spread", packet, bench.Bed.Pod)), LocalLimit));
        rows.Add(CostBench.Row("pod to pod, new: distinct tuples, SYN, event included", bench.New(CostBed.Packet(client, server, CostBench.Syn), bench.Bed.Pod), NewLimit));
        return rows;
    }

    private static List<BenchmarkRow> Native(CostBench bench)
    {
        Report.Progress("nanoseconds per packet: between nodes, native");
        var bed = bench.Bed;
        var (client, remote) = (BedAddresses.V4.Client, BedAddresses.V4.Remote);
        bed.Forget();
        var sent = bench.Side("from_pod", client, remote, bed.Pod);
        var passed = bench.Passed("to_netdev", bed.Device);
        bed.Forget();
        var received = bench.Side("from_netdev", remote, client, bed.Device);
        bench.Aim("from_netdev");
        var begun = bench.New(CostBed.Packet(remote, client, CostBench.Syn), bed.Device);
        bed.Forget();
        var left = bench.Side("from_pod", client, BedAddresses.V4.World, bed.Pod);
        bed.Forget();
        return
        [
            CostBench.Row("to another node, native: sending side, spread", bench.Sum(sent, passed), SideLimit),
            CostBench.Row("to another node, native: receiving side, spread", received, SideLimit),
            CostBench.Row("to another node, native: receiving side, new", begun, NewLimit),
            CostBench.Row("out of the cluster, masqueraded, spread", left, null),
        ];
    }

    private static List<BenchmarkRow> Tunnel(CostBench bench)
    {
        Report.Progress("nanoseconds per packet: between nodes, VXLAN");
        var bed = bench.Bed;
        var (client, remote) = (BedAddresses.V4.Client, BedAddresses.V4.Remote);
        var sent = bench.Side("from_pod", client, remote, bed.Pod);
        var overlay = bench.Passed("to_overlay", bed.Overlay);
        var passed = bench.Passed("to_netdev", bed.Device);
        var arrived = bench.Unchanged("from_netdev", CostBed.OuterPacket(), bed.Device);
        bed.Forget();
        bench.Aim("from_overlay");
        bench.EstablishByRotation("spread_tunnel", CostBed.Packet(remote, client, CostBench.Syn), bed.Overlay);
        var received = bench.Measure(() => bench.Rotate("spread_tunnel", CostBed.Packet(remote, client, CostBench.Ack), bed.Overlay));
        return
        [
            CostBench.Row("to another node, VXLAN: sending side, spread", bench.Sum(sent, overlay, passed), SideLimit),
            CostBench.Row("to another node, VXLAN: receiving side, spread", bench.Sum(arrived, received), SideLimit, "setting a tunnel key for the test included"),
        ];
    }
}
