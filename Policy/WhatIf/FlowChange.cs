using System.Collections.Immutable;

namespace Axoneme.Policy;

/// <summary>Traffic whose verdict differs, and a rule per direction that decides it on each side.</summary>
/// <param name="Traffic">An interval of traffic classes.</param>
/// <param name="Before">The verdict as it is.</param>
/// <param name="After">The verdict as it would be.</param>
/// <param name="RulesBefore">Where traffic is denied: rules that deny it. Otherwise: rules that allow it.</param>
/// <param name="RulesAfter">The same of the other side.</param>
public sealed record FlowChange(
    TrafficRange Traffic, FlowVerdict Before, FlowVerdict After, ImmutableArray<DecidingRule> RulesBefore, ImmutableArray<DecidingRule> RulesAfter)
{
    /// <summary>True when the same happens for the same reasons, whatever the traffic.</summary>
    public bool HasOutcomeOf(FlowChange other) =>
        Before == other.Before && After == other.After
        && RulesBefore.AsSpan().SequenceEqual(other.RulesBefore.AsSpan()) && RulesAfter.AsSpan().SequenceEqual(other.RulesAfter.AsSpan());

    public bool Equals(FlowChange? other) => other is not null && Traffic == other.Traffic && HasOutcomeOf(other);

    public override int GetHashCode() => HashCode.Combine(Traffic, Before.Verdict, After.Verdict);
}
