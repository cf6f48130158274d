using System.Collections.Immutable;

namespace Axoneme.Policy;

/// <summary>A rule in force: its id, the selectors of its peers, and where it takes part.</summary>
internal sealed class CompiledRule
{
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
    public ImmutableArray<Selector> Selectors { get; }

    /// <summary>True when it holds for every peer, even one whose identity nobody knows.</summary>
    public bool IsForEveryPeer { get; }

    /// <summary>True when a port's name must be looked up.</summary>
    public bool HasNamedPorts { get; }

    /// <summary>What it says of traffic.</summary>
    public ImmutableArray<RuleLine> Lines { get; }

    /// <summary>Its selectors in use; empty when it holds for every peer, where nothing needs to be watched.</summary>
    public ImmutableArray<CachedSelector<CompiledRule>> Peers { get; private set; } = [];

    /// <summary>The directions of policy sets it takes part in.</summary>
    public HashSet<DirectionPolicy> Users { get; } = [];

    public void Acquire(SelectorCache<CompiledRule> selectors) =>
        Peers = IsForEveryPeer ? [] : [.. Selectors.Select(selector => selectors.Acquire(selector, this))];

    public void Release(SelectorCache<CompiledRule> selectors)
    {
        foreach (var peer in Peers)
        {
            selectors.Release(peer, this);
        }
    }

    public bool Selects(uint identity)
    {
        if (IsForEveryPeer)
        {
            return true;
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
