using System.Collections.Immutable;
using System.Net;

namespace Axoneme.Policy;

/// <summary>A policy in force.</summary>
internal sealed class CompiledPolicy(RulePolicy policy, ImmutableArray<CompiledSpec> specs)
{
    public RulePolicy Policy { get; } = policy;

    public ImmutableArray<CompiledSpec> Specs { get; } = specs;

    public IEnumerable<CompiledRule> Rules => Specs.SelectMany(spec => spec.Rules);

    /// <summary>Prefixes that need an identity for it; one per mention.</summary>
    public ImmutableArray<IPNetwork> Prefixes { get; } =
    [
        .. specs.SelectMany(spec => spec.Rules).SelectMany(rule => rule.Selectors)
            .SelectMany(selector => selector.Within is { } network ? selector.Except.Append(network) : selector.Except)
            .Where(network => network.PrefixLength > 0),
    ];

    /// <summary>Names whose addresses need an identity for it; one per mention.</summary>
    public ImmutableArray<DnsPattern> Patterns { get; } = [.. PeersOf(policy).OfType<FqdnPeer>().Select(peer => peer.Pattern)];

    /// <summary>Peers that are other objects, by name or label: when those change, so may the policy.</summary>
    public ImmutableArray<Peer> References { get; } = [.. PeersOf(policy).Where(peer => peer is CidrGroupPeer or ServicePeer)];

    private static IEnumerable<Peer> PeersOf(RulePolicy policy) => policy.Specs.SelectMany(spec => spec.Rules).SelectMany(rule => rule.Peers ?? []);
}
