namespace Axoneme.Policy.Tests.Selection;

/// <summary>What churn costs: the selectors that can match, not those that there are.</summary>
public sealed class SelectorCacheTests
{
    private const string Namespace = "io.kubernetes.pod.namespace";

    private readonly SelectorCache<int> _cache = new();

    [Fact]
    public void A_newcomer_is_tested_against_selectors_of_its_own_labels_only()
    {
        for (var app = 0; app < 5000; app++)
        {
            _cache.Acquire(Select($"app={app}", $"{Namespace}=shop"), app);
            _cache.Acquire(new Selector([new LabelRequirement("any", "app", SelectorOperator.In, [$"{app}", $"{app + 1}"])]), app);
        }

        var flipped = Upsert(1000, "k8s:app=7", $"k8s:{Namespace}=shop", "k8s:team=red");
        Assert.Equal(3, flipped.Count); // app=7 in the namespace; in (6, 7); in (7, 8)
        Assert.Equal(3, _cache.Tests);
        Assert.Equal(flipped, Remove(1000));
        Assert.Equal(3, _cache.Tests);
    }

    [Fact]
    public void A_selector_hangs_on_its_rarest_condition()
    {
        for (var number = 0u; number < 200; number++)
        {
            Upsert(1000 + number, "k8s:app=web", $"k8s:{Namespace}=ns-{number}");
        }

        for (var ns = 0; ns < 200; ns++)
        {
            _cache.Acquire(Select("app=web", $"{Namespace}=ns-{ns}"), ns);
        }

        var before = _cache.Tests;
        Assert.Single(Upsert(5000, "k8s:app=web", $"k8s:{Namespace}=ns-5"));
        Assert.Equal(1, _cache.Tests - before);
    }

    [Fact]
    public void An_address_is_tested_against_prefixes_around_it_only()
    {
        for (var block = 0; block < 250; block++)
        {
            _cache.Acquire(Selector.Addresses(System.Net.IPNetwork.Parse($"10.{block}.0.0/16"), []), block);
        }

        _cache.Acquire(Selector.Addresses(System.Net.IPNetwork.Parse("10.0.0.0/8"), [System.Net.IPNetwork.Parse("10.7.0.0/16")]), 1000);
        Assert.Single(Upsert(1u << 24, [.. CidrText.LabelsOf(System.Net.IPNetwork.Parse("10.7.3.0/24")).ToStrings()]));
        Assert.Equal(2, _cache.Tests);
    }

    [Fact]
    public void Labels_that_change_flip_only_what_selects_otherwise()
    {
        _cache.Acquire(Select("app=web"), 1);
        _cache.Acquire(Select("team=red"), 2);
        _cache.Acquire(new Selector([new LabelRequirement("any", "app", SelectorOperator.NotIn, ["db"])]), 3);
        Upsert(1000, "k8s:app=web", "k8s:team=red");
        Assert.Equal(["any:app notin (db)", "any:app=web"], Upsert(1000, "k8s:app=db", "k8s:team=red").Select(cached => cached.Selector.ToString()).Order(StringComparer.Ordinal));
        Assert.Empty(Upsert(1000, "k8s:app=db", "k8s:team=red"));
    }

    [Fact]
    public void A_selector_nobody_uses_any_more_costs_nothing()
    {
        var cached = _cache.Acquire(Select("app=web"), 1);
        Assert.Same(cached, _cache.Acquire(Select("app=web"), 2));
        _cache.Release(cached, 1);
        Assert.Single(Upsert(1000, "k8s:app=web"));
        _cache.Release(cached, 2);
        Assert.Empty(Upsert(1001, "k8s:app=web"));
        Assert.Equal(1, _cache.Tests);
    }

    private static Selector Select(params string[] labels) =>
        new(labels.Select(label => label.Split('=')).Select(parts => LabelRequirement.EqualTo("any", parts[0], parts[1])));

    private HashSet<CachedSelector<int>> Upsert(uint number, params string[] labels)
    {
        var flipped = new HashSet<CachedSelector<int>>();
        _cache.Upsert(number, LabelSet.Parse(labels), flipped);
        return flipped;
    }

    private HashSet<CachedSelector<int>> Remove(uint number)
    {
        var flipped = new HashSet<CachedSelector<int>>();
        Assert.True(_cache.Remove(number, flipped));
        return flipped;
    }
}
