using System.Net;
using Axoneme.Datapath;
using Axoneme.Datapath.Native;
using Axoneme.Datapath.Programs;

namespace Axoneme.Benchmarks.Packets;

/// <summary>
/// Nanoseconds per packet of the programs a packet meets: between two pods of a node, to and from another node natively and through the tunnel, and out
/// of the cluster. The node's default settings with every feature on, events on and read.
/// </summary>
internal static class ProgramCosts
{
    private const int Flows = 10_000;
    private const byte Syn = 0x02;
    private const byte Ack = 0x10;
    private const uint ForwardedMark = 0xa00;
    private const int Redirect = 7; // TC_ACT_REDIRECT
    private const double LocalLimit = 250;
    private const double SideLimit = 350;
    private const double NewLimit = 1_200;

    public static async Task<List<BenchmarkRow>> RunAsync(string rotateObject, int rounds)
    {
        var rows = new List<BenchmarkRow>();
        foreach (var tunnel in new[] { false, true })
        {
            using var bed = new CostBed(tunnel);
            using var stop = new CancellationTokenSource();
            var events = 0L;
            var reader = bed.Datapath.ReadEventsAsync(batch => events += batch.Length, stop.Token);
            try
            {
                using var rotate = BpfObject.Open("rotate", await File.ReadAllBytesAsync(rotateObject));
                rotate.Load();
                var bench = new Bench(bed, rotate, rounds);
                rows.AddRange(bed.Namespace.Run(() => tunnel ? Tunnel(bench) : [.. Local(bench), .. Native(bench)]));
                await Task.Delay(300); // the reader's last look
                var lost = bed.Datapath.ReadCounters().Where(counter => counter.Index == 512).Sum(counter => (double)counter.Packets);
                rows.Add(new BenchmarkRow($"events read / lost ({(tunnel ? "tunnel" : "native")})", "events", events, lost, null, "reader running; reference column: lost"));
            }
            finally
            {
                await stop.CancelAsync();
                await reader;
            }
        }

        return rows;
    }

    private static List<BenchmarkRow> Local(Bench bench)
    {
        Report.Progress("nanoseconds per packet: between pods of a node");
        using var empty = ProgramTestRun.LoadEmpty();
        var packet = CostBed.Packet(CostBed.Client, CostBed.Server, Ack);
        var rows = new List<BenchmarkRow>
        {
            Row("empty program (harness)", bench.Measure(() => Cost(empty, packet, bench.Bed.Pod, 1_000_000)), null),
            Row("flow rotation alone (part of every row below)", bench.Measure(() => bench.Rotate("spread", packet, bench.Bed.Pod)), null),
        };
        bench.Aim("from_pod");
        bench.Establish("from_pod", CostBed.Client, CostBed.Server, bench.Bed.Pod);
        rows.Add(Row("pod to pod, hot: one established flow, both decisions", bench.Measure(() => bench.Rotate("same", packet, bench.Bed.Pod)), LocalLimit));
        rows.Add(Row($"pod to pod, spread: {Flows} established flows, both decisions", bench.Measure(() => bench.Rotate("spread", packet, bench.Bed.Pod)), LocalLimit));
        rows.Add(Row("pod to pod, new: distinct tuples, SYN, event included", bench.New(CostBed.Packet(CostBed.Client, CostBed.Server, Syn), bench.Bed.Pod), NewLimit));
        return rows;
    }

    private static List<BenchmarkRow> Native(Bench bench)
    {
        Report.Progress("nanoseconds per packet: between nodes, native");
        var bed = bench.Bed;
        bed.Forget();
        var sent = bench.Side("from_pod", CostBed.Client, CostBed.Remote, bed.Pod);
        var passed = bench.Measure(() => Cost(bench.Program("to_netdev"), CostBed.Packet(CostBed.Client, CostBed.Remote, Ack), bed.Device, 1_000_000, ForwardedMark));
        bed.Forget();
        var received = bench.Side("from_netdev", CostBed.Remote, CostBed.Client, bed.Device);
        bench.Aim("from_netdev");
        var begun = bench.New(CostBed.Packet(CostBed.Remote, CostBed.Client, Syn), bed.Device);
        bed.Forget();
        var left = bench.Side("from_pod", CostBed.Client, CostBed.World, bed.Pod, "spread_out");
        bed.Forget();
        return
        [
            Row("to another node, native: sending side, spread", Sum(bench, sent, passed), SideLimit),
            Row("to another node, native: receiving side, spread", received, SideLimit),
            Row("to another node, native: receiving side, new", begun, NewLimit),
            Row("out of the cluster, masqueraded, spread", left, null),
        ];
    }

