using System.Collections.Immutable;

namespace Axoneme.Policy;

/// <summary>Flows that change alike: from each of the sources to each of the destinations.</summary>
/// <param name="Sources">Identities, ascending.</param>
/// <param name="Destinations">By identity.</param>
/// <param name="Changes">Disjoint intervals in order.</param>
public sealed record PolicyFlip(ImmutableArray<uint> Sources, ImmutableArray<FlowDestination> Destinations, ImmutableArray<FlowChange> Changes)
{
    /// <summary>How many (source, destination, interval) classes it stands for.</summary>
    public long Classes => (long)Sources.Length * Destinations.Length * Changes.Length;
}
