namespace Axoneme.Policy;

/// <summary>A policy, or the errors that keep it from being one; never both.</summary>
public sealed record PolicyParseResult(PolicyObject? Policy, IReadOnlyList<PolicyError> Errors);
