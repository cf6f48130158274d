using System.Diagnostics;
using Axoneme.Datapath.Layout;
using Axoneme.Datapath.Maps;
using Axoneme.Datapath.Native;
using Xunit.Abstractions;

namespace Axoneme.Datapath.Tests.Maps;

/// <summary>What reading a large LRU map in portions costs, and that entries are seen once though they are deleted on the way.</summary>
public class SweepCostTests(ITestOutputHelper output)
{
    [Fact]
    public void Half_a_million_connections_are_read_and_half_of_them_deleted_in_one_pass()
    {
        const int Count = 500_000;
        using var map = new KernelMap<ConntrackKey4, ConntrackEntry>(new FileDescriptor(BpfMapCalls.Create(BpfMapType.LruHash, 16, System.Runtime.CompilerServices.Unsafe.SizeOf<ConntrackEntry>(), 1 << 20, 0, "sweep")), "sweep");
        var keys = Enumerable.Range(0, Count).Select(i => new ConntrackKey4 { LowAddress = (uint)i }).ToArray();
        map.PutMany(keys, new ConntrackEntry[Count]);
        var seen = new HashSet<uint>();
        var start = Stopwatch.GetTimestamp();
        var before = GC.GetAllocatedBytesForCurrentThread();
        map.Scan((_, _) => { });
        output.WriteLine($"read {Count} entries: {Stopwatch.GetElapsedTime(start).TotalMilliseconds:F0} ms, {(GC.GetAllocatedBytesForCurrentThread() - before) / 1024} KiB allocated");
        start = Stopwatch.GetTimestamp();
        map.Scan((portion, _) =>
        {
            foreach (var key in portion)
            {
                Assert.True(seen.Add(key.LowAddress), "seen twice");
            }

            map.DeleteMany(portion.ToArray().Where(key => key.LowAddress % 2 == 0).ToArray());
        });
        output.WriteLine($"and deleted half of them: {Stopwatch.GetElapsedTime(start).TotalMilliseconds:F0} ms");
        Assert.Equal(Count, seen.Count);
        Assert.Equal(Count / 2, map.Entries().Count);
    }
}
