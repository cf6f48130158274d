using System.Collections.Immutable;

namespace Axoneme.Policy;

/// <summary>One member of a rule's traffic: what it matches, and what a proxy checks in it.</summary>
/// <param name="Matches">Alternatives; empty means no traffic at all.</param>
/// <param name="Inspection">Null: nothing beyond ports is asked.</param>
public sealed record TrafficRule(ImmutableArray<TrafficMatch> Matches, Inspection? Inspection = null);
