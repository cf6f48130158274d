using System.Collections.Immutable;

namespace Axoneme.Policy;

/// <summary>Rules for the endpoints that <see cref="Subject"/> selects.</summary>
public sealed record PolicySpec
{
    public required Selector Subject { get; init; }

    /// <summary>Traffic to the subject that no rule allows is dropped.</summary>
    public required bool IngressDefaultDeny { get; init; }

    public required bool EgressDefaultDeny { get; init; }

    public required ImmutableArray<PolicyRule> Rules { get; init; }
}
