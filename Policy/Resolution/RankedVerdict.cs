namespace Axoneme.Policy;

/// <summary>What a rank stands for.</summary>
internal readonly record struct RankedVerdict(PolicyVerdict Verdict, uint Rule);
