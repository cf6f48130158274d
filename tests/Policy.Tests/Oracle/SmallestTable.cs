using System.Collections.Immutable;

namespace Axoneme.Policy.Tests.Oracle;

/// <summary>
/// How many intervals the smallest table has that gives every identity its verdict for every traffic class and names a rule that decides it,
/// found by judging every class by every rule and trying every way to cut the line.
/// </summary>
internal static class SmallestTable
{
    /// <param name="set">Whose rules.</param>
    /// <param name="direction">Which of them.</param>
    /// <param name="peers">Every identity.</param>
    /// <param name="subject">Whose named ports count for ingress.</param>
    /// <param name="portsOf">Named ports of an identity.</param>
    public static int Size(
        PolicySet set,
        PolicyDirection direction,
        IEnumerable<(uint Number, LabelSet Labels)> peers,
        PolicySubject subject,
        Func<uint, ImmutableArray<NamedPort>> portsOf)
    {
        var policy = set.Of(direction);
        if (!policy.IsEnforced)
        {
            return 0;
        }

        var others = Line(null, []);
        var size = FewestPieces(others);
        foreach (var (number, labels) in peers)
        {
            var own = Line(labels, portsOf(number));
            if (!OutcomesAlong(own).SequenceEqual(OutcomesAlong(others)))
            {
                size += Math.Max(1, FewestPieces(own));
            }
        }

        return size;

        // The outcome and the rules that may be named, from border to border.
        List<(uint From, string? Outcome, HashSet<uint> Rules)> Line(LabelSet? peer, ImmutableArray<NamedPort> peerPorts)
        {
            var ports = direction == PolicyDirection.Ingress ? subject.NamedPorts : peerPorts;
            var lines = policy.Rules
                .Where(rule => rule.Selectors.Any(selector => selector.IsEverything || (peer is not null && selector.Matches(peer))))
                .SelectMany(rule => rule.Lines.Select(line => (Rule: rule, line.Inspection, Classes: line.Classes(ports).ToList())))
                .ToList();
            var isHost = direction == PolicyDirection.Ingress && !subject.IsNode && peer is not null && peer.Contains(LabelSource.Reserved, "host");
            var borders = lines.SelectMany(line => line.Classes).SelectMany(range => (uint[])[range.Low, range.High + 1]).Append(0u).Append(TrafficMatch.LastClass + 1);
            return [.. borders.Distinct().Order().Select(at => Judge(at, [.. lines.Where(line => line.Classes.Any(range => range.Low <= at && at <= range.High)).Select(line => (line.Rule, line.Inspection))], isHost))];
        }

        (uint From, string? Outcome, HashSet<uint> Rules) Judge(uint at, List<(CompiledRule Rule, Inspection? Inspection)> matching, bool isHost)
        {
            if (at > TrafficMatch.LastClass)
            {
                return (at, null, []);
            }

            if (matching.Any(match => match.Rule.Rule.Deny))
            {
                return (at, "deny", [.. matching.Where(match => match.Rule.Rule.Deny).Select(match => match.Rule.Id)]);
            }

            var inspected = matching.Where(match => match.Inspection is not null).ToList();
            var authentication = matching.Select(match => match.Rule.Rule.Authentication).DefaultIfEmpty().Max();
            var demand = isHost ? "" : $" {authentication}";
            if (inspected.Count > 0)
            {
                var asked = string.Join('|', inspected.Select(match => match.Inspection!.Text).Distinct());
                var mayBypass = isHost && inspected.Any(match => match.Inspection!.NeedsProxy) ? " or not" : "";
                return (at, $"inspect{mayBypass} {matching.Count > inspected.Count || isHost} {asked}{demand}", [.. inspected.Select(match => match.Rule.Id)]);
            }

            return matching.Count > 0 ? (at, $"allow{demand}", [.. matching.Select(match => match.Rule.Id)])
                : !policy.DefaultDeny ? (at, "open", [ImplicitRule.NotEnforced, .. isHost ? (uint[])[ImplicitRule.FromHost] : []])
                : isHost ? (at, "open", [ImplicitRule.FromHost])
                : (at, null, []);
        }
    }

    private static IEnumerable<(uint, string?)> OutcomesAlong(List<(uint From, string? Outcome, HashSet<uint> Rules)> line) =>
        line.Where((part, i) => i == 0 || line[i - 1].Outcome != part.Outcome).Select(part => (part.From, part.Outcome?.Replace(" Disabled", "", StringComparison.Ordinal)));

    /// <summary>Tries every cut.</summary>
    private static int FewestPieces(List<(uint From, string? Outcome, HashSet<uint> Rules)> line)
    {
        var fewest = new int[line.Count + 1];
        for (var from = line.Count - 1; from >= 0; from--)
        {
            if (line[from].Outcome is null)
            {
                fewest[from] = fewest[from + 1];
                continue;
            }

            fewest[from] = int.MaxValue;
            var named = new HashSet<uint>(line[from].Rules);
            for (var to = from; to < line.Count && line[to].Outcome == line[from].Outcome; to++)
            {
                named.IntersectWith(line[to].Rules);
                if (named.Count == 0)
                {
                    break;
                }

                fewest[from] = Math.Min(fewest[from], 1 + fewest[to + 1]);
            }
        }

        return fewest[0];
    }
}
