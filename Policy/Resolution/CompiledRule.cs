using System.Collections.Immutable;

namespace Axoneme.Policy;

/// <summary>A rule with its id and its peers as selectors in use.</summary>
internal sealed class CompiledRule(uint id, RuleDescription description, PolicyRule rule, ImmutableArray<CachedSelector> peers)
{
    public uint Id { get; } = id;

    public RuleDescription Description { get; } = description;

    public PolicyRule Rule { get; } = rule;

    public ImmutableArray<CachedSelector> Peers { get; } = peers;

    /// <summary>True when it holds for every peer, even one whose identity nobody knows.</summary>
    public bool IsForEveryPeer { get; } = peers.Any(peer => peer.Selector.IsEverything);

    /// <summary>True when a port's name must be looked up.</summary>
    public bool HasNamedPorts { get; } = rule.Traffic?.Any(match => match.Name is not null) ?? false;

    /// <summary>The intervals of traffic classes it is about, given the ports of the pod that traffic goes to.</summary>
    public void AddIntervals(ImmutableArray<NamedPort> namedPorts, int rank, List<RankedInterval> intervals)
    {
        if (Rule.Traffic is not { } traffic)
        {
            intervals.Add(new RankedInterval(0, TrafficMatch.LastClass, rank));
            return;
        }

        foreach (var match in traffic)
        {
            if (match.Name is null)
            {
                intervals.Add(new RankedInterval(match.LowClass, match.HighClass, rank));
                continue;
            }

            foreach (var port in namedPorts)
            {
                if (port.Name == match.Name && port.Protocol == match.Protocol)
                {
                    var trafficClass = TrafficMatch.ClassOf(port.Protocol, port.Port);
                    intervals.Add(new RankedInterval(trafficClass, trafficClass, rank));
                }
            }
        }
    }

    /// <summary>
    /// The order in which rules decide: a denying one before an allowing one, then one for every peer before one for some, so that peers it covers
    /// need no entry of their own, then by policy and section, which are the same on every node.
    /// </summary>
    public static int CompareByPrecedence(CompiledRule left, CompiledRule right)
    {
        var order = right.Rule.Deny.CompareTo(left.Rule.Deny);
        order = order != 0 ? order : right.IsForEveryPeer.CompareTo(left.IsForEveryPeer);
        order = order != 0 ? order : string.CompareOrdinal(left.Description.PolicyKey, right.Description.PolicyKey);
        return order != 0 ? order : string.CompareOrdinal(left.Rule.Section, right.Rule.Section);
    }
}
