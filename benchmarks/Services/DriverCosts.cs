using System.Buffers.Binary;
using System.Net;
using Axoneme.Benchmarks.Packets;
using Axoneme.Datapath.Layout;
using Axoneme.Datapath.Programs;

namespace Axoneme.Benchmarks.Services;

/// <summary>
/// Nanoseconds per packet of the driver's program (XDP). Each translation makes the next connection's packet of a packet, so that one test run goes through as many connections as
/// the packet has hops; the runs together go through all of them.
/// </summary>
internal static class DriverCosts
{
    private const double EstablishedLimit = 200;
    private const int Hops = 250;
    private const int Flows = CostBench.Flows / Hops * Hops;
    private const ushort FirstPort = 33_000;
    private const ushort NodePort = 30_080;
    private const int SendBack = 3; // XDP_TX
    private const int Pass = 2;     // XDP_PASS

    public static List<BenchmarkRow> Measure(CostBench bench) =>
    [
        .. new[] { BedAddresses.V4, BedAddresses.V6 }.SelectMany(addresses =>
        {
            var family = addresses == BedAddresses.V4 ? "IPv4" : "IPv6";
            Report.Progress($"nanoseconds per packet: services, drivers, {family}");
            var alone = Statistics.Median(bench.Measure(() => Stay(bench.Bed, addresses)));
            return new[]
            {
                CostBench.Row(
                    $"node port, backend elsewhere, by the driver: established, {family}", bench.Measure(() => Walk(bench.Bed, addresses)), EstablishedLimit,
                    FormattableString.Invariant($"XDP; tc gets the first of each second; one connection alone: {alone:0}")),
                CostBench.Row($"not for a service, by the driver, {family}", bench.Measure(() => PassBy(bench.Bed, addresses)), EstablishedLimit, "XDP"),
            };
        }),
    ];

    /// <summary>Leaves all translations with their ways, which hold for the tick that is returned: of each connection into the next, or into itself.</summary>
    private static uint Leave(CostBed bed, BedAddresses addresses, int flows, int step)
    {
        var tick = ConntrackClock.Now(TimeProvider.System);
        for (var flow = 0; flow < flows; flow++)
        {
            bed.Datapath.Nat.Put(Key(addresses, flow), new NatEntry
            {
                Tuple = Tuple(addresses, flow + step), Role = NatRole.Asks | NatRole.Service | NatRole.BothEnds, LastSeen = tick,
                Way = new PacketWay { Tick = tick, Ifindex = EndpointEntry.HostInterface, Mtu = 1500, ByDriver = 1, SourceMac = CostBed.ClientMac, DestinationMac = CostBed.ClientMac, ArrivesAt = CostBed.ClientMac },
            });
        }

        return tick;
    }

    /// <summary>Goes through all connections.</summary>
    private static double Walk(CostBed bed, BedAddresses addresses) =>
        WithinTick(bed, addresses, Flows, step: 1, program => [.. Enumerable.Range(0, Flows / Hops).Select(run => program.Run(Packet(addresses, FirstPort + run * Hops), repeat: Hops))]);

    /// <summary>One connection alone, whose packets become themselves, as long as they have hops. Each run costs the kernel a grace period: only few fit into a tick.</summary>
    private static double Stay(CostBed bed, BedAddresses addresses) =>
        WithinTick(bed, addresses, flows: 1, step: 0, program => [.. Enumerable.Range(0, 10).Select(_ => program.Run(Packet(addresses, FirstPort), repeat: Hops))]);

    private static double WithinTick(CostBed bed, BedAddresses addresses, int flows, int step, Func<ProgramTestRun, List<ProgramTestRunResult>> run)
    {
        var program = bed.Datapath.TestRun("xdp_netdev");
        for (var attempt = 0; attempt < 20; attempt++)
        {
            var tick = Leave(bed, addresses, flows, step);
            var costs = run(program);
            if (costs.TrueForAll(result => result.Verdict == SendBack) && ConntrackClock.Now(TimeProvider.System) == tick)
            {
                return costs.Average(result => result.Nanoseconds);
            }
        }

        throw new InvalidOperationException("xdp_netdev does not send on: nothing worth measuring");
    }

    private static double PassBy(CostBed bed, BedAddresses addresses)
    {
        var result = bed.Datapath.TestRun("xdp_netdev").Run(Packet(addresses, FirstPort - 1), repeat: 1_000_000);
        return result.Verdict == Pass ? result.Nanoseconds : throw new InvalidOperationException($"xdp_netdev came to verdict {result.Verdict}: nothing worth measuring");
    }

    private static byte[] Packet(BedAddresses addresses, int port)
    {
        var frame = CostBed.Packet(new IPEndPoint(addresses.World, port), new IPEndPoint(addresses.Self, NodePort), CostBench.Ack);
        frame[addresses == BedAddresses.V4 ? 22 : 21] = byte.MaxValue;
        return frame;
    }

    private static NatKey Key(BedAddresses addresses, int flow) => new() { Tuple = Tuple(addresses, flow), Protocol = 6, Direction = NatDirection.In };

    private static PacketTuple Tuple(BedAddresses addresses, int flow) => new()
    {
        Source = IpAddressKey.From(addresses.World), Destination = IpAddressKey.From(addresses.Self), SourcePort = Port(FirstPort + flow), DestinationPort = Port(NodePort),
    };

    private static ushort Port(int port) => BinaryPrimitives.ReverseEndianness((ushort)port);
}
