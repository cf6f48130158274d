using System.Net;
using Axoneme.Datapath.Layout;
using Axoneme.Datapath.Maps;
using Axoneme.Datapath.Native;

namespace Axoneme.Datapath.Tests.Maps;

public class KernelMapTests
{
    private const uint NoPreallocation = 1;

    public static TheoryData<string> EveryType => ["Hash", "LruHash", "Array"];

    [Theory]
    [MemberData(nameof(EveryType))]
    public void What_was_put_is_found_and_gone_after_delete(string type)
    {
        using var map = Create<uint, PolicyRangeEntry>(type, 16);
        var entry = new PolicyRangeEntry(1, 2, 3, 4);
        map.Put(7, entry);
        Assert.True(map.TryGet(7, out var found));
        Assert.Equal(entry, found);
        Assert.Equal([new(7, entry)], map.Entries());
        Assert.True(map.Delete(7));
        Assert.False(map.Delete(7));
        Assert.Empty(map.Entries());
    }

    [Theory]
    [MemberData(nameof(EveryType))]
    public void Many_entries_go_in_and_out_together(string type)
    {
        using var map = Create<uint, ulong>(type, 20_000);
        var keys = Enumerable.Range(0, 10_000).Select(i => (uint)i).ToArray();
        var values = keys.Select(key => key + 1UL).ToArray();
        map.PutMany(keys, values);
        Assert.Equal(keys, map.Entries().Select(entry => entry.Key).Order());
        Assert.All(map.Entries(), entry => Assert.Equal(entry.Key + 1UL, entry.Value));

        map.DeleteMany(keys.AsSpan(0, 9_000));
        Assert.Equal(keys[9_000..], map.Entries().Select(entry => entry.Key).Order());
    }

    [Theory]
    [MemberData(nameof(EveryType))]
    public void Deleting_many_passes_over_absent_ones(string type)
    {
        using var map = Create<uint, ulong>(type, 100);
        map.PutMany([1, 3, 5], [1, 3, 5]);
        map.DeleteMany([0, 1, 2, 3, 4, 99]);
        Assert.Equal([new(5, 5UL)], map.Entries());
    }

    [Fact]
    public void A_full_hash_says_how_much_it_holds()
    {
        using var map = Create<uint, ulong>("Hash", 2);
        var failure = Assert.Throws<KernelException>(() => map.PutMany([1, 2, 3], [1, 2, 3]));
        Assert.Equal(Errno.TooBig, failure.ErrorNumber);
        Assert.Contains("map test", failure.Message);
        Assert.Contains("2 done", failure.Message);
        Assert.Contains("at most 2 entries", failure.Message);
        Assert.Equal(2, map.Entries().Count);
        Assert.Equal(Errno.TooBig, Assert.Throws<KernelException>(() => map.Put(4, 4)).ErrorNumber);
    }

    [Fact]
    public void An_lru_map_takes_more_than_it_holds_and_forgets_the_oldest()
    {
        using var map = Create<uint, ulong>("LruHash", 64);
        for (uint key = 0; key < 1000; key++)
        {
            map.Put(key, key);
        }

        Assert.InRange(map.Entries().Count, 1, 64);
        Assert.True(map.TryGet(999, out _));
    }

    [Fact]
    public void An_array_refuses_an_index_beyond_its_end()
    {
        using var map = Create<uint, ulong>("Array", 4);
        Assert.False(map.TryGet(4, out _));
        Assert.Equal(Errno.TooBig, Assert.Throws<KernelException>(() => map.Put(4, 1)).ErrorNumber);
    }

