using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;

namespace Axoneme.Policy;

/// <summary>
/// What each selector in use selects, kept up to date: peers select identities, policies select endpoints. Each selector hangs on one of its
/// conditions (its anchor); a label set is tested only against selectors anchored at one of its labels or at a prefix around its own, so churn
/// costs what can match and not all selectors there are.
/// </summary>
/// <typeparam name="TUser">Who uses selectors.</typeparam>
internal sealed class SelectorCache<TUser>
{
    private readonly Dictionary<uint, LabelSet> _labels = [];
    private readonly Dictionary<Selector, CachedSelector<TUser>> _selectors = [];
    private readonly Dictionary<(string Key, string? Value), HashSet<CachedSelector<TUser>>> _byLabel = [];
    private readonly Dictionary<IPNetwork, HashSet<CachedSelector<TUser>>> _byPrefix = [];
    private readonly HashSet<CachedSelector<TUser>> _unanchored = [];
    private readonly Dictionary<(string Key, string Value), HashSet<uint>> _holders = [];

    /// <summary>Label sets that have a prefix, by its first address.</summary>
    private readonly SortedSet<(bool IsIpv6, UInt128 First, uint Number)> _addresses = [];

    /// <summary>How often a selector was tested against a label set that came or changed: what churn has cost.</summary>
    public long Tests { get; private set; }

    /// <summary>The label sets by number.</summary>
    public IReadOnlyDictionary<uint, LabelSet> Labels => _labels;

    /// <summary>Puts a selector to use; each use ends with one <see cref="Release"/>.</summary>
    public CachedSelector<TUser> Acquire(Selector selector, TUser user)
    {
        if (!_selectors.TryGetValue(selector, out var cached))
        {
            var (prefix, labels) = AnchorsOf(selector);
            cached = new CachedSelector<TUser>(selector, prefix, labels);
            _selectors.Add(selector, cached);
            Hang(cached);
            FillIn(cached);
        }

        cached.Users.Add(user);
        return cached;
    }

    public void Release(CachedSelector<TUser> cached, TUser user)
    {
        if (cached.Users.Remove(user) && cached.Users.Count == 0)
        {
            _selectors.Remove(cached.Selector);
            TakeOff(cached);
        }
    }

    /// <summary>Makes a label set known or changes it.</summary>
    /// <param name="number">Whose labels these are.</param>
    /// <param name="labels">All of them.</param>
    /// <param name="flipped">Gets the selectors that select it and did not, or no longer do.</param>
    public void Upsert(uint number, LabelSet labels, HashSet<CachedSelector<TUser>> flipped)
    {
        if (_labels.TryGetValue(number, out var old))
        {
            if (old.Equals(labels))
            {
                return;
            }

            Remove(number, flipped);
        }

        _labels.Add(number, labels);
        foreach (var label in labels)
        {
            ref var holders = ref CollectionsMarshal.GetValueRefOrAddDefault(_holders, (label.Key, label.Value), out _);
            (holders ??= []).Add(number);
        }

        if (labels.Cidr is { } network)
        {
            _addresses.Add(PlaceOf(network, number));
        }

        foreach (var cached in Candidates(labels))
        {
            Tests++;
            if (cached.Selector.Matches(labels) && cached.Members.Add(number) && !flipped.Add(cached))
            {
                flipped.Remove(cached); // it did and it does
            }
        }
    }

    /// <summary>Forgets a label set; false when it was not known.</summary>
    public bool Remove(uint number, HashSet<CachedSelector<TUser>> flipped)
    {
        if (!_labels.Remove(number, out var labels))
        {
            return false;
        }

        foreach (var label in labels)
        {
            // One key may stand twice in a set, with different sources.
            if (_holders.TryGetValue((label.Key, label.Value), out var holders) && holders.Remove(number) && holders.Count == 0)
            {
                _holders.Remove((label.Key, label.Value));
            }
        }

        if (labels.Cidr is { } network)
        {
            _addresses.Remove(PlaceOf(network, number));
        }

        foreach (var cached in Candidates(labels))
        {
            if (cached.Members.Remove(number))
            {
                flipped.Add(cached);
            }
        }

        return true;
    }

