using Axoneme.Datapath.InMemory;
using Axoneme.Datapath.Layout;
using Axoneme.NodeActors.Maps;
using Axoneme.NodeActors.Policies;
using Axoneme.NodeActors.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Axoneme.NodeActors.Tests.Policies;

public class IntervalStoreTests
{
    private readonly InMemoryArrayMap<PolicyRangeEntry> _kernel = new("policy_ranges", 16);
    private readonly MapReconciler<uint, PolicyRangeEntry> _map;
    private readonly ManualTime _time = new();
    private readonly IntervalStore _store;

    public IntervalStoreTests()
    {
        _map = new(_kernel, NullLogger.Instance, removesStrangers: false);
        _store = new IntervalStore(_map, _time);
    }

    [Fact]
    public void Equal_lists_stand_once()
    {
        Assert.Equal(_store.Acquire(List(3, 1)), _store.Acquire(List(3, 1)));
        Assert.Equal(3u, _store.InUse);
        _store.Release(List(3, 1));
        Assert.Equal(3u, _store.InUse);
        _store.Release(List(3, 1));
        Assert.Equal(0u, _store.InUse);
    }

    [Fact]
    public void Indices_of_a_released_list_rest_for_a_second()
    {
        var first = _store.Acquire(List(16, 1));
        _store.Release(List(16, 1));
        _time.Advance(TimeSpan.FromMilliseconds(999));
        Assert.Contains("policy_ranges is full", Assert.Throws<PolicySpaceException>(() => _store.Acquire(List(2, 2))).Message);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(first, _store.Acquire(List(2, 2)));
    }

    [Fact]
    public void Lists_of_an_earlier_run_keep_their_place()
    {
        Assert.True(_store.Adopt(4, List(3, 1)));
        Assert.Equal(4u, _store.Acquire(List(3, 1)));
        Assert.False(_store.Adopt(6, List(2, 2)));
        Assert.Equal(0u, _store.Acquire(List(4, 3)));
        Assert.Equal(7u, _store.Acquire(List(9, 4)));
    }

    [Fact]
    public void Lists_never_overlap_and_every_index_comes_back_over_random_use()
    {
        var random = new Random(1);
        var live = new Dictionary<uint, IntervalList>();
        for (var step = 0; step < 5000; step++)
        {
            if (random.Next(2) == 0)
            {
                try
                {
                    var list = List(random.Next(2, 6), (uint)step);
                    live.Add(_store.Acquire(list), list);
                }
                catch (PolicySpaceException)
                {
                    Assert.NotEmpty(live);
                }
            }
            else if (live.Count > 0)
            {
                var (first, list) = live.ElementAt(random.Next(live.Count));
                live.Remove(first);
                _store.Release(list);
                _time.Advance(TimeSpan.FromSeconds(1));
            }

            var indices = live.SelectMany(pair => Enumerable.Range((int)pair.Key, pair.Value.Count)).ToArray();
            Assert.Equal(indices.Length, indices.Distinct().Count());
            Assert.All(indices, index => Assert.InRange(index, 0, 15));
        }

        foreach (var list in live.Values)
        {
            _store.Release(list);
        }

        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(0u, _store.Acquire(List(16, 99999)));
    }

    private static IntervalList List(int count, uint rule) => new(Enumerable.Range(0, count).Select(i => new PolicyRangeEntry((uint)i * 10, (uint)i * 10 + 5, 1, rule)));
}
