namespace Axoneme.Policy;

/// <summary>Traffic classes a rule is about. Where several overlap, the lowest rank decides.</summary>
internal readonly record struct RankedInterval(uint Low, uint High, int Rank);
