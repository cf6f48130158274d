using System.Diagnostics;
using System.Runtime.InteropServices;
using Axoneme.Datapath;
using Axoneme.NodeActors.Services;
using Xunit.Abstractions;

namespace Axoneme.NodeActors.Tests.Services;

/// <summary>What services cost, in memory and on the kernel's maps. Bounds leave room for what shares the machine; the numbers are in the output.</summary>
[Collection("real node")]
public sealed class ServiceCostTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(false, LoadBalancerAlgorithm.Random)]
    [InlineData(true, LoadBalancerAlgorithm.Random)]
    [InlineData(true, LoadBalancerAlgorithm.Maglev)]
    public void Ten_thousand_services_of_ten_backends(bool kernel, LoadBalancerAlgorithm algorithm)
    {
        using var node = new KernelMaps(kernel);
        var bench = new ServiceBench(node.Services, new ServiceOptions { Algorithm = algorithm });
        for (var i = 0; i < 10_000; i++)
        {
            // Every twentieth is reached from outside, and has a table.
            bench.Set(ServiceRecords.Record(ServiceRecords.Service($"s{i}", $"10.96.{i >> 8}.{i & 255}", nodePort: i % 20 == 0 ? 30000 + (uint)i / 20 : 0)));
            bench.Set(Slice(i, 10, 0));
        }

        var programming = Measure(() => Assert.True(bench.Pass(), string.Join("; ", bench.Programmer.Problems)));
        Assert.Equal(11_000, node.Services.Services.Entries().Count);
        bench.Time.Advance(ServiceProgrammer.Grace);
        Assert.True(bench.Programmer.LetGo());
        var random = new Random(1);
        var updates = Updates(bench, i => Slice(random.Next(10_000), 10, i + 1));
        bench.Settle();
        var before = node.Services.Services.Entries().ToDictionary();
        var restart = Measure(() =>
        {
            bench.Restart();
            Assert.True(bench.Pass());
        });
        Assert.Equal(before, node.Services.Services.Entries().ToDictionary());
        Assert.Equal(0, bench.Programmer.Status.Sum(map => map.Puts + map.Deletes));
        Assert.Equal(0, bench.Programmer.Compare(countsAsDrift: true));
        output.WriteLine($"programmed in {programming:F0} ms, one endpoint changed: median {updates[200]:F2} ms, p99 {updates[396]:F2} ms of processor time; taken over in {restart:F0} ms");
        Assert.True(programming < 20_000, $"{programming} ms");
        Assert.True(updates[396] < 15, $"p99 {updates[396]} ms");
    }

    [Theory]
    [InlineData(false, LoadBalancerAlgorithm.Random)]
    [InlineData(true, LoadBalancerAlgorithm.Random)]
    [InlineData(true, LoadBalancerAlgorithm.Maglev)]
    public void One_service_of_a_thousand_backends(bool kernel, LoadBalancerAlgorithm algorithm)
    {
        using var node = new KernelMaps(kernel);
        var bench = new ServiceBench(node.Services, new ServiceOptions { Algorithm = algorithm });
        bench.Set(ServiceRecords.Record(ServiceRecords.Service("s0", "10.96.0.0", nodePort: 30000)));
        var updates = Updates(bench, i => Slice(0, 1000, i));
        output.WriteLine($"one endpoint of a thousand changed: median {updates[200]:F2} ms, p99 {updates[396]:F2} ms of processor time");
        Assert.True(updates[396] < 15, $"p99 {updates[396]} ms");
    }

    /// <summary>What is left behind is collected some day, and some change waits for it.</summary>
    [Theory]
    [InlineData(LoadBalancerAlgorithm.Random, 300)]
    [InlineData(LoadBalancerAlgorithm.Maglev, 400)]
    public void A_change_among_a_thousand_backends_leaves_little_behind(LoadBalancerAlgorithm algorithm, int kilobytes)
    {
        using var node = new KernelMaps(kernel: false);
        var bench = new ServiceBench(node.Services, new ServiceOptions { Algorithm = algorithm });
        bench.Set(ServiceRecords.Record(ServiceRecords.Service("s0", "10.96.0.0", nodePort: 30000)));
        var allocated = new List<long>();
        for (var i = 0; i < 20; i++)
        {
            bench.Set(Slice(0, 1000, i));
            var before = GC.GetAllocatedBytesForCurrentThread();
            bench.Programmer.Update(bench.Model.TakeChanges());
            Assert.True(bench.Programmer.Flush());
            allocated.Add(GC.GetAllocatedBytesForCurrentThread() - before);
            Assert.True(bench.Programmer.LetGo());
            bench.Time.Advance(ServiceProgrammer.Grace);
        }

        allocated.Sort();
        output.WriteLine($"one endpoint of a thousand changed: {allocated[10] >> 10} KiB");
        Assert.True(allocated[10] < kilobytes << 10, $"{allocated[10]} bytes");
    }

    /// <summary>From a record that is there to the kernel; old pools go along the way, as in real time.</summary>
    private static double[] Updates(ServiceBench bench, Func<int, Wire.State.Record> record)
    {
        const int Warmup = 300;
        var times = new List<double>();
        for (var i = 0; i < Warmup + 400; i++)
        {
            var next = record(i);
            var since = ProcessorTime();
            bench.Set(next);
            bench.Programmer.Update(bench.Model.TakeChanges());
            bench.Programmer.RemoveStrangers();
            Assert.True(bench.Programmer.Flush());
            var time = ProcessorTime() - since;
            Assert.True(bench.Programmer.LetGo());
            bench.Time.Advance(TimeSpan.FromSeconds(0.2));
            if (i >= Warmup)
            {
                times.Add(time);
            }
        }

        times.Sort();
        return [.. times];
    }

    /// <summary>Milliseconds of this thread, in the kernel, too: what shares the machine is not counted.</summary>
    private static double ProcessorTime()
    {
        const int ThreadClock = 3;
        Assert.Equal(0, clock_gettime(ThreadClock, out var time));
        return time.Seconds * 1e3 + time.Nanoseconds / 1e6;
    }

    [DllImport("libc")]
    private static extern int clock_gettime(int clock, out Time time);

    private struct Time
    {
        public long Seconds;
        public long Nanoseconds;
    }

    private static double Measure(Action action)
    {
        var since = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(since).TotalMilliseconds;
    }

    private static Wire.State.Record Slice(int service, int count, int version) => ServiceRecords.Record(ServiceRecords.Slice(
        $"s{service}", Enumerable.Range(0, count).Select(i => ServiceRecords.Endpoint(i == count - 1
            ? $"172.16.{version >> 8}.{version & 255}"
            : $"10.{1 + (service * 10 + i >> 16)}.{service * 10 + i >> 8 & 255}.{service * 10 + i & 255}"))));

    /// <summary>Maps in memory, or the kernel's under a directory of their own. Those need root.</summary>
    private sealed class KernelMaps : IDisposable
    {
        private readonly DatapathOptions? _options;
        private readonly NodeDatapath? _datapath;

        public KernelMaps(bool kernel)
        {
            if (!kernel)
            {
                Services = new WatchedServiceMaps(1 << 17, 1 << 18, 1 << 20, 1 << 20).Inner;
                return;
            }

            _options = new DatapathOptions
            {
                BpfRoot = $"/sys/fs/bpf/axo-test-{Environment.ProcessId}-services", PolicyEntries = 1024, HostEntries = 1024, PrefixEntries = 1024, ConntrackEntries = 1024, NatEntries = 1024,
            };
            _datapath = NodeDatapath.Open(_options);
            Services = _datapath.Services;
        }

        public ServiceMaps Services { get; }

        public void Dispose()
        {
            if (_options is not null)
            {
                _datapath!.Dispose();
                NodeDatapath.Remove(_options);
            }
        }
    }
}
