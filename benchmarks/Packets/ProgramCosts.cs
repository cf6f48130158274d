using System.Net;
using System.Runtime.InteropServices;
using Axoneme.Datapath;
using Axoneme.Datapath.Layout;
using Axoneme.Datapath.Native;
using Axoneme.Datapath.Programs;

namespace Axoneme.Benchmarks.Packets;

/// <summary>
/// Nanoseconds per packet of the program that judges a pod's packet to another pod of its node: both decisions, the
/// node's default settings, events on and read. The maps hold as much beside it as a large cluster would put there.
/// </summary>
internal static class ProgramCosts
{
    private const uint Ifindex = 1; // test runs are on the loopback interface unless told otherwise
    private const uint ServerIfindex = 77;
    private const int Flows = 10_000;
    private const ushort FirstPort = 20_000;
    private const double EstablishedLimit = 300;
    private const double NewLimit = 1_200;
    private static readonly IPAddress _client = IPAddress.Parse("10.244.0.2");
    private static readonly IPAddress _server = IPAddress.Parse("10.244.0.3");
    private static readonly MacAddress _clientMac = MacAddress.Parse("02:00:00:00:00:02");

    public static async Task<List<BenchmarkRow>> RunAsync(string rotateObject, int rounds)
    {
        var root = $"/run/axoneme-bench-{Environment.ProcessId}";
        var options = new DatapathOptions { BpfRoot = root };
        using var datapath = NodeDatapath.Open(options);
        using var stop = new CancellationTokenSource();
        var events = 0L;
        var reader = datapath.ReadEventsAsync(batch => events += batch.Length, stop.Token);
        try
        {
            Fill(datapath);
            using var rotate = BpfObject.Open("rotate", await File.ReadAllBytesAsync(rotateObject));
            rotate.Load();
            var programs = rotate.Programs();
            using var empty = ProgramTestRun.LoadEmpty();
            var spread = Runner(programs, "spread");
            var same = Runner(programs, "same");
            var next = Runner(programs, "next");
            var rotationAlone = Samples(rounds, () => Cost(spread, Packet(0x10), 100_000)); // nothing to tail-call yet
            Link(rotate, root);

            var established = datapath.TestRun("from_pod");
            for (var flow = 0; flow < Flows; flow++)
            {
                Require(established.Run(Packet(0x02, (ushort)(FirstPort + flow)), Ifindex).Verdict);
            }

            Report.Progress("nanoseconds per packet");
            var emptyCost = Samples(rounds, () => Cost(empty, Packet(0x10), 1_000_000));
            var hot = Samples(rounds, () => Cost(same, Packet(0x10), 1_000_000));
            var wide = Samples(rounds, () => Cost(spread, Packet(0x10), 1_000_000));
            var fresh = Samples(rounds, () =>
            {
                Forget(datapath);
                return Cost(next, Packet(0x02), 60_000);
            });
            await Task.Delay(300); // the reader's last look
            var lost = datapath.ReadCounters().Where(counter => counter.Index == 512).Sum(counter => (double)counter.Packets);
            return
            [
                Row("empty program (harness)", emptyCost, null),
                Row("flow rotation alone (in spread, hot and new)", rotationAlone, null),
                Row("hot: one established flow", hot, EstablishedLimit),
                Row($"spread: {Flows} established flows, all hits", wide, EstablishedLimit),
                Row("new: distinct tuples, SYN", fresh, NewLimit),
                new BenchmarkRow("events read / lost during the runs", "events", events, lost, null, "reader running; reference column: lost"),
            ];
        }
        finally
        {
            await stop.CancelAsync();
            await reader;
            datapath.Dispose();
            NodeDatapath.Remove(options);
            if (Directory.Exists(root))
            {
                Directory.Delete(root);
            }
        }
    }

    private static ProgramTestRun Runner(IReadOnlyDictionary<string, FileDescriptor> programs, string name) => new(programs[name], name);

    private static BenchmarkRow Row(string name, List<double> samples, double? limit)
    {
        var median = Statistics.Median(samples);
        var (low, high) = Statistics.MedianInterval(samples);
        return new BenchmarkRow(name, "ns/packet", median, limit, median / limit, FormattableString.Invariant($"95% {low:0}–{high:0}, {samples.Count} runs{(limit is null ? "" : "; reference: limit")}"));
    }

