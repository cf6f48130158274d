using System.Collections.Immutable;

namespace Axoneme.Policy;

/// <summary>Finds the rules behind a verdict, or the allowing rule that comes closest to traffic nothing allows.</summary>
internal static class Explainer
{
    /// <param name="decided">What was looked up.</param>
    /// <param name="rules">Rules of the subject in this direction, in order of precedence.</param>
    /// <param name="peerIdentity">The other end.</param>
    /// <param name="peer">Its labels; null when nobody knows them.</param>
    /// <param name="trafficClass">The traffic.</param>
    /// <param name="ports">Named ports of the pod the traffic goes to.</param>
    /// <param name="numbers">Knows the rules by id.</param>
    public static Explanation Explain(
        PolicyInterval decided,
        IReadOnlyList<CompiledRule> rules,
        uint peerIdentity,
        LabelSet? peer,
        uint trafficClass,
        ImmutableArray<NamedPort> ports,
        RuleNumbers numbers)
    {
        var named = numbers.Describe(decided.Rule) ?? throw new InvalidOperationException($"rule {decided.Rule} decided and is not described");
        if (decided.Rule == ImplicitRule.None)
        {
            var near = Nearest(rules, peerIdentity, peer, trafficClass, ports);
            return new Explanation(decided, named, [], near?.Rule.Description, near?.Lacks ?? "");
        }

        if (decided.Rule == ImplicitRule.ControlTraffic)
        {
            return new Explanation(decided, named, [], null, "");
        }

        var deny = decided.Verdict == PolicyVerdict.Deny;
        var deciding = rules.Where(rule => rule.Rule.Deny == deny && rule.Selects(peerIdentity) && Covers(rule, trafficClass, ports));
        return new Explanation(decided, named, [.. deciding.Select(rule => rule.Description)], null, "");
    }

    /// <summary>A rule that has the right peer but not the traffic is nearer than one that has the traffic but not the peer.</summary>
    private static (CompiledRule Rule, string Lacks)? Nearest(
        IReadOnlyList<CompiledRule> rules, uint peerIdentity, LabelSet? peer, uint trafficClass, ImmutableArray<NamedPort> ports)
    {
        var candidates = rules.Where(rule => !rule.Rule.Deny && rule.Selectors.Length > 0).ToList();
        if (candidates.Where(rule => rule.Selects(peerIdentity)).MinBy(rule => rule.IsForEveryPeer) is { } samePeer)
        {
            return (samePeer, Shortfall.OfTraffic(samePeer, trafficClass, ports));
        }

        if (candidates.Where(rule => Covers(rule, trafficClass, ports)).MinBy(rule => Shortfall.CountOfPeer(rule, peer)) is { } sameTraffic)
        {
            return (sameTraffic, Shortfall.OfPeer(sameTraffic, peer));
        }

        return candidates.MinBy(rule => Shortfall.CountOfPeer(rule, peer)) is { } any
            ? (any, $"{Shortfall.OfPeer(any, peer)}; {Shortfall.OfTraffic(any, trafficClass, ports)}")
            : null;
    }

    private static bool Covers(CompiledRule rule, uint trafficClass, ImmutableArray<NamedPort> ports) =>
        rule.Lines.Any(line => line.Classes(ports).Any(range => range.Low <= trafficClass && trafficClass <= range.High));
}
