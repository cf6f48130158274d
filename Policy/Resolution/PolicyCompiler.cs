using System.Collections.Immutable;

namespace Axoneme.Policy;

/// <summary>Turns a parsed policy into one in force: ids for its rules, selectors for its peers.</summary>
internal sealed class PolicyCompiler(RuleNumbers numbers, ReferredObjects referred, string clusterName)
{
    /// <param name="key">Key of the policy.</param>
    /// <param name="policy">What was parsed.</param>
    /// <param name="old">What was in force under the key: rules that come out the same are taken over from it.</param>
    /// <param name="changePeers">Gives a rule that stays other selectors.</param>
    public CompiledPolicy Compile(string key, RulePolicy policy, CompiledPolicy? old, Action<CompiledRule, ImmutableArray<Selector>> changePeers)
    {
        var known = old?.Rules.ToDictionary(rule => rule.Id) ?? [];
        return new CompiledPolicy(policy, [.. policy.Specs.Select((spec, index) => new CompiledSpec(key, index, spec, [.. spec.Rules.Select(CompileRule)]))]);

        CompiledRule CompileRule(PolicyRule rule)
        {
            var selectors = rule.Peers is { } peers ? peers.SelectMany(SelectorsOf) : [Selector.Everything];
            var description = new RuleDescription(key, rule.Section, rule.Text);
            var compiled = new CompiledRule(numbers.Take(description), description, rule, selectors);
            if (!known.TryGetValue(compiled.Id, out var same) || same.IsForEveryPeer != compiled.IsForEveryPeer)
            {
                return compiled;
            }

            if (!same.Selectors.AsSpan().SequenceEqual(compiled.Selectors.AsSpan()))
            {
                changePeers(same, compiled.Selectors);
            }

            return same;
        }
    }

    private IEnumerable<Selector> SelectorsOf(Peer peer) => peer switch
    {
        EndpointPeer endpoints => [InCluster(endpoints.Selector)],
        EntityPeer entity => Entity.SelectorsOf(entity.Name, clusterName),
        CidrPeer cidr => [Selector.Addresses(cidr.Network, cidr.Except)],
        CidrGroupPeer group => referred.NetworksOf(group).Select(network => Selector.Addresses(network, group.Except)),
        NodePeer nodes => RemoteNodes(nodes.Selector),
        ServicePeer services => referred.SelectorsOf(services).Select(InCluster),
        FqdnPeer names => [new Selector([LabelRequirement.Present(names.Pattern.Label.Source, names.Pattern.Label.Key)])],
        _ => throw new InvalidOperationException($"peer {peer.GetType().Name} has no selector"),
    };

    /// <summary>
    /// A selector that names no cluster means the local one (Cilium's <c>policy-default-local-cluster</c>, on since 1.19); reserved endpoints and
    /// addresses belong to none.
    /// </summary>
    private Selector InCluster(Selector selector) =>
        NamesCluster(selector) || selector.Within is not null || selector.Requirements.Any(requirement => requirement.Source == LabelSource.Reserved)
            ? selector
            : selector.And(LabelRequirement.EqualTo(LabelSource.Kubernetes, LabelKey.Cluster, clusterName));

    /// <summary>"An extension of the remote-node entity" (Cilium's documentation, "Node based"). A node without a cluster label is one of the local cluster.</summary>
    private IEnumerable<Selector> RemoteNodes(Selector selector)
    {
        var remote = selector.And(LabelRequirement.Present(LabelSource.Reserved, "remote-node"));
        return NamesCluster(selector)
            ? [remote]
            :
            [
                remote.And(LabelRequirement.EqualTo(LabelSource.Kubernetes, LabelKey.Cluster, clusterName)),
                remote.And(new LabelRequirement(LabelSource.Kubernetes, LabelKey.Cluster, SelectorOperator.DoesNotExist)),
            ];
    }

    private static bool NamesCluster(Selector selector) => selector.Requirements.Any(
        requirement => requirement.Key == LabelKey.Cluster && requirement.Source is LabelSource.Kubernetes or LabelSource.Any);
}