    private void FillIn(CachedSelector<TUser> cached)
    {
        // The rarest of the required labels bounds the search.
        List<HashSet<uint>>? fewest = null;
        foreach (var requirement in cached.Selector.Requirements.Where(requirement => requirement.Operator == SelectorOperator.In))
        {
            var holders = requirement.Values.Select(value => _holders.GetValueOrDefault((requirement.Key, value))).OfType<HashSet<uint>>().ToList();
            fewest = fewest is null || holders.Sum(set => set.Count) < fewest.Sum(set => set.Count) ? holders : fewest;
        }

        var candidates = cached.Prefix is { } network ? Within(network) : fewest?.SelectMany(set => set) ?? _labels.Keys;
        foreach (var number in candidates)
        {
            if (cached.Selector.Matches(_labels[number]))
            {
                cached.Members.Add(number);
            }
        }
    }

    /// <summary>Numbers of label sets whose prefix begins within a network.</summary>
    private IEnumerable<uint> Within(IPNetwork network)
    {
        var first = PlaceOf(network, 0);
        var others = (UInt128.One << ((first.IsIpv6 ? 128 : 32) - network.PrefixLength)) - 1; // all but the first address; a prefix of length 0 hangs on labels
        return _addresses.GetViewBetween(first, (first.IsIpv6, first.First + others, uint.MaxValue)).Select(place => place.Number);
    }

    private static (bool IsIpv6, UInt128 First, uint Number) PlaceOf(IPNetwork network, uint number)
    {
        Span<byte> bytes = stackalloc byte[16];
        network.BaseAddress.TryWriteBytes(bytes, out var length);
        return length == 16
            ? (true, BinaryPrimitives.ReadUInt128BigEndian(bytes), number)
            : (false, BinaryPrimitives.ReadUInt32BigEndian(bytes), number);
    }

    private IEnumerable<CachedSelector<TUser>> Candidates(LabelSet labels)
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

    /// <summary>Where a selector hangs: null and nothing when any label set may be selected.</summary>
    private (IPNetwork? Prefix, (string Key, string? Value)[] Labels) AnchorsOf(Selector selector)
    {
        if (selector.Within is { } network)
        {
            return (network, []);
        }

        // "app in (a, b)" hangs on both values. The rarest condition is the best; while none is known to be rare, one that is the pod's own.
        var values = selector.Requirements
            .Where(requirement => requirement.Operator == SelectorOperator.In)
            .OrderBy(requirement => requirement.Values.Sum(value => _holders.GetValueOrDefault((requirement.Key, value))?.Count ?? 0))
            .ThenBy(requirement => LabelKey.IsOfSurroundings(requirement.Key))
            .ThenBy(requirement => requirement.Values.Length)
            .FirstOrDefault();
        return (null, values is not null
            ? [.. values.Values.Select(value => (values.Key, (string?)value))]
            : [.. selector.Requirements.Where(requirement => requirement.Operator == SelectorOperator.Exists).Take(1).Select(requirement => (requirement.Key, (string?)null))]);
    }

    private void Hang(CachedSelector<TUser> cached)
    {
        if (cached.Prefix is { } network)
        {
            ref var hanging = ref CollectionsMarshal.GetValueRefOrAddDefault(_byPrefix, network, out _);
            (hanging ??= []).Add(cached);
        }
        else if (cached.Labels.Length == 0)
        {
            _unanchored.Add(cached);
        }

        foreach (var label in cached.Labels)
        {
            ref var hanging = ref CollectionsMarshal.GetValueRefOrAddDefault(_byLabel, label, out _);
            (hanging ??= []).Add(cached);
        }
    }

    private void TakeOff(CachedSelector<TUser> cached)
    {
        _unanchored.Remove(cached);
        if (cached.Prefix is { } network && _byPrefix[network].Remove(cached) && _byPrefix[network].Count == 0)
        {
            _byPrefix.Remove(network);
        }

        foreach (var label in cached.Labels)
        {
            if (_byLabel[label].Remove(cached) && _byLabel[label].Count == 0)
            {
                _byLabel.Remove(label);
            }
        }
    }
}
