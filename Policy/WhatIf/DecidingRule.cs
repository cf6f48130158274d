namespace Axoneme.Policy;

/// <summary>A rule that decides a flow, and for which end.</summary>
/// <param name="Direction">Egress: the source's policy. Ingress: the destination's.</param>
/// <param name="Rule">The rule, or a sentence where nobody wrote one.</param>
public sealed record DecidingRule(PolicyDirection Direction, RuleDescription Rule)
{
    public override string ToString() => $"{(Direction == PolicyDirection.Egress ? "egress" : "ingress")}: {Rule}";
}
