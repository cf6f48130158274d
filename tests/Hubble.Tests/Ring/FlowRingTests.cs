using Axoneme.Datapath.Layout;
using Axoneme.Hubble.Tests.Support;

namespace Axoneme.Hubble.Tests.Ring;

public class FlowRingTests
{
    [Theory]
    [InlineData(0, "")]
    [InlineData(2, "5 6")]
    [InlineData(100, "3 4 5 6")]
    public async Task The_last_flows_come_oldest_first(int last, string expected)
    {
        var ring = new FlowRing(4);
        Add(ring, 1, 6);
        Assert.Equal(expected, string.Join(' ', (await Read(ring, FlowFilter.All, last)).Select(flow => flow.Length)));
    }

    [Fact]
    public async Task The_last_flows_are_the_last_that_match()
    {
        var ring = new FlowRing(8);
        Add(ring, 1, 3);
        ring.Add(Events.Decode(Events.Syn(EventType.Drop, DropReasons.Policy) with { Length = 4 }));
        Add(ring, 5, 6);
        var dropped = FlowFilter.All with { Verdicts = [FlowVerdict.Dropped] };
        Assert.Equal([4u], (await Read(ring, dropped, 1)).Select(flow => flow.Length));
    }

    [Fact]
    public async Task A_follower_sees_what_comes_after_and_only_that()
    {
        var ring = new FlowRing(8);
        Add(ring, 1, 3);
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        await using var follower = ring.ReadAsync(FlowFilter.All, 0, follow: true, stop.Token).GetAsyncEnumerator();
        var next = follower.MoveNextAsync();
        Assert.False(next.IsCompleted);
        Add(ring, 4, 5);
        Assert.True(await next);
        Assert.Equal(4u, follower.Current.Flow!.Length);
        Assert.True(await follower.MoveNextAsync());
        Assert.Equal((5u, 5L), (follower.Current.Flow!.Length, follower.Current.Flow.Sequence));
    }

    [Fact]
    public async Task A_follower_that_falls_behind_is_told_how_many_it_missed_and_goes_on()
    {
        var ring = new FlowRing(4);
        Add(ring, 1, 1);
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        await using var follower = ring.ReadAsync(FlowFilter.All, 1, follow: true, stop.Token).GetAsyncEnumerator();
        Assert.True(await follower.MoveNextAsync());
        Add(ring, 2, 11);
        Assert.True(await follower.MoveNextAsync());
        Assert.Equal(new FlowRingEntry(null, 6), follower.Current);
        for (var expected = 8u; expected <= 11; expected++)
        {
            Assert.True(await follower.MoveNextAsync());
            Assert.Equal(expected, follower.Current.Flow!.Length);
        }
    }

    [Fact]
    public async Task Cancelling_ends_a_follower()
    {
        using var stop = new CancellationTokenSource();
        await using var follower = new FlowRing(4).ReadAsync(FlowFilter.All, 0, follow: true, stop.Token).GetAsyncEnumerator();
        var next = follower.MoveNextAsync();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await next);
    }

    [Fact]
    public async Task Every_flow_is_read_or_counted_as_lost_by_every_reader_while_writers_race()
    {
        const int Writers = 4, Each = 5_000;
        var ring = new FlowRing(256);
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var readers = Enumerable.Range(0, 3).Select(_ => ring.ReadAsync(FlowFilter.All, 0, follow: true, stop.Token).GetAsyncEnumerator()).Select(async follower =>
        {
            long seen = 0, last = 0;
            while (seen < Writers * Each && await follower.MoveNextAsync())
            {
                seen += follower.Current.Flow is null ? follower.Current.Lost : 1;
                if (follower.Current.Flow is { } flow)
                {
                    Assert.True(flow.Sequence > last, $"{flow.Sequence} came after {last}");
                    last = flow.Sequence;
                }
            }

            return (seen, last);
        }).ToList();
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(_ => Task.Run(() => Add(ring, 1, Each))));
        foreach (var reader in readers)
        {
            Assert.Equal((Writers * Each, Writers * Each), await reader);
        }
    }

    [Fact]
    public void A_capacity_is_rounded_up_to_a_power_of_two()
    {
        Assert.Equal(4096, new FlowRing(4095).Capacity);
        Assert.Throws<ArgumentOutOfRangeException>(() => new FlowRing(0));
    }

    private static void Add(FlowRing ring, uint first, uint last)
    {
        for (var length = first; length <= last; length++)
        {
            ring.Add(Events.Decode(Events.Syn(EventType.New) with { Length = length }));
        }
    }

    private static async Task<List<Flow>> Read(FlowRing ring, FlowFilter filter, int last)
    {
        List<Flow> flows = [];
        await foreach (var entry in ring.ReadAsync(filter, last, follow: false, CancellationToken.None))
        {
            flows.Add(entry.Flow!);
        }

        return flows;
    }
}
