using System.Collections.Immutable;

namespace Axoneme.Policy;

/// <summary>Goes through all traffic between two ends and finds where the verdict differs.</summary>
internal sealed class FlowSweep(PolicyEngine before, PolicyEngine after)
{
    /// <summary>The changes, in order and as long as the verdicts stay the same.</summary>
    public ImmutableArray<FlowChange> Changes(in FlowIntervals old, in FlowIntervals now)
    {
        var borders = new SortedSet<uint> { 0, TrafficMatch.LastClass + 1 };
        foreach (var interval in (ReadOnlySpan<PolicyInterval>)[.. old.Egress, .. old.Ingress, .. now.Egress, .. now.Ingress])
        {
            borders.Add(interval.Low);
            borders.Add(interval.High + 1);
        }

        var changes = ImmutableArray.CreateBuilder<FlowChange>();
        foreach (var (low, next) in borders.Zip(borders.Skip(1)))
        {
            var (was, becomes) = (old.At(low), now.At(low));
            var (verdict, other) = (FlowVerdict.Of(was.Egress, was.Ingress), FlowVerdict.Of(becomes.Egress, becomes.Ingress));
            if (verdict != other)
            {
                Append(changes, new FlowChange(
                    new TrafficRange(low, next - 1), verdict, other,
                    RulesOf(before, was.Egress, was.Ingress, verdict), RulesOf(after, becomes.Egress, becomes.Ingress, other)));
            }
        }

        return changes.ToImmutable();
    }

    private static void Append(ImmutableArray<FlowChange>.Builder changes, FlowChange next)
    {
        if (changes.Count > 0 && changes[^1] is var last && last.Traffic.High + 1 == next.Traffic.Low && last.Before == next.Before && last.After == next.After)
        {
            changes[^1] = last with
            {
                Traffic = last.Traffic with { High = next.Traffic.High },
                RulesBefore = [.. last.RulesBefore.Union(next.RulesBefore)],
                RulesAfter = [.. last.RulesAfter.Union(next.RulesAfter)],
            };
        }
        else
        {
            changes.Add(next);
        }
    }

    /// <summary>Who denies, or else who allows; nobody where nothing restricts.</summary>
    private static ImmutableArray<DecidingRule> RulesOf(PolicyEngine engine, in PolicyInterval egress, in PolicyInterval ingress, in FlowVerdict verdict)
    {
        var rules = ImmutableArray.CreateBuilder<DecidingRule>();
        foreach (var (direction, decided) in ((PolicyDirection, PolicyInterval)[])[(PolicyDirection.Egress, egress), (PolicyDirection.Ingress, ingress)])
        {
            if (decided.Rule != ImplicitRule.NotEnforced && (decided.Verdict == PolicyVerdict.Deny) == (verdict.Verdict == PolicyVerdict.Deny))
            {
                rules.Add(new DecidingRule(direction, engine.DescribeRule(decided.Rule)!));
            }
        }

        return rules.ToImmutable();
    }
}
