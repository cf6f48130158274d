using System.Collections.Immutable;

namespace Axoneme.Policy;

/// <summary>One spec of a policy in force. Compared by reference.</summary>
internal sealed class CompiledSpec(string policyKey, int index, PolicySpec spec, ImmutableArray<CompiledRule> rules)
{
    public PolicySpec Spec { get; } = spec;

    public ImmutableArray<CompiledRule> Rules { get; } = rules;

    /// <summary>True when ports of the subject are looked up by name.</summary>
    public bool LooksUpSubjectPorts { get; } = rules.Any(rule => rule.HasNamedPorts && rule.Rule.Direction == PolicyDirection.Ingress);

    /// <summary>The endpoints it applies to, if they are pods or nodes as it wants.</summary>
    public CachedSelector<CompiledSpec>? Subjects { get; private set; }

    public void Acquire(SelectorCache<CompiledSpec> selectors) => Subjects = selectors.Acquire(Spec.Subject, this);

    public void Release(SelectorCache<CompiledSpec> selectors) => selectors.Release(Subjects!, this);

    /// <summary>By policy, then place in the policy: the same on every node.</summary>
    public static int Compare(CompiledSpec left, CompiledSpec right)
    {
        var order = string.CompareOrdinal(left.PolicyKey, right.PolicyKey);
        return order != 0 ? order : left.Index.CompareTo(right.Index);
    }

    public string PolicyKey { get; } = policyKey;

    public int Index { get; } = index;
}
