using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace Axoneme.Policy;

/// <summary>A rule in force: its id, the selectors of its peers, and where it takes part.</summary>
internal sealed class CompiledRule
{
    /// <summary>Up to so many selectors are asked one by one; for more, it is counted how many select an identity.</summary>
    private const int FewPeers = 16;

    private Dictionary<uint, int>? _counts;

    public CompiledRule(uint id, RuleDescription description, PolicyRule rule, IEnumerable<Selector> selectors)
    {
        Id = id;
        Description = description;
        Rule = rule;
        Selectors = [.. selectors.Distinct()];
        IsForEveryPeer = Selectors.Any(selector => selector.IsEverything);
        Lines = rule.Traffic is { } traffic
            ? [.. traffic.Select(part => new RuleLine(this, part.Matches, part.Inspection))]
            : [new RuleLine(this, null, null)];
        HasNamedPorts = Lines.Any(line => line.Matches is { } matches && matches.Any(match => match.Name is not null));
    }

    public uint Id { get; }

    public RuleDescription Description { get; }

    public PolicyRule Rule { get; }

    /// <summary>What its peers come to.</summary>
    public ImmutableArray<Selector> Selectors { get; private set; }

    /// <summary>True when it holds for every peer, even one whose identity nobody knows.</summary>
    public bool IsForEveryPeer { get; }

    /// <summary>True when a port's name must be looked up.</summary>
    public bool HasNamedPorts { get; }

    /// <summary>What it says of traffic.</summary>
    public ImmutableArray<RuleLine> Lines { get; }

    /// <summary>Its selectors in use; empty when it holds for every peer, where nothing needs to be watched.</summary>
    public ImmutableArray<CachedSelector<CompiledRule>> Peers { get; private set; } = [];

    /// <summary>Identities it selects; one may come several times.</summary>
    public IEnumerable<uint> Members => _counts?.Keys ?? Peers.SelectMany(peer => peer.Members);

    /// <summary>The directions of policy sets it takes part in.</summary>
    public HashSet<DirectionPolicy> Users { get; } = [];

    public void Acquire(SelectorCache<CompiledRule> selectors)
    {
        Peers = IsForEveryPeer ? [] : [.. Selectors.Select(selector => selectors.Acquire(selector, this))];
        CountAll();
    }

    public void Release(SelectorCache<CompiledRule> selectors)
    {
        foreach (var peer in Peers)
        {
            selectors.Release(peer, this);
        }
    }

    /// <summary>Takes other selectors, because an object it refers to changed.</summary>
    /// <returns>Identities that are now selected and were not, or the other way round.</returns>
    public IReadOnlyList<uint> ChangePeers(ImmutableArray<Selector> now, SelectorCache<CompiledRule> selectors)
    {
        var (kept, wanted) = (Selectors.ToHashSet(), now.ToHashSet());
        var going = Peers.Where(peer => !wanted.Contains(peer.Selector)).ToHashSet();
        var coming = now.Where(selector => !kept.Contains(selector)).Select(selector => selectors.Acquire(selector, this)).ToList();
        var before = going.Concat(coming).SelectMany(peer => peer.Members).Distinct().ToDictionary(identity => identity, Selects);
        Selectors = now;
        Peers = [.. Peers.Where(peer => !going.Contains(peer)), .. coming];
        CountAll();
        foreach (var peer in going)
        {
            selectors.Release(peer, this);
        }

        return [.. before.Where(was => was.Value != Selects(was.Key)).Select(was => was.Key)];
    }

    /// <summary>One of its selectors began (1) or ended (-1) selecting an identity.</summary>
    public void Count(uint identity, int change)
    {
        if (_counts is null)
        {
            return;
        }

        ref var count = ref CollectionsMarshal.GetValueRefOrAddDefault(_counts, identity, out _);
        count += change;
        if (count == 0)
        {
            _counts.Remove(identity);
        }
    }

    public bool Selects(uint identity)
    {
        if (IsForEveryPeer || _counts is not null)
        {
            return IsForEveryPeer || _counts!.ContainsKey(identity);
        }

        foreach (var peer in Peers)
        {
            if (peer.Members.Contains(identity))
            {
                return true;
            }
        }

        return false;
    }

    private void CountAll()
    {
        _counts = Peers.Length > FewPeers ? [] : null;
        foreach (var identity in _counts is null ? [] : Peers.SelectMany(peer => peer.Members))
        {
            Count(identity, 1);
        }
    }

    /// <summary>
    /// An order that is the same on every node: denying rules, then rules for every peer, then by policy and section. It settles which of several
    /// deciding rules is named, never the verdict.
    /// </summary>
    public static int Compare(CompiledRule left, CompiledRule right)
    {
        var order = right.Rule.Deny.CompareTo(left.Rule.Deny);
        order = order != 0 ? order : right.IsForEveryPeer.CompareTo(left.IsForEveryPeer);
        order = order != 0 ? order : string.CompareOrdinal(left.Description.PolicyKey, right.Description.PolicyKey);
        return order != 0 ? order : string.CompareOrdinal(left.Rule.Section, right.Rule.Section);
    }
}
