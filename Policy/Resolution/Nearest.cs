using System.Collections.Immutable;

namespace Axoneme.Policy;

/// <summary>Finds the allowing rule that comes closest to traffic nothing allows.</summary>
internal static class Nearest
{
    /// <summary>A rule that has the right peer but not the traffic is nearer than one that has the traffic but not the peer.</summary>
    public static (CompiledRule Rule, string Lacks)? Find(
        IEnumerable<CompiledRule> rules, uint peerIdentity, uint trafficClass, ImmutableArray<NamedPort> namedPorts)
    {
        var candidates = rules.Where(rule => !rule.Rule.Deny && rule.Peers.Length > 0).Order(Comparer<CompiledRule>.Create(CompiledRule.CompareByPrecedence)).ToList();
        if (candidates.FirstOrDefault(rule => HasPeer(rule, peerIdentity)) is { } samePeer)
        {
            return (samePeer, $"it allows this peer only {TrafficOf(samePeer)}");
        }

        return candidates.FirstOrDefault(rule => HasTraffic(rule, trafficClass, namedPorts)) is { } sameTraffic
            ? (sameTraffic, $"it allows this traffic only for {PeersOf(sameTraffic)}")
            : candidates.FirstOrDefault() is { } any ? (any, $"it allows only {TrafficOf(any)} for {PeersOf(any)}") : null;
    }

    private static bool HasPeer(CompiledRule rule, uint identity) =>
        rule.IsForEveryPeer || rule.Peers.Any(peer => peer.Identities.Contains(identity));

    private static bool HasTraffic(CompiledRule rule, uint trafficClass, ImmutableArray<NamedPort> namedPorts)
    {
        var intervals = new List<RankedInterval>();
        rule.AddIntervals(namedPorts, 0, intervals);
        return intervals.Any(interval => interval.Low <= trafficClass && trafficClass <= interval.High);
    }

    private static string TrafficOf(CompiledRule rule) =>
        rule.Rule.Traffic is { } traffic ? traffic.Length == 0 ? "no traffic" : string.Join(", ", traffic) : "any traffic";

    private static string PeersOf(CompiledRule rule) => string.Join(" or ", rule.Peers.Select(peer => peer.Selector.ToString()));
}
