using System.Net;
using Axoneme.Benchmarks.Packets;

namespace Axoneme.Benchmarks.Services;

/// <summary>
/// Nanoseconds per packet of the programs that translate to and from services: node ports with their backend on another node or on this one, and what a pod sends
/// to a cluster IP without a socket that helps. Packets are spread over 10 000 connections to one service.
/// </summary>
internal sealed class ServiceCosts
{
    /// <summary>Ports of clients: those that the kernel gives, of which SNAT keeps what it can.</summary>
    private const ushort FirstClientPort = 33_000;

    /// <summary>The node has no more ports towards a backend.</summary>
    private const int NewConnections = 30_000;
    private const ushort NodePort = 30_080;
    private const ushort LocalNodePort = 30_081;
    private readonly CostBench _bench;
    private readonly BedAddresses _addresses;
    private readonly string _suffix;

    private ServiceCosts(CostBench bench, BedAddresses addresses, int services) =>
        (_bench, _addresses, _suffix) = (bench, addresses, $"{(addresses == BedAddresses.V4 ? "IPv4" : "IPv6")}, {services} service{(services == 1 ? "" : "s")}");

    public static async Task<List<BenchmarkRow>> RunAsync(string rotateObject, int rounds) =>
    [
        .. await ProgramCosts.OnBedAsync(rotateObject, rounds, tunnel: false, bench => [.. Measure(bench, OnDevice), .. DriverCosts.Measure(bench)]),
        .. await ProgramCosts.OnBedAsync(rotateObject, rounds, tunnel: true, bench => Measure(bench, ThroughTunnel)),
    ];

    /// <summary>First with one service alone, then among many.</summary>
    private static List<BenchmarkRow> Measure(CostBench bench, Func<ServiceCosts, List<BenchmarkRow>> measure)
    {
        var (v4, v6) = (BedAddresses.V4, BedAddresses.V6);
        var books = new ServiceBooks(bench.Bed.Datapath.Services, [v4.Self, v6.Self]);
        books.Serve(
            new ServedPort("elsewhere", [ClusterIp(v4), ClusterIp(v6)], 80, NodePort, [new IPEndPoint(v4.Remote, 80), new IPEndPoint(v6.Remote, 80)]),
            new ServedPort("here", [IPAddress.Parse("10.96.0.2"), IPAddress.Parse("fd00:96::2")], 80, LocalNodePort, [new IPEndPoint(v4.Client, 80), new IPEndPoint(v6.Client, 80)]));
        List<BenchmarkRow> rows = [];
        foreach (var services in new[] { 1, 10_000 })
        {
            books.Serve(services == 1 ? [] : ServiceCrowd.Of(services, 10));
            rows.AddRange(measure(new ServiceCosts(bench, v4, services)));
            rows.AddRange(measure(new ServiceCosts(bench, v6, services)));
        }

        return rows;
    }

    private static IPAddress ClusterIp(BedAddresses addresses) => IPAddress.Parse(addresses == BedAddresses.V4 ? "10.96.0.1" : "fd00:96::1");

    // What arrives at the device leaves by it again: a program at its egress lets it pass.
    private static List<BenchmarkRow> OnDevice(ServiceCosts costs)
    {
        Report.Progress($"nanoseconds per packet: services, native, {costs._suffix}");
        var (bench, bed, addresses) = (costs._bench, costs._bench.Bed, costs._addresses);
        var passed = bench.Passed("to_netdev", bed.Device);
        return
        [
            .. costs.Connections("node port, backend elsewhere", "from_netdev", bed.Device, addresses.World, new IPEndPoint(addresses.Self, NodePort),
                "from_netdev", bed.Device, new IPEndPoint(addresses.Remote, 80), addresses.Self, forth: [passed], back: [passed]),
            .. costs.Connections("node port, backend here", "from_netdev", bed.Device, addresses.World, new IPEndPoint(addresses.Self, LocalNodePort),
                "from_pod", bed.Pod, new IPEndPoint(addresses.Client, 80), addresses.World, forth: [], back: [passed]),
            .. costs.Connections("cluster IP by packet, backend elsewhere", "from_pod", bed.Pod, addresses.Client, new IPEndPoint(ClusterIp(addresses), 80),
                "from_netdev", bed.Device, new IPEndPoint(addresses.Remote, 80), addresses.Client, forth: [passed], back: []),
        ];
    }

