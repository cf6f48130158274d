using System.Collections.Immutable;

namespace Axoneme.Policy;

/// <summary>Rules for the endpoints or nodes that <see cref="Subject"/> selects.</summary>
public sealed record PolicySpec
{
    public required Selector Subject { get; init; }

    /// <summary>True: the subject is a node (<c>nodeSelector</c>), never an endpoint. False: an endpoint, never a node.</summary>
    public bool IsForNodes { get; init; }

    /// <summary>Traffic to the subject that no rule allows is dropped.</summary>
    public required bool IngressDefaultDeny { get; init; }

    public required bool EgressDefaultDeny { get; init; }

    public required ImmutableArray<PolicyRule> Rules { get; init; }

    /// <summary>What flows this policy decides are marked with (<c>log.value</c>); empty when nothing.</summary>
    public string Log { get; init; } = "";
}
