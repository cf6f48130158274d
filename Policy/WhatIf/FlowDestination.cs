using System.Collections.Immutable;

namespace Axoneme.Policy;

/// <summary>Receivers of traffic.</summary>
/// <param name="Identity">Their identity.</param>
/// <param name="Only">Names of the endpoints meant, when others of the identity name different ports and do otherwise; empty: all of it.</param>
public sealed record FlowDestination(uint Identity, ImmutableArray<string> Only)
{
    public bool Equals(FlowDestination? other) => other is not null && Identity == other.Identity && Only.AsSpan().SequenceEqual(other.Only.AsSpan());

    public override int GetHashCode() => (int)Identity;
}