    private static List<BenchmarkRow> ThroughTunnel(ServiceCosts costs)
    {
        Report.Progress($"nanoseconds per packet: services, VXLAN, {costs._suffix}");
        var (bench, bed, addresses) = (costs._bench, costs._bench.Bed, costs._addresses);
        var passed = bench.Passed("to_netdev", bed.Device);
        var entered = bench.Passed("to_overlay", bed.Overlay);
        var arrived = bench.Unchanged("from_netdev", CostBed.OuterPacket(), bed.Device);
        return costs.Connections("node port, backend elsewhere, VXLAN", "from_netdev", bed.Device, addresses.World, new IPEndPoint(addresses.Self, NodePort),
            "from_overlay", bed.Overlay, new IPEndPoint(addresses.Remote, 80), addresses.Self, forth: [entered, passed], back: [arrived, passed]);
    }

    /// <summary>
    /// Packets to the service, their answers, and first packets. A client's answers go to the address that the backend sees it under; <paramref name="forth"/> and
    /// <paramref name="back"/> are what the programs cost that the packets meet besides.
    /// </summary>
    private List<BenchmarkRow> Connections(
        string name, string program, uint ifindex, IPAddress client, IPEndPoint service,
        string answering, uint answeredOn, IPEndPoint backend, IPAddress answered, List<double>[] forth, List<double>[] back)
    {
        var asked = new IPEndPoint(client, FirstClientPort);
        var answer = CostBed.Packet(backend, new IPEndPoint(answered, FirstClientPort), CostBench.Syn | CostBench.Ack);
        var rotation = answering == "from_overlay" ? "spread_tunnel" : "spread";
        _bench.Bed.Forget();
        _bench.Aim(program);
        _bench.Establish(program, CostBed.Packet(asked, service, CostBench.Syn), ifindex, firstPort: FirstClientPort);
        _bench.Aim(answering);
        if (rotation == "spread")
        {
            _bench.Establish(answering, answer, answeredOn, byDestination: true, FirstClientPort);
        }

        // Of several turns the first makes that every connection has been answered.
        answer = CostBed.Packet(backend, new IPEndPoint(answered, FirstClientPort), CostBench.Ack);
        _bench.Rotate(rotation, answer, answeredOn, byDestination: true, FirstClientPort);
        var answers = _bench.Measure(() => _bench.Rotate(rotation, answer, answeredOn, byDestination: true, FirstClientPort));
        _bench.Aim(program);
        var packets = _bench.Measure(() => _bench.Rotate("spread", CostBed.Packet(asked, service, CostBench.Ack), ifindex, firstPort: FirstClientPort));
        var hot = Statistics.Median(_bench.Measure(() => _bench.Rotate("same", CostBed.Packet(asked, service, CostBench.Ack), ifindex, firstPort: FirstClientPort)));
        var begun = _bench.New(CostBed.Packet(asked, service, CostBench.Syn), ifindex, FirstClientPort, NewConnections);
        return
        [
            CostBench.Row($"{name}: established, {_suffix}", _bench.Sum([packets, .. forth]), ProgramCosts.SideLimit, FormattableString.Invariant($"one connection alone: {hot:0} in {program}")),
            CostBench.Row($"{name}: its answer, {_suffix}", _bench.Sum([answers, .. back]), ProgramCosts.SideLimit, rotation == "spread" ? "" : "setting a tunnel key for the test included"),
            CostBench.Row($"{name}: new, {_suffix}", _bench.Sum([begun, .. forth]), ProgramCosts.NewLimit),
        ];
    }
}
