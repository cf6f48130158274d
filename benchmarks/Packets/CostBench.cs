using System.Net;
using System.Runtime.InteropServices;
using Axoneme.Datapath.Native;
using Axoneme.Datapath.Programs;

namespace Axoneme.Benchmarks.Packets;

/// <summary>Measures the programs of a <see cref="CostBed"/> by test runs, with the rotating programs in front of them.</summary>
internal sealed class CostBench(CostBed bed, BpfObject rotate, int rounds)
{
    /// <summary>Established connections that packets are spread over.</summary>
    public const int Flows = 10_000;
    public const byte Syn = 0x02;
    public const byte Ack = 0x10;
    private const uint ForwardedMark = 0xa00;
    private const int Redirect = 7; // TC_ACT_REDIRECT
    private readonly IReadOnlyDictionary<string, FileDescriptor> _programs = rotate.Programs();
    private double? _harness;

    public CostBed Bed => bed;

    /// <summary>What an empty program costs.</summary>
    public double Harness => _harness ??= Statistics.Median(Empty());

    /// <summary>The same, as samples.</summary>
    public List<double> Empty() => Measure(() =>
    {
        using var empty = ProgramTestRun.LoadEmpty();
        return Cost(empty, CostBed.Packet(BedAddresses.V4.Client, BedAddresses.V4.Server, Ack), bed.Pod, 1_000_000);
    });

    public List<double> Measure(Func<double> cost) => [.. Enumerable.Range(0, rounds).Select(_ => cost())];

    /// <summary>Of the flows that a packet belongs to.</summary>
    public double Rotate(string rotation, byte[] packet, uint ifindex, bool byDestination = false, ushort firstPort = CostBed.FirstPort) =>
        Rotate(rotation, packet, new FlowTemplate(packet, firstPort, Flows, byDestination), ifindex, 1_000_000);

    /// <summary>As many new connections, from ports on from the one named.</summary>
    public List<double> New(byte[] packet, uint ifindex, ushort firstPort = 1, int count = 60_000) => Measure(() =>
    {
        bed.Forget();
        return Rotate("next", packet, new FlowTemplate(packet, firstPort, count), ifindex, (uint)count);
    });

    /// <summary>What a program costs on established flows.</summary>
    public List<double> Side(string program, IPAddress source, IPAddress destination, uint ifindex)
    {
        Aim(program);
        Establish(program, CostBed.Packet(source, destination, Syn), ifindex);
        return Measure(() => Rotate("spread", CostBed.Packet(source, destination, Ack), ifindex));
    }

    /// <summary>What the last program costs that a packet meets which others have forwarded.</summary>
    public List<double> Passed(string program, uint ifindex) =>
        Measure(() => Cost(bed.Datapath.TestRun(program), CostBed.Packet(BedAddresses.V4.Client, BedAddresses.V4.Remote, Ack), ifindex, 1_000_000, ForwardedMark));

    /// <summary>What a program costs on one packet that it does not change.</summary>
    public List<double> Unchanged(string program, byte[] packet, uint ifindex) => Measure(() => Cost(bed.Datapath.TestRun(program), packet, ifindex, 1_000_000));

    /// <summary>Sends a packet of each flow, all of which must be forwarded.</summary>
    public void Establish(string program, byte[] packet, uint ifindex, bool byDestination = false, ushort firstPort = CostBed.FirstPort)
    {
        var runner = bed.Datapath.TestRun(program);
        var at = CostBed.PortsOf(packet) + (byDestination ? 2 : 0);
        for (var flow = 0; flow < Flows; flow++)
        {
            var port = firstPort + flow;
            (packet[at], packet[at + 1]) = ((byte)(port >> 8), (byte)port);
            var verdict = runner.Run(packet, ifindex).Verdict;
            if (verdict != Redirect)
            {
                throw new InvalidOperationException($"{program}: flow {flow} of what was to be forwarded came to verdict {verdict}: nothing worth measuring");
            }
        }
    }

    /// <summary>By enough turns that nearly every flow came up.</summary>
    public void EstablishByRotation(string rotation, byte[] packet, uint ifindex)
    {
        Rotate(rotation, packet, new FlowTemplate(packet, CostBed.FirstPort, Flows), ifindex, 200_000);
        if (bed.Datapath.Conntrack4.Entries().Count < Flows * 0.99)
        {
            throw new InvalidOperationException($"{rotation}: {bed.Datapath.Conntrack4.Entries().Count} flows established: nothing worth measuring");
        }
    }

    /// <summary>Puts the measured program where the rotating ones jump to.</summary>
    public void Aim(string program)
    {
        using var target = BpfObjectCalls.OpenPinned(bed.ProgramPath(program)) ?? throw new InvalidOperationException($"{program} is not pinned");
        using var lease = target.Acquire();
        Write("measured", (uint)lease.Number);
    }

    /// <summary>Programs a packet meets one after the other; what the harness costs counts once.</summary>
    public List<double> Sum(params List<double>[] parts) =>
        [.. Enumerable.Range(0, parts[0].Count).Select(i => parts.Sum(part => part[i]) - (parts.Length - 1) * Harness)];

    public static BenchmarkRow Row(string name, List<double> samples, double? limit, string note = "")
    {
        var median = Statistics.Median(samples);
        var (low, high) = Statistics.MedianInterval(samples);
        return new BenchmarkRow(name, "ns/packet", median, limit, median / limit,
            FormattableString.Invariant($"95% {low:0}–{high:0}, {samples.Count} runs{(limit is null ? "" : "; reference: limit")}{(note.Length > 0 ? $"; {note}" : "")}"));
    }

    private static double Cost(ProgramTestRun program, byte[] packet, uint ifindex, uint repeat, uint mark = 0) => program.Run(packet, ifindex, repeat, mark: mark).Nanoseconds;

    private double Rotate(string rotation, byte[] packet, FlowTemplate template, uint ifindex, uint repeat)
    {
        Write("template", template);
        return Cost(new ProgramTestRun(_programs[rotation], rotation), packet, ifindex, repeat);
    }

    private void Write<T>(string map, T value)
        where T : unmanaged
    {
        using var descriptor = rotate.Maps().Single(candidate => candidate.Name == map).Descriptor();
        var result = BpfMapCalls.Update(descriptor, new byte[sizeof(uint)], MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)));
        if (result < 0)
        {
            throw new InvalidOperationException($"map {map}: update: errno {-result}");
        }
    }
}
