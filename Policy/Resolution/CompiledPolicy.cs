using System.Collections.Immutable;
using System.Net;

namespace Axoneme.Policy;

/// <summary>A policy in force.</summary>
/// <param name="Policy">What was parsed.</param>
/// <param name="Specs">Its specs with their rules compiled.</param>
/// <param name="Prefixes">Prefixes that need an identity for it; one per mention.</param>
internal sealed record CompiledPolicy(RulePolicy Policy, ImmutableArray<CompiledSpec> Specs, ImmutableArray<IPNetwork> Prefixes)
{
    /// <summary>True when a change of any CiliumCIDRGroup may change it.</summary>
    public bool RefersToGroups { get; } = Policy.Specs.SelectMany(spec => spec.Rules).SelectMany(rule => rule.Peers ?? []).Any(peer => peer is CidrGroupPeer);
}
