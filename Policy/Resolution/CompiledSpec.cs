using System.Collections.Immutable;

namespace Axoneme.Policy;

/// <summary>One spec of a policy in force.</summary>
internal sealed record CompiledSpec(PolicySpec Spec, ImmutableArray<CompiledRule> Rules);
