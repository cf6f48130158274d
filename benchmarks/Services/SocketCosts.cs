using System.Net;
using Axoneme.Benchmarks.Packets;
using Axoneme.Datapath.Network;

namespace Axoneme.Benchmarks.Services;

/// <summary>
/// What a call pays for the programs at sockets: calls to a service, and to its backend, less those to the backend from a cgroup without programs; by UDP, which needs nobody
/// to answer.
/// </summary>
internal static class SocketCosts
{
    private const double HookLimit = 400;
    private const ushort Port = 53;
    private static readonly Dictionary<BedAddresses, string> _clusterIps = new() { [BedAddresses.V4] = "10.96.0.1", [BedAddresses.V6] = "fd00:96::1" };

    public static async Task<List<BenchmarkRow>> RunAsync(LoadGenerator load, bool quick)
    {
        using var bed = new CostBed(tunnel: false);
        var cgroup = Directory.CreateDirectory($"{CgroupHierarchy.Find("/sys/fs/cgroup")}/axn-bench{Environment.ProcessId}");
        try
        {
            bed.Datapath.AttachSockets(cgroup.FullName);
            var books = new ServiceBooks(bed.Datapath.Services, []);
            books.Take(new ServedPort("asked", [.. _clusterIps.Values.Select(IPAddress.Parse)], Port, 0, [.. _clusterIps.Keys.Select(family => new IPEndPoint(family.Remote, Port))]).Records("UDP"));
            List<BenchmarkRow> rows = [];
            foreach (var services in new[] { 1, 10_000 })
            {
                books.Serve(services == 1 ? [] : ServiceCrowd.Of(services, 10));
                foreach (var (mode, name, family) in new[]
                {
                    ("connect", "connect4, a new socket", BedAddresses.V4), ("reconnect", "connect4, a socket that was there before", BedAddresses.V4),
                    ("connect", "connect6, a new socket", BedAddresses.V6), ("reconnect", "connect6, a socket that was there before", BedAddresses.V6), ("send", "sendmsg4", BedAddresses.V4),
                })
                {
                    Report.Progress($"{name}, {services} services");
                    rows.AddRange(await MeasureAsync(load, quick, bed, cgroup.FullName, mode, $"{name}, {services} service{(services == 1 ? "" : "s")}", family));
                }
            }

            return rows;
        }
        finally
        {
            bed.Datapath.DetachSockets();
            cgroup.Delete();
        }
    }

    private static async Task<List<BenchmarkRow>> MeasureAsync(LoadGenerator load, bool quick, CostBed bed, string cgroup, string mode, string name, BedAddresses family)
    {
        var netns = bed.Namespace.Path;
        Topology[] ways =
        [
            new("a service", netns, netns, _clusterIps[family], []) { Port = Port, Cgroup = cgroup },
            new("no service", netns, netns, $"{family.Remote}", []) { Port = Port, Cgroup = cgroup },
            new("no programs", netns, netns, $"{family.Remote}", []) { Port = Port },
        ];
        var nanoseconds = ways.Select(_ => new List<double>()).ToArray();
        for (var round = 0; round < (quick ? 3 : 31); round++)
        {
            for (var i = 0; i < ways.Length; i++)
            {
                var way = (i + round) % ways.Length;
                nanoseconds[way].Add(1e9 / await ways[way].MeasureAsync(load, mode, quick ? 0.05 : 0.1));
            }
        }

        return [.. ways[..2].Select((way, i) => Row($"{name}: to {way.Name}", nanoseconds[i], nanoseconds[2]))];
    }

    private static BenchmarkRow Row(string name, List<double> with, List<double> without)
    {
        var extra = with.Zip(without, (a, b) => a - b).ToList();
        var (low, high) = Statistics.MedianInterval(extra);
        return new BenchmarkRow(name, "ns more", Statistics.Median(extra), HookLimit, Statistics.Median(extra) / HookLimit, FormattableString.Invariant(
            $"95% {low:0}–{high:0}, {extra.Count} pairs; reference: limit; the whole call without programs {Statistics.Median(without):0} ns"));
    }
}
