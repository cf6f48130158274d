using System.Net;
using System.Runtime.InteropServices;

namespace Axoneme.Policy;

/// <summary>
/// Which identities each selector in use selects, kept up to date. Each selector hangs on one of its conditions (its anchor); an identity
/// is tested only against selectors anchored at one of its labels or at a prefix around its own, so churn costs what can match.
/// </summary>
internal sealed class SelectorCache
{
    private readonly Dictionary<uint, LabelSet> _identities = [];
    private readonly Dictionary<Selector, CachedSelector> _selectors = [];
    private readonly Dictionary<(string Key, string? Value), HashSet<CachedSelector>> _byLabel = [];
    private readonly Dictionary<IPNetwork, HashSet<CachedSelector>> _byPrefix = [];
    private readonly HashSet<CachedSelector> _unanchored = [];
    private readonly Dictionary<(string Key, string Value), HashSet<uint>> _identitiesByLabel = [];

    public IReadOnlyDictionary<uint, LabelSet> Identities => _identities;

    /// <summary>Takes a selector into use; each call needs one <see cref="Release"/>.</summary>
    public CachedSelector Acquire(Selector selector)
    {
        if (!_selectors.TryGetValue(selector, out var cached))
        {
            cached = new CachedSelector(selector);
            _selectors.Add(selector, cached);
            Anchor(cached, hang: true);
            FillIn(cached);
        }

        cached.Users++;
        return cached;
    }

    public void Release(CachedSelector cached)
    {
        if (--cached.Users > 0)
        {
            return;
        }

        _selectors.Remove(cached.Selector);
        Anchor(cached, hang: false);
    }

    /// <summary>Adds an identity or changes its labels; false when nothing changed.</summary>
    public bool Upsert(uint identity, LabelSet labels)
    {
        if (_identities.TryGetValue(identity, out var old))
        {
            if (old.Equals(labels))
            {
                return false;
            }

            Remove(identity);
        }

        _identities.Add(identity, labels);
        foreach (var label in labels)
        {
            if (!_identitiesByLabel.TryGetValue((label.Key, label.Value), out var holders))
            {
                _identitiesByLabel.Add((label.Key, label.Value), holders = []);
            }

            holders.Add(identity);
        }

        foreach (var cached in Candidates(labels))
        {
            if (cached.Selector.Matches(labels))
            {
                cached.Identities.Add(identity);
            }
        }

        return true;
    }

    public bool Remove(uint identity)
    {
        if (!_identities.Remove(identity, out var labels))
        {
            return false;
        }

        foreach (var label in labels)
        {
            var holders = _identitiesByLabel[(label.Key, label.Value)];
            holders.Remove(identity);
            if (holders.Count == 0)
            {
                _identitiesByLabel.Remove((label.Key, label.Value));
            }
        }

        foreach (var cached in Candidates(labels))
        {
            cached.Identities.Remove(identity);
        }

        return true;
    }

    private void FillIn(CachedSelector cached)
    {
        // The rarest of the required labels bounds the search.
        HashSet<uint>? fewest = null;
        foreach (var requirement in cached.Selector.Requirements)
        {
            if (requirement is { Operator: SelectorOperator.In, Values.Length: 1 })
            {
                var holders = _identitiesByLabel.GetValueOrDefault((requirement.Key, requirement.Values[0])) ?? [];
                fewest = fewest is null || holders.Count < fewest.Count ? holders : fewest;
            }
        }

        foreach (var identity in fewest ?? (IEnumerable<uint>)_identities.Keys)
        {
            if (cached.Selector.Matches(_identities[identity]))
            {
                cached.Identities.Add(identity);
            }
        }
    }

    private IEnumerable<CachedSelector> Candidates(LabelSet labels)
    {
        foreach (var cached in _unanchored)
        {
            yield return cached;
        }

        foreach (var label in labels)
        {
            foreach (var cached in _byLabel.GetValueOrDefault((label.Key, label.Value)) ?? [])
            {
                yield return cached;
            }

            foreach (var cached in _byLabel.GetValueOrDefault((label.Key, null)) ?? [])
            {
                yield return cached;
            }
        }

        if (labels.Cidr is not { } cidr)
        {
            yield break;
        }

        for (var length = cidr.PrefixLength; length > 0; length--)
        {
            foreach (var cached in _byPrefix.GetValueOrDefault(CidrText.Mask(cidr.BaseAddress, length)) ?? [])
            {
                yield return cached;
            }
        }
    }

    /// <summary>Puts a selector on its anchors or takes it off.</summary>
    private void Anchor(CachedSelector cached, bool hang)
    {
        var selector = cached.Selector;
        if (selector.Within is { } network)
        {
            Hang(_byPrefix, network);
            return;
        }

        // "app in (a, b)" hangs on both values; a namespace is a poor anchor because many identities share it.
        var values = selector.Requirements
            .Where(requirement => requirement.Operator == SelectorOperator.In)
            .OrderBy(requirement => requirement.Key is LabelKey.PodNamespace or LabelKey.Cluster)
            .ThenBy(requirement => requirement.Values.Length)
            .FirstOrDefault();
        if (values is not null)
        {
            foreach (var value in values.Values)
            {
                Hang(_byLabel, (values.Key, value));
            }
        }
        else if (selector.Requirements.FirstOrDefault(requirement => requirement.Operator == SelectorOperator.Exists) is { } present)
        {
            Hang(_byLabel, (present.Key, null));
        }
        else if (hang)
        {
            _unanchored.Add(cached);
        }
        else
        {
            _unanchored.Remove(cached);
        }

        void Hang<TKey>(Dictionary<TKey, HashSet<CachedSelector>> index, TKey key)
            where TKey : notnull
        {
            if (hang)
            {
                ref var hanging = ref CollectionsMarshal.GetValueRefOrAddDefault(index, key, out _);
                (hanging ??= []).Add(cached);
            }
            else if (index[key].Remove(cached) && index[key].Count == 0)
            {
                index.Remove(key);
            }
        }
    }
}
