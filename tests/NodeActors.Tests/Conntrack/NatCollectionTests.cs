using System.Net;
using Axoneme.Datapath;
using Axoneme.Datapath.InMemory;
using Axoneme.Datapath.Layout;
using Axoneme.NodeActors.Conntrack;
using Axoneme.NodeActors.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Axoneme.NodeActors.Tests.Conntrack;

public class NatCollectionTests
{
    private const uint Now = 100_000;
    private readonly InMemoryDatapath _kernel = new();

    [Theory]
    [InlineData(6, NatFlags.None, 56)]
    [InlineData(6, NatFlags.ReplySeen, 7451)]
    [InlineData(6, NatFlags.ReplySeen | NatFlags.FinOut, 7451)]
    [InlineData(6, NatFlags.ReplySeen | NatFlags.FinOut | NatFlags.FinIn, 9)]
    [InlineData(6, NatFlags.ReplySeen | NatFlags.Reset, 9)]
    [InlineData(17, NatFlags.ReplySeen, 56)]
    [InlineData(1, NatFlags.None, 56)]
    public void Both_entries_of_a_translation_go_together_after_its_timeout_and_not_before(byte protocol, NatFlags flags, uint ticks)
    {
        Translate(protocol, flags, Now - ticks, Now - ticks);
        Assert.Equal((2, 1, 0, 0), Sweep());
        Translate(protocol, flags, Now - ticks - 1, Now - ticks - 1);
        Assert.Equal((0, 0, 2, 0), Sweep());
        Assert.Equal(0, _kernel.Nat.Count);
    }

    [Theory]
    [InlineData(1000u, 5u)]
    [InlineData(5u, 1000u)]
    public void A_packet_in_either_direction_keeps_both(uint outAge, uint inAge)
    {
        Translate(17, NatFlags.ReplySeen, Now - outAge, Now - inAge);
        Assert.Equal((2, 1, 0, 0), Sweep());
    }

    [Fact]
    public void An_entry_without_its_twin_goes_when_its_sender_had_time_to_make_it_again()
    {
        var back = Translate(6, NatFlags.ReplySeen, Now - 5000, Now - 56);
        _kernel.Nat.Delete(NatClock.TwinOf(back, Entry(back)));
        Assert.Equal((1, 0, 0, 0), Sweep());
        _kernel.Nat.Put(back, Entry(back) with { LastSeen = Now - 57 });
        Assert.Equal((0, 0, 0, 1), Sweep());
    }

    [Fact]
    public void An_entry_whose_twin_was_given_to_another_translation_is_an_orphan()
    {
        var back = Translate(17, NatFlags.None, Now, Now - 57);
        var out1 = NatClock.TwinOf(back, Entry(back));
        _kernel.Nat.Put(out1, Entry(out1) with { Tuple = Entry(out1).Tuple with { SourcePort = 999 } });
        Assert.Equal((1, 1, 0, 1), Sweep());
    }

    [Fact]
    public void Both_entries_of_a_client_that_asks_under_the_nodes_address_name_each_other()
    {
        var (asked, sent) = (Tuple("192.0.2.1", "198.51.100.1"), Tuple("198.51.100.1", "10.0.0.7"));
        var key = new NatKey { Tuple = asked, Protocol = 6, Direction = NatDirection.In };
        var entry = new NatEntry { Tuple = sent, Role = NatRole.Asks | NatRole.Service | NatRole.BothEnds, Flags = NatFlags.ReplySeen, LastSeen = Now - 5000 };
        var twin = NatClock.TwinOf(key, entry);
        Assert.Equal(new NatKey { Tuple = sent.Reversed(), Protocol = 6, Direction = NatDirection.In }, twin);
        var answer = new NatEntry { Tuple = asked.Reversed(), Role = NatRole.Service | NatRole.BothEnds, LastSeen = Now - 5000 };
        Assert.Equal(key, NatClock.TwinOf(twin, answer));
        _kernel.Nat.Put(key, entry);
        _kernel.Nat.Put(twin, answer);
        Assert.Equal((2, 1, 0, 0), Sweep());
        _kernel.Nat.Put(key, entry with { Flags = NatFlags.Reset });
        Assert.Equal((0, 0, 2, 0), Sweep());
    }

    [Theory]
    [InlineData(56u, 1, 0)]
    [InlineData(57u, 0, 1)]
    public void The_entry_of_pieces_has_no_other_and_goes_after_a_minute(uint age, int alive, int expired)
    {
        var key = new NatKey { Tuple = Tuple("192.0.2.1", "10.0.0.7"), Protocol = 17, Direction = NatDirection.Out };
        _kernel.Nat.Put(key, new NatEntry { Tuple = Tuple("198.51.100.1", "10.0.0.7"), Role = NatRole.Service | NatRole.Pieces, LastSeen = Now - age });
        Assert.Equal((alive, 0, expired, 0), Sweep());
    }

