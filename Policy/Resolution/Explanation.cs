namespace Axoneme.Policy;

/// <summary>Why traffic passes or does not, in one direction.</summary>
/// <param name="Verdict">What happens to it.</param>
/// <param name="RuleId">The deciding rule, <see cref="ImplicitRule.None"/> when none matched.</param>
/// <param name="Rule">The deciding rule described.</param>
/// <param name="Nearest">When none matched: the allowing rule that comes closest, if any applies to the subject.</param>
/// <param name="Lacks">What the traffic lacks for <paramref name="Nearest"/> to allow it; empty otherwise.</param>
public sealed record Explanation(PolicyVerdict Verdict, uint RuleId, RuleDescription Rule, RuleDescription? Nearest, string Lacks)
{
    public override string ToString() => Nearest is null ? $"{Verdict}: {Rule}" : $"{Verdict}: {Rule}; nearest {Nearest}: {Lacks}";
}
