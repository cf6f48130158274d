using System.Diagnostics;
using System.Net;
using Axoneme.Datapath.Layout;
using Axoneme.NodeActors.Services;
using Xunit.Abstractions;

namespace Axoneme.NodeActors.Tests.Services;

/// <summary>Tables are even, the same everywhere, change little when backends go, and are made quickly.</summary>
public sealed class MaglevTests(ITestOutputHelper output)
{
    private const uint Size = Maglev.DefaultTableSize;

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(100)]
    public void Every_backend_has_as_many_entries_as_any_other_but_for_one(int count)
    {
        var shares = Maglev.Build(Backends(count), Size, 7).GroupBy(index => index).Select(group => group.Count()).ToArray();
        Assert.Equal(count, shares.Length);
        Assert.InRange(shares.Max() - shares.Min(), 0, 1);
        Assert.Equal((int)Size, shares.Sum());
    }

    [Theory]
    [InlineData(1, 0.02)]
    [InlineData(10, 0.03)]
    public void Little_changes_beyond_the_entries_of_backends_that_go(int gone, double most)
    {
        var worst = 0.0;
        foreach (var seed in Enumerable.Range(0, 20))
        {
            var random = new Random(seed);
            var before = Backends(100, seed);
            var after = BackendList.From(before.OrderBy(_ => random.Next()).Skip(gone));
            var (old, now) = (Maglev.Build(before, Size, (ulong)seed), Maglev.Build(after, Size, (ulong)seed));
            var kept = after.ToHashSet();
            var moved = Enumerable.Range(0, (int)Size).Count(entry => kept.Contains(before[old[entry]]) && before[old[entry]] != after[now[entry]]);
            worst = Math.Max(worst, moved / (double)Size);
        }

        output.WriteLine($"{gone} of 100 gone: at most {worst:P2} of the table moved between backends that stay");
        Assert.InRange(worst, 0, most);
    }

    [Fact]
    public void The_table_depends_on_the_set_the_seed_and_nothing_else()
    {
        var backends = Backends(20);
        var table = Maglev.Build(backends, Size, 1);
        Assert.Equal(table, Maglev.Build(BackendList.From(backends.Reverse()), Size, 1));
        Assert.NotEqual(table, Maglev.Build(backends, Size, 2));
        Assert.Equal(11895326203161604057UL, Fingerprint(table)); // other nodes may run other versions
    }

    [Fact]
    public void The_first_turns_are_the_same_however_many_follow()
    {
        var whole = Maglev.Build(Backends(10), 251, 3);
        var begun = Maglev.Build(Backends(10), 251, 3, turns: 64);
        Assert.Equal(64, begun.Count(entry => entry != Maglev.Free));
        Assert.All(Enumerable.Range(0, 251).Where(entry => begun[entry] != Maglev.Free), entry => Assert.Equal(whole[entry], begun[entry]));
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Every_size_is_filled(uint size) => Assert.DoesNotContain(Maglev.Free, Maglev.Build(Backends(7), size, 0));

    public static TheoryData<uint> Sizes() => [.. Maglev.TableSizes];

    [Fact]
    public void More_backends_than_entries_are_no_error() => Assert.DoesNotContain(Maglev.Free, Maglev.Build(Backends(1000), 251, 0));

    [Fact]
    public void A_table_of_a_hundred_backends_takes_milliseconds()
    {
        var backends = Backends(100);
        var times = new List<double>();
        for (var i = 0; i < 200; i++)
        {
            var since = Stopwatch.GetTimestamp();
            Maglev.Build(backends, Size, (ulong)i);
            times.Add(Stopwatch.GetElapsedTime(since).TotalMilliseconds);
        }

        times.Sort();
        output.WriteLine($"median {times[100]:F2} ms, least {times[0]:F2} ms");
        Assert.True(times[50] < 2, $"{times[50]} ms"); // others share the machine
    }

    [Theory]
    [InlineData("17", 17)]
    [InlineData("0", 0)]
    public void A_seed_may_be_a_number(string text, ulong seed) => Assert.Equal(seed, MaglevSeed.Parse(text));

    [Fact]
    public void A_seed_may_be_twelve_bytes()
    {
        Assert.NotEqual(MaglevSeed.Parse("AAAAAAAAAAAAAAAB"), MaglevSeed.Parse("AAAAAAAAAAAAAAAC"));
        Assert.Contains("12 bytes", Assert.Throws<FormatException>(() => MaglevSeed.Parse("AAAA")).Message);
        Assert.Throws<FormatException>(() => MaglevSeed.Parse("-1"));
    }

    private static BackendList Backends(int count, int network = 0) => BackendList.From(
        Enumerable.Range(0, count).Select(i => new BackendAddress(IpAddressKey.From(IPAddress.Parse($"10.{network}.{i / 250}.{i % 250 + 1}")), 8080, 6)));

    private static ulong Fingerprint(ushort[] table) => table.Aggregate(14695981039346656037UL, (hash, entry) => (hash ^ entry) * 1099511628211);
}