    [Fact]
    public void Evictions_are_estimated_when_the_map_was_nearly_full()
    {
        var estimate = new EvictionEstimate();
        Assert.Equal(0, estimate.Add(inserted: 1000, deleted: 0, alive: 900, fill: 0.9));
        Assert.Equal(150, estimate.Add(inserted: 1300, deleted: 100, alive: 950, fill: 1));
        Assert.Equal(0, estimate.Add(inserted: 1350, deleted: 0, alive: 1000, fill: 1));
        Assert.Equal(0, estimate.Add(inserted: 2000, deleted: 0, alive: 1000, fill: 0.5));
        Assert.Equal(0, estimate.Add(inserted: 10, deleted: 0, alive: 1000, fill: 1)); // counters began anew
        Assert.Equal(150, estimate.Total);
    }

    [Fact]
    public async Task Runs_come_closer_together_the_fuller_a_map_is_and_evictions_are_counted()
    {
        var time = new ManualTime();
        await using var collector = new ConntrackCollector(_kernel, TimeSpan.FromSeconds(16), time, NullLogger<ConntrackCollector>.Instance);
        collector.Start();
        await RunAsync(16);
        Assert.Equal(TimeSpan.FromSeconds(16), collector.Last.Interval);
        Fill(_kernel.Conntrack4.Capacity * 6 / 10);
        await RunAsync(16);
        Assert.Equal(TimeSpan.FromSeconds(8), collector.Last.Interval);
        Fill(_kernel.Conntrack4.Capacity * 95 / 100);
        _kernel.SetCounter(new CounterReading(519, _kernel.Conntrack4.Capacity * 2, 0));
        await RunAsync(8);
        Assert.Equal(TimeSpan.FromSeconds(2), collector.Last.Interval);
        Assert.Equal(_kernel.Conntrack4.Capacity * 2 - (_kernel.Conntrack4.Capacity * 95 / 100 - _kernel.Conntrack4.Capacity * 6 / 10), collector.Last.Evicted);

        async Task RunAsync(int seconds)
        {
            var runs = collector.Last.Runs;
            time.Advance(TimeSpan.FromSeconds(seconds));
            await Eventually.IsTrue(() => collector.Last.Runs > runs, "collected");
        }

        void Fill(uint count)
        {
            var seen = ConntrackClock.Ticks((ulong)time.GetTimestamp() * 100);
            for (var i = 0u; i < count; i++)
            {
                _kernel.Conntrack4.Put(new ConntrackKey4 { LowAddress = i, Protocol = 6 }, new ConntrackEntry { LastSeen = seen, Flags = ConntrackFlags.ReplySeen });
            }
        }
    }

    private (int Alive, int Translations, int Expired, int Orphaned) Sweep()
    {
        var sweep = new NatSweep(_kernel.Nat, () => Now).Run(CancellationToken.None);
        Assert.Equal(sweep.Alive, _kernel.Nat.Count);
        return (sweep.Alive, sweep.Translations, sweep.Expired, sweep.Orphaned);
    }

    private NatEntry Entry(NatKey key) => _kernel.Nat.TryGet(key, out var entry) ? entry : throw new InvalidOperationException("no entry");

    /// <summary>Makes both entries; returns the key of the one for what comes back.</summary>
    private NatKey Translate(byte protocol, NatFlags flags, uint outSeen, uint inSeen)
    {
        var tuple = new PacketTuple { Source = Address("10.0.0.7"), SourcePort = 1, Destination = Address("192.0.2.1"), DestinationPort = 2 };
        var key = new NatKey { Tuple = tuple, Protocol = protocol, Direction = NatDirection.Out };
        var entry = new NatEntry { Tuple = tuple with { Source = Address("198.51.100.1"), SourcePort = 3 }, Role = NatRole.Asks, Flags = flags, LastSeen = outSeen };
        var twin = NatClock.TwinOf(key, entry);
        _kernel.Nat.Put(key, entry);
        _kernel.Nat.Put(twin, new NatEntry { Tuple = tuple.Reversed(), LastSeen = inSeen });
        return twin;
    }

    private static PacketTuple Tuple(string source, string destination) => new() { Source = Address(source), SourcePort = 1, Destination = Address(destination), DestinationPort = 2 };

    private static IpAddressKey Address(string text) => IpAddressKey.From(IPAddress.Parse(text));
}
