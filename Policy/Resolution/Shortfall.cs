using System.Collections.Immutable;

namespace Axoneme.Policy;

/// <summary>What a flow lacks for a rule to be about it, in words.</summary>
internal static class Shortfall
{
    private const int Shown = 8;

    /// <summary>Selectors of one rule that are put into words: there may be thousands, and somebody waits.</summary>
    private const int Looked = 64;

    /// <summary>How many conditions a peer fails of those that come closest; 0 when it is selected.</summary>
    public static int CountOfPeer(CompiledRule rule, LabelSet? peer) =>
        peer is null ? int.MaxValue : rule.Selectors.Min(selector => CountOf(selector, peer));

    /// <param name="rule">A rule with peers that does not select this one.</param>
    /// <param name="peer">Its labels; null when nobody knows them.</param>
    public static string OfPeer(CompiledRule rule, LabelSet? peer)
    {
        if (peer is null)
        {
            return "nobody knows the peer's labels";
        }

        var fewest = CountOfPeer(rule, peer);
        var nearest = rule.Selectors.Where(selector => CountOf(selector, peer) == fewest).ToList();
        var words = nearest.Take(Looked).Select(selector => string.Join(" and ", FailuresOf(selector, peer))).Distinct().ToList();
        var names = words.TrueForAll(text => text.StartsWith("is not ", StringComparison.Ordinal))
            ? $"is not {string.Join(" or ", Some(words.Select(text => text["is not ".Length..]), nearest.Count))}"
            : string.Join(", or ", Some(words, nearest.Count));
        return $"peer {names}";
    }

    /// <param name="rule">A rule that is about other traffic.</param>
    /// <param name="trafficClass">The traffic.</param>
    /// <param name="ports">Named ports of the pod it goes to.</param>
    public static string OfTraffic(CompiledRule rule, uint trafficClass, ImmutableArray<NamedPort> ports)
    {
        var matches = (rule.Rule.Traffic ?? []).SelectMany(part => part.Matches).ToList();
        var words = matches.Select(match =>
            match.Name is null ? new TrafficRange(match.LowClass, match.HighClass).ToString()
            : ports.Any(port => port.Name == match.Name && port.Protocol == match.Protocol) ? match.ToString()
            : $"{match} (the destination names no such port)");
        return $"{new TrafficRange(trafficClass, trafficClass)} is not in {(matches.Count == 0 ? "the rule, which is about no traffic" : string.Join(", ", Some(words.Take(Looked).Distinct(), matches.Count)))}";
    }

    private static IEnumerable<string> FailuresOf(Selector selector, LabelSet peer)
    {
        foreach (var requirement in selector.Requirements.Where(requirement => !requirement.Matches(peer)))
        {
            yield return FailureOf(requirement, peer);
        }

        if (selector.Within is { } network && !(peer.Cidr is { } cidr && CidrText.Contains(network, cidr)))
        {
            yield return $"is no address in {network}";
        }

        foreach (var except in selector.Except.Where(except => Selector.Addresses(except, []).Matches(peer)))
        {
            yield return $"is in {except}, which is excepted";
        }
    }

    private static string FailureOf(LabelRequirement requirement, LabelSet peer)
    {
        var key = requirement.Key == LabelKey.PodNamespace ? "namespace" : requirement.Key;
        var has = peer.TryGet(requirement.Source, requirement.Key, out var value);
        var values = string.Join(" or ", requirement.Values.Select(wanted => wanted.Length == 0 ? key : $"{key}={wanted}"));
        return requirement.Operator switch
        {
            SelectorOperator.Exists when requirement.Source == LabelSource.Reserved => $"is not {key}",
            SelectorOperator.In => has ? $"has {key}={value}, not {values}" : $"lacks {values}",
            SelectorOperator.Exists => $"lacks {key}",
            SelectorOperator.NotIn => $"has {key}={value}",
            _ => $"has {key}",
        };
    }

    /// <summary>As many failures as <see cref="FailuresOf"/> tells.</summary>
    private static int CountOf(Selector selector, LabelSet peer)
    {
        var count = selector.Within is { } network && !(peer.Cidr is { } cidr && CidrText.Contains(network, cidr)) ? 1 : 0;
        foreach (var requirement in selector.Requirements)
        {
            count += requirement.Matches(peer) ? 0 : 1;
        }

        return selector.Except.IsEmpty ? count : count + selector.Except.Count(except => Selector.Addresses(except, []).Matches(peer));
    }

    private static IEnumerable<string> Some(IEnumerable<string> words, int total)
    {
        var all = words.ToList();
        var more = Math.Max(all.Count, total > Looked ? total : 0) - Shown;
        return all.Count <= Shown && more <= 0 ? all : [.. all.Take(Shown), $"{more} more"];
    }
}
