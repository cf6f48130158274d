using System.Collections.Immutable;

namespace Axoneme.Policy;

/// <summary>Why traffic passes or does not, in one direction.</summary>
/// <param name="Decision">The verdict as the kernel finds it, with the rule it names.</param>
/// <param name="Rule">That rule described.</param>
/// <param name="Deciding">Every written rule that decides, in order of precedence: all that deny it, or else all that allow it.</param>
/// <param name="Nearest">When none decides and the traffic is dropped: the allowing rule that comes closest, if any applies to the subject.</param>
/// <param name="Lacks">What the traffic lacks for <paramref name="Nearest"/> to allow it; empty otherwise.</param>
public sealed record Explanation(
    PolicyInterval Decision,
    RuleDescription Rule,
    ImmutableArray<RuleDescription> Deciding,
    RuleDescription? Nearest,
    string Lacks)
{
    public PolicyVerdict Verdict => Decision.Verdict;

    public uint RuleId => Decision.Rule;

    public override string ToString() => Nearest is null ? $"{Verdict}: {Rule}" : $"{Verdict}: {Rule}; nearest {Nearest}: {Lacks}";
}