    private static List<double> Samples(int rounds, Func<double> measure) => [.. Enumerable.Range(0, rounds).Select(_ => measure())];

    private static double Cost(ProgramTestRun program, byte[] packet, uint repeat) => program.Run(packet, Ifindex, repeat).Nanoseconds;

    private static void Require(int verdict)
    {
        if (verdict != 7)
        {
            throw new InvalidOperationException($"the packet was not delivered (verdict {verdict}): nothing worth measuring");
        }
    }

    /// <summary>Two pods under policy, 100 000 other addresses, 10 000 other policy entries.</summary>
    private static void Fill(NodeDatapath datapath)
    {
        datapath.Endpoints.Put(Ifindex, Pod(1, _client, 1000, 1));
        datapath.Endpoints.Put(ServerIfindex, Pod(2, _server, 2000, 2));
        datapath.Hosts.Put(IpAddressKey.From(_server), new IpcacheEntry { Identity = 2000, Ifindex = ServerIfindex });
        datapath.Hosts.Put(IpAddressKey.From(_client), new IpcacheEntry { Identity = 1000, Ifindex = Ifindex });
        var range = new PolicyRangeEntry(6 << 16 | 80, 6 << 16 | 80, 1, 20);
        datapath.Policy.Put(PolicyKey.Of(1, TrafficDirection.Egress, 2000), new PolicyEntry(0, 1, range));
        datapath.Policy.Put(PolicyKey.Of(2, TrafficDirection.Ingress, 1000), new PolicyEntry(0, 1, range));
        var addresses = Enumerable.Range(0, 100_000).Select(i => new IpAddressKey(0, 0, 0xFFFF0000, (uint)IPAddress.HostToNetworkOrder(0x0B000000 + i))).ToArray();
        datapath.Hosts.PutMany(addresses, [.. addresses.Select((_, i) => new IpcacheEntry { Identity = 3000u + (uint)i % 5000 })]);
        var keys = Enumerable.Range(0, 10_000).Select(i => PolicyKey.Of(1 + (uint)i % 2, (TrafficDirection)(i % 2), 3000u + (uint)i)).ToArray();
        datapath.Policy.PutMany(keys, [.. keys.Select(_ => new PolicyEntry(0, 1, range))]);
    }

    private static EndpointEntry Pod(ushort id, IPAddress address, uint identity, uint policyId) => new()
    {
        Identity = identity, PolicyId = policyId, PolicyRevision = 1, Id = id, Flags = EndpointFlags.IngressEnforced | EndpointFlags.EgressEnforced,
        Mac = _clientMac, GatewayMac = _clientMac, Ipv4 = IpAddressKey.From(address).Word3,
    };

    /// <summary>Forgets the connections of the "new" runs, so that the map is never full.</summary>
    private static void Forget(NodeDatapath datapath) => datapath.Conntrack4.DeleteMany([.. datapath.Conntrack4.Entries().Select(entry => entry.Key)]);

    private static byte[] Packet(byte tcpFlags, ushort port = FirstPort)
    {
        var frame = new byte[74];
        _clientMac.ToArray().CopyTo(frame, 0);
        _clientMac.ToArray().CopyTo(frame, 6);
        frame[12] = 8;
        frame[14] = 0x45;
        frame[17] = 60;
        frame[22] = 64;
        frame[23] = 6;
        _client.TryWriteBytes(frame.AsSpan(26), out _);
        _server.TryWriteBytes(frame.AsSpan(30), out _);
        frame[34] = (byte)(port >> 8);
        frame[35] = (byte)port;
        frame[37] = 80;
        frame[46] = 0xA0;
        frame[47] = tcpFlags;
        return frame;
    }

    /// <summary>Puts the measured program where the rotating ones jump to.</summary>
    private static void Link(BpfObject rotate, string root)
    {
        using var map = rotate.Maps().Single(map => map.Name == "measured").Descriptor();
        using var program = BpfObjectCalls.OpenPinned(Path.Combine(root, "programs", "from_pod")) ?? throw new InvalidOperationException("from_pod is not pinned");
        using var lease = program.Acquire();
        var result = BpfMapCalls.Update(map, BitConverter.GetBytes(0u), BitConverter.GetBytes((uint)lease.Number));
        if (result < 0)
        {
            throw new InvalidOperationException($"map measured: update: errno {-result}");
        }
    }
}
