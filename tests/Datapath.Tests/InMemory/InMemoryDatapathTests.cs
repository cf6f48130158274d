using System.Net;
using Axoneme.Datapath.InMemory;
using Axoneme.Datapath.Layout;

namespace Axoneme.Datapath.Tests.InMemory;

/// <summary>The fake must have the kernel's manners, or what is tested with it is tested against nothing.</summary>
public class InMemoryDatapathTests
{
    private readonly InMemoryDatapath _datapath = new();

    [Fact]
    public void A_failure_on_request_happens_once_and_after_as_many_entries_as_asked()
    {
        _datapath.Hosts.FailNext(errno: 12, after: 1);
        IpAddressKey[] keys = [IpAddressKey.From(IPAddress.Parse("10.0.0.1")), IpAddressKey.From(IPAddress.Parse("10.0.0.2"))];
        var failure = Assert.Throws<KernelException>(() => _datapath.Hosts.PutMany(keys, new IpcacheEntry[2]));
        Assert.Equal(12, failure.ErrorNumber);
        Assert.Contains("map hosts: put", failure.Message);
        Assert.Equal(1, _datapath.Hosts.Count);
        _datapath.Hosts.PutMany(keys, new IpcacheEntry[2]);
        Assert.Equal(2, _datapath.Hosts.Count);
    }

    [Fact]
    public void A_trie_finds_the_longest_prefix()
    {
        _datapath.Prefixes.Put(PrefixKey.From(IPNetwork.Parse("10.0.0.0/8")), new IpcacheEntry { Identity = 1 });
        _datapath.Prefixes.Put(PrefixKey.From(IPNetwork.Parse("10.1.0.0/16")), new IpcacheEntry { Identity = 2 });
        Assert.True(_datapath.Prefixes.TryGet(new PrefixKey(128, IpAddressKey.From(IPAddress.Parse("10.1.2.3"))), out var found));
        Assert.Equal(2u, found.Identity);
        Assert.False(_datapath.Prefixes.TryGet(new PrefixKey(128, IpAddressKey.From(IPAddress.Parse("11.0.0.1"))), out _));
    }

    [Fact]
    public void A_full_map_and_an_index_beyond_an_array_are_refused_as_in_the_kernel()
    {
        var full = new InMemoryKernelMap<uint, uint>("small", 1);
        full.Put(1, 1);
        full.Put(1, 2);
        Assert.Equal(7, Assert.Throws<KernelException>(() => full.Put(2, 2)).ErrorNumber);
        Assert.Equal(7, Assert.Throws<KernelException>(() => _datapath.PolicyRanges.Put(_datapath.PolicyRanges.Capacity, default)).ErrorNumber);
        Assert.True(_datapath.PolicyRanges.TryGet(3, out _));
        Assert.Empty(_datapath.PolicyRanges.Entries());
    }

    [Fact]
    public async Task Published_events_reach_the_reader_until_cancelled()
    {
        using var stop = new CancellationTokenSource();
        List<uint> lengths = [];
        _datapath.Publish(new DatapathEvent { Length = 60 });
        _datapath.Publish(new DatapathEvent { Length = 61 });
        await _datapath.ReadEventsAsync(
            events =>
            {
                lengths.Add(events[0].Length);
                if (lengths.Count == 2)
                {
                    stop.Cancel();
                }
            },
            stop.Token);
        Assert.Equal([60u, 61u], lengths);
    }
}
