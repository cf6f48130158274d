namespace Axoneme.Policy;

/// <summary>What a rule id stands for.</summary>
/// <param name="PolicyKey"><c>Kind/namespace/name</c>; empty for rules nobody wrote.</param>
/// <param name="Section">For example <c>ingress[0]</c>.</param>
/// <param name="Text">The rule in compact JSON, or a sentence for rules nobody wrote.</param>
public sealed record RuleDescription(string PolicyKey, string Section, string Text)
{
    public override string ToString() => PolicyKey.Length == 0 ? Text : $"{PolicyKey} {Section}";
}