    private static List<BenchmarkRow> Tunnel(Bench bench)
    {
        Report.Progress("nanoseconds per packet: between nodes, VXLAN");
        var bed = bench.Bed;
        var sent = bench.Side("from_pod", CostBed.Client, CostBed.Remote, bed.Pod);
        var overlay = bench.Measure(() => Cost(bench.Program("to_overlay"), CostBed.Packet(CostBed.Client, CostBed.Remote, Ack), bed.Overlay, 1_000_000, ForwardedMark));
        var passed = bench.Measure(() => Cost(bench.Program("to_netdev"), CostBed.Packet(CostBed.Client, CostBed.Remote, Ack), bed.Device, 1_000_000, ForwardedMark));
        var outer = CostBed.Packet(CostBed.Node, IPAddress.Parse("172.30.0.1"), Ack);
        outer[23] = 17;
        (outer[36], outer[37]) = (8472 >> 8, 8472 & 0xFF);
        var arrived = bench.Measure(() => Cost(bench.Program("from_netdev"), outer, bed.Device, 1_000_000));
        bed.Forget();
        bench.Aim("from_overlay");
        bench.EstablishByRotation("spread_tunnel", CostBed.Packet(CostBed.Remote, CostBed.Client, Syn), bed.Overlay);
        var received = bench.Measure(() => bench.Rotate("spread_tunnel", CostBed.Packet(CostBed.Remote, CostBed.Client, Ack), bed.Overlay));
        return
        [
            Row("to another node, VXLAN: sending side, spread", Sum(bench, sent, overlay, passed), SideLimit),
            Row("to another node, VXLAN: receiving side, spread", Sum(bench, arrived, received), SideLimit, "setting a tunnel key for the test included"),
        ];
    }

    /// <summary>Programs a packet meets one after the other; what the harness costs counts once.</summary>
    private static List<double> Sum(Bench bench, params List<double>[] parts) =>
        [.. Enumerable.Range(0, parts[0].Count).Select(i => parts.Sum(part => part[i]) - (parts.Length - 1) * bench.Harness)];

    private static double Cost(ProgramTestRun program, byte[] packet, uint ifindex, uint repeat, uint mark = 0) => program.Run(packet, ifindex, repeat, mark: mark).Nanoseconds;

    private static BenchmarkRow Row(string name, List<double> samples, double? limit, string note = "")
    {
        var median = Statistics.Median(samples);
        var (low, high) = Statistics.MedianInterval(samples);
        return new BenchmarkRow(name, "ns/packet", median, limit, median / limit,
            FormattableString.Invariant($"95% {low:0}–{high:0}, {samples.Count} runs{(limit is null ? "" : "; reference: limit")}{(note.Length > 0 ? $"; {note}" : "")}"));
    }

    /// <summary>The rotating programs in front of the measured one.</summary>
    private sealed class Bench(CostBed bed, BpfObject rotate, int rounds)
    {
        private readonly IReadOnlyDictionary<string, FileDescriptor> _programs = rotate.Programs();
        private double? _harness;

        public CostBed Bed => bed;

        /// <summary>What an empty program costs.</summary>
        public double Harness => _harness ??= Statistics.Median(Measure(() =>
        {
            using var empty = ProgramTestRun.LoadEmpty();
            return Cost(empty, CostBed.Packet(CostBed.Client, CostBed.Server, Ack), bed.Pod, 1_000_000);
        }));

        public ProgramTestRun Program(string name) => bed.Datapath.TestRun(name);

        public List<double> Measure(Func<double> cost) => [.. Enumerable.Range(0, rounds).Select(_ => cost())];

        public double Rotate(string rotation, byte[] packet, uint ifindex) => Cost(new ProgramTestRun(_programs[rotation], rotation), packet, ifindex, 1_000_000);

        public List<double> New(byte[] packet, uint ifindex) => Measure(() =>
        {
            bed.Forget();
            return Cost(new ProgramTestRun(_programs["next"], "next"), packet, ifindex, 60_000);
        });

        /// <summary>What a program costs on established flows.</summary>
        public List<double> Side(string program, IPAddress source, IPAddress destination, uint ifindex, string rotation = "spread")
        {
            Aim(program);
            Establish(program, source, destination, ifindex);
            return Measure(() => Rotate(rotation, CostBed.Packet(source, destination, Ack), ifindex));
        }

        public void Establish(string program, IPAddress source, IPAddress destination, uint ifindex)
        {
            for (var flow = 0; flow < Flows; flow++)
            {
                var verdict = Program(program).Run(CostBed.Packet(source, destination, Syn, (ushort)(CostBed.FirstPort + flow)), ifindex).Verdict;
                if (verdict != Redirect)
                {
                    throw new InvalidOperationException($"{program}: {source} to {destination} came to verdict {verdict}: nothing worth measuring");
                }
            }
        }

        /// <summary>By enough turns that nearly every flow came up.</summary>
        public void EstablishByRotation(string rotation, byte[] packet, uint ifindex)
        {
            Cost(new ProgramTestRun(_programs[rotation], rotation), packet, ifindex, 200_000);
            if (bed.Datapath.Conntrack4.Entries().Count < Flows * 0.99)
            {
                throw new InvalidOperationException($"{rotation}: {bed.Datapath.Conntrack4.Entries().Count} flows established: nothing worth measuring");
            }
        }

        /// <summary>Puts the measured program where the rotating ones jump to.</summary>
        public void Aim(string program)
        {
            using var map = rotate.Maps().Single(map => map.Name == "measured").Descriptor();
            using var target = BpfObjectCalls.OpenPinned(bed.ProgramPath(program)) ?? throw new InvalidOperationException($"{program} is not pinned");
            using var lease = target.Acquire();
            var result = BpfMapCalls.Update(map, BitConverter.GetBytes(0u), BitConverter.GetBytes((uint)lease.Number));
            if (result < 0)
            {
                throw new InvalidOperationException($"map measured: update: errno {-result}");
            }
        }
    }
}
