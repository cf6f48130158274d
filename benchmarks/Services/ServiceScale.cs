using System.Diagnostics;
using System.Globalization;
using System.Net;
using Axoneme.Datapath;
using Axoneme.Datapath.Native;
using Axoneme.NodeActors.Services;

namespace Axoneme.Benchmarks.Services;

/// <summary>From what the control plane tells to the kernel's maps: everything at once, and one backend that changes.</summary>
internal static class ServiceScale
{
    private const double UpdateLimit = 5;

    /// <summary>Maps that hold what services are, not who uses them.</summary>
    private static readonly string[] _maps = ["services", "frontends", "service_pools", "backends", "maglev", "node_ports"];

    public static List<BenchmarkRow> Run(bool quick) =>
    [
        .. Measure("10000 services of 10 backends", 10_000, 10, LoadBalancerAlgorithm.Random, quick),
        .. Measure("10000 services of 10 backends, 500 with Maglev tables", 10_000, 10, LoadBalancerAlgorithm.Maglev, quick),
        .. Measure("1 service of 1000 backends", 1, 1_000, LoadBalancerAlgorithm.Random, quick),
        .. Measure("1 service of 1000 backends, a Maglev table", 1, 1_000, LoadBalancerAlgorithm.Maglev, quick),
    ];

    private static List<BenchmarkRow> Measure(string name, int services, int backends, LoadBalancerAlgorithm algorithm, bool quick)
    {
        Report.Progress($"scale: {name}");
        var directory = $"/run/axn-bench{Environment.ProcessId}";
        var options = new DatapathOptions { BpfRoot = $"{directory}/bpf", PolicyEntries = 1024, HostEntries = 1024, PrefixEntries = 1024, ConntrackEntries = 1024, NatEntries = 1024 };
        Directory.CreateDirectory(options.BpfRoot);
        try
        {
            using var datapath = NodeDatapath.Open(options);
            var empty = KernelMegabytes(options);
            var records = ServiceCrowd.Of(services, backends).SelectMany(service => service.Records()).ToList();
            var before = GC.GetTotalMemory(forceFullCollection: true);
            var clock = Stopwatch.StartNew();
            var books = new ServiceBooks(datapath.Services, [IPAddress.Parse("192.0.2.1")], new ServiceOptions { Algorithm = algorithm });
            books.Take(records);
            books.Write();
            var programmed = clock.Elapsed.TotalSeconds;
            var agent = (GC.GetTotalMemory(forceFullCollection: true) - before) / 1e6;
            var kernel = KernelMegabytes(options) - empty;
            var (updates, cpu) = Updates(books, services, backends, quick ? 300 : 1_000);
            GC.KeepAlive(records);
            return
            [
                new BenchmarkRow($"{name}: programmed from nothing", "s", programmed, null, null, string.Create(CultureInfo.InvariantCulture, $"{services * backends} backends")),
                new BenchmarkRow($"{name}: one backend changed, p99", "ms", Statistics.Quantile(updates, 0.99), UpdateLimit, Statistics.Quantile(updates, 0.99) / UpdateLimit,
                    FormattableString.Invariant($"median {Statistics.Median(updates):0.00}, greatest {updates.Max():0.00}; CPU time p99 {Statistics.Quantile(cpu, 0.99):0.00}, median {Statistics.Median(cpu):0.00}; {updates.Count} changes; reference: limit")),
                new BenchmarkRow($"{name}: memory of the agent, of the kernel's maps", "MB", agent, kernel, null, "reference column: the kernel's, over empty maps"),
            ];
        }
        finally
        {
            NodeDatapath.Remove(options);
            Directory.Delete(directory, recursive: true);
        }
    }

    /// <summary>
    /// Milliseconds from a record to the kernel, each, and how many of them the process had a CPU. What is left behind goes in between, as in the agent. So does a pause:
    /// changes come one by one, and a loop that never rests is measured mostly by how long the scheduler lets others go first.
    /// </summary>
    private static (List<double> Times, List<double> Cpu) Updates(ServiceBooks books, int services, int backends, int count)
    {
        const int Warmup = 300; // until the code is compiled
        var pause = TimeSpan.FromMilliseconds(2);
        var random = new Random(1);
        List<double> times = [], cpu = [];
        for (var i = 0; i < Warmup + count; i++)
        {
            var records = ServiceCrowd.Service(random.Next(services), backends, last: services * backends + i).Records().Skip(1).ToList();
            Thread.Sleep(pause);
            var used = Environment.CpuUsage.TotalTime;
            var began = Stopwatch.GetTimestamp();
            books.Take(records);
            books.Write();
            times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            cpu.Add((Environment.CpuUsage.TotalTime - used).TotalMilliseconds);
            books.LetGo();
        }

        return (times[Warmup..], cpu[Warmup..]);
    }

    /// <summary>As the kernel counts it, which it does of hash maps by their entries (Linux 6.4).</summary>
    private static double KernelMegabytes(DatapathOptions options) => _maps.Sum(map =>
    {
        const string Field = "memlock:";
        using var descriptor = BpfObjectCalls.OpenPinned(Path.Combine(options.BpfRoot, "maps", map)) ?? throw new InvalidOperationException($"map {map} is not pinned");
        using var lease = descriptor.Acquire();
        return double.Parse(File.ReadLines($"/proc/self/fdinfo/{lease.Number}").First(line => line.StartsWith(Field, StringComparison.Ordinal))[Field.Length..], CultureInfo.InvariantCulture) / 1e6;
    });
}