    [Fact]
    public void A_trie_finds_the_longest_prefix_and_lists_them_all()
    {
        using var map = Create<PrefixKey, IpcacheEntry>("LpmTrie", 1000, NoPreallocation);
        string[] networks = ["0.0.0.0/0", "10.0.0.0/8", "10.1.0.0/16", "fd00::/8"];
        map.PutMany(
            [.. networks.Select(text => PrefixKey.From(IPNetwork.Parse(text)))],
            [.. networks.Select((_, i) => new IpcacheEntry { Identity = (uint)i })]);

        Assert.Equal(2u, IdentityOf("10.1.2.3"));
        Assert.Equal(1u, IdentityOf("10.2.0.1"));
        Assert.Equal(0u, IdentityOf("192.0.2.1"));
        Assert.Equal(3u, IdentityOf("fd00::1"));
        Assert.False(map.TryGet(new PrefixKey(128, IpAddressKey.From(IPAddress.Parse("2001:db8::1"))), out _));
        Assert.Equal(networks.Order(), map.Entries().Select(entry => entry.Key.ToIPNetwork().ToString()).Order());

        Assert.True(map.Delete(PrefixKey.From(IPNetwork.Parse("10.1.0.0/16"))));
        map.DeleteMany([.. networks.Select(text => PrefixKey.From(IPNetwork.Parse(text)))]);
        Assert.Empty(map.Entries());

        uint IdentityOf(string address) =>
            map.TryGet(new PrefixKey(128, IpAddressKey.From(IPAddress.Parse(address))), out var entry) ? entry.Identity : throw new KeyNotFoundException(address);
    }

    [Fact]
    public void A_trie_of_thousands_of_prefixes_is_listed_whole()
    {
        using var map = Create<PrefixKey, IpcacheEntry>("LpmTrie", 20_000, NoPreallocation);
        var keys = Enumerable.Range(0, 10_000).Select(i => PrefixKey.From(IPNetwork.Parse($"10.{i / 256}.{i % 256}.0/24"))).ToArray();
        map.PutMany(keys, new IpcacheEntry[keys.Length]);
        Assert.Equal(keys.ToHashSet(), map.Entries().Select(entry => entry.Key).ToHashSet());
    }

    [Fact]
    public void A_map_of_another_layout_is_refused_with_both_sizes()
    {
        var descriptor = Descriptor<uint, uint>("Hash", 4, 0);
        var failure = Assert.Throws<KernelException>(() => new KernelMap<uint, EndpointEntry>(descriptor, "endpoints"));
        Assert.Contains("map endpoints", failure.Message);
        Assert.Contains("values of 4 bytes", failure.Message);
        Assert.Contains("48", failure.Message);
        descriptor.Dispose();
    }

    [Fact]
    public void A_disposed_map_is_not_another_file_s_number()
    {
        var map = Create<uint, ulong>("Hash", 4);
        map.Dispose();
        Assert.Throws<ObjectDisposedException>(() => map.Put(1, 1));
    }

    [Theory]
    [InlineData("0\n", 1)]
    [InlineData("0-1", 2)]
    [InlineData("0-3,8-11", 12)]
    [InlineData("0,2", 3)]
    public void Per_cpu_values_have_a_place_for_every_possible_cpu(string ranges, int cpus) => Assert.Equal(cpus, PerCpuCounters.PossibleCpus(ranges));

    private static KernelMap<TKey, TValue> Create<TKey, TValue>(string type, uint entries, uint flags = 0)
        where TKey : unmanaged
        where TValue : unmanaged => new(Descriptor<TKey, TValue>(type, entries, flags), "test");

    private static FileDescriptor Descriptor<TKey, TValue>(string type, uint entries, uint flags)
        where TKey : unmanaged
        where TValue : unmanaged
    {
        var result = BpfMapCalls.Create(Enum.Parse<BpfMapType>(type), System.Runtime.CompilerServices.Unsafe.SizeOf<TKey>(), System.Runtime.CompilerServices.Unsafe.SizeOf<TValue>(), entries, flags, "test");
        Assert.True(result >= 0, $"the kernel refuses a {type}: errno {-result}");
        return new FileDescriptor(result);
    }
}
