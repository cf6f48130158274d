using Axoneme.Datapath.InMemory;
using Axoneme.Datapath.Layout;
using Axoneme.NodeActors.Conntrack;
using Axoneme.NodeActors.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Axoneme.NodeActors.Tests.Conntrack;

public class ConntrackCollectorTests
{
    private const ConntrackFlags Fins = ConntrackFlags.FinFromInitiator | ConntrackFlags.FinFromResponder;

    [Theory]
    [InlineData(6, ConntrackFlags.None, 60)]
    [InlineData(6, ConntrackFlags.ReplySeen, 8000)]
    [InlineData(6, ConntrackFlags.ReplySeen | ConntrackFlags.FinFromInitiator, 8000)]
    [InlineData(6, ConntrackFlags.ReplySeen | Fins, 10)]
    [InlineData(6, ConntrackFlags.ReplySeen | ConntrackFlags.Reset, 10)]
    [InlineData(17, ConntrackFlags.ReplySeen, 60)]
    [InlineData(1, ConntrackFlags.None, 60)]
    public async Task A_connection_is_forgotten_after_its_timeout_and_not_before(byte protocol, ConntrackFlags flags, int seconds)
    {
        var time = new ManualTime();
        var kernel = new InMemoryDatapath();
        await using var collector = new ConntrackCollector(kernel, TimeSpan.FromSeconds(1), time, NullLogger<ConntrackCollector>.Instance);
        collector.Start();
        var seen = ConntrackClock.Ticks((ulong)time.GetTimestamp() * 100);
        kernel.Conntrack4.Put(new ConntrackKey4 { Protocol = protocol }, new ConntrackEntry { LastSeen = seen, Flags = flags });
        kernel.Conntrack6.Put(new ConntrackKey6 { Protocol = protocol }, new ConntrackEntry { LastSeen = seen, Flags = flags });
        await AfterAsync(TimeSpan.FromSeconds(seconds * 0.9));
        Assert.Equal((1, 1), (kernel.Conntrack4.Count, kernel.Conntrack6.Count));
        Assert.Equal(2, collector.Last.Alive);
        await AfterAsync(TimeSpan.FromSeconds(seconds * 0.1 + 3)); // ticks are coarse
        Assert.Equal((0, 0), (kernel.Conntrack4.Count, kernel.Conntrack6.Count));
        Assert.Equal((2L, 0), (collector.Last.Deleted, collector.Last.Alive));

        async Task AfterAsync(TimeSpan span)
        {
            var runs = collector.Last.Runs;
            time.Advance(span);
            await Eventually.IsTrue(() => collector.Last.Runs > runs, "collected");
        }
    }

    [Fact]
    public async Task An_entry_newer_than_the_clock_reading_stays()
    {
        var time = new ManualTime();
        var kernel = new InMemoryDatapath();
        await using var collector = new ConntrackCollector(kernel, TimeSpan.FromSeconds(1), time, NullLogger<ConntrackCollector>.Instance);
        collector.Start();
        kernel.Conntrack4.Put(new ConntrackKey4 { Protocol = 17 }, new ConntrackEntry { LastSeen = ConntrackClock.Ticks((ulong)time.GetTimestamp() * 100 + 900_000_000) });
        time.Advance(TimeSpan.FromSeconds(1));
        await Eventually.IsTrue(() => collector.Last.Runs == 1, "collected");
        Assert.Equal(1, kernel.Conntrack4.Count);
    }

    [Fact]
    public async Task A_refusing_kernel_is_counted_and_tried_again()
    {
        var time = new ManualTime();
        var kernel = new InMemoryDatapath();
        await using var collector = new ConntrackCollector(kernel, TimeSpan.FromSeconds(1), time, NullLogger<ConntrackCollector>.Instance);
        collector.Start();
        kernel.Conntrack4.Put(new ConntrackKey4 { Protocol = 17 }, default);
        kernel.Conntrack4.FailNext(5);
        time.Advance(TimeSpan.FromSeconds(1));
        await Eventually.IsTrue(() => collector.Status.Failure is not null, "failure shown");
        Assert.Equal(1, collector.Last.Failures);
        time.Advance(TimeSpan.FromSeconds(1));
        await Eventually.IsTrue(() => collector.Last.Runs == 1 && collector.Status.Failure is null, "collected");
        Assert.Equal(0, kernel.Conntrack4.Count);
    }
}
