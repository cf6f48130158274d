using System.Collections.Immutable;
using System.Net;

namespace Axoneme.Policy;

/// <summary>Turns a parsed policy into one in force: ids for its rules, selectors for its peers.</summary>
internal sealed class PolicyCompiler(SelectorCache selectors, RuleNumbers rules, IReadOnlyCollection<CidrGroup> groups, string clusterName)
{
    public CompiledPolicy Compile(string key, RulePolicy policy)
    {
        var prefixes = ImmutableArray.CreateBuilder<IPNetwork>();
        var specs = policy.Specs.Select(spec => new CompiledSpec(spec, [.. spec.Rules.Select(rule => CompileRule(key, rule, prefixes))])).ToImmutableArray();
        return new CompiledPolicy(policy, specs, prefixes.ToImmutable());
    }

    private CompiledRule CompileRule(string key, PolicyRule rule, ImmutableArray<IPNetwork>.Builder prefixes)
    {
        IEnumerable<Selector> peers = rule.Peers is { } written ? written.SelectMany(SelectorsOf) : [Selector.Everything];
        var used = peers.Distinct().ToList();
        foreach (var selector in used)
        {
            prefixes.AddRange(selector.Except.Where(network => network.PrefixLength > 0));
            if (selector.Within is { } network)
            {
                prefixes.Add(network);
            }
        }

        var description = new RuleDescription(key, rule.Section, rule.Text);
        return new CompiledRule(rules.Take(description), description, rule, [.. used.Select(selectors.Acquire)]);
    }

    private IEnumerable<Selector> SelectorsOf(Peer peer) => peer switch
    {
        EndpointPeer endpoints => [endpoints.Selector],
        EntityPeer entity => Entity.SelectorsOf(entity.Name, clusterName),
        CidrPeer cidr => [Selector.Addresses(cidr.Network, cidr.Except)],
        CidrGroupPeer reference => groups
            .Where(group => reference.Name is { } name ? group.Name == name : reference.GroupSelector!.Matches(group.Labels))
            .SelectMany(group => group.Networks)
            .Select(network => Selector.Addresses(network, reference.Except)),
        _ => throw new InvalidOperationException($"peer {peer.GetType().Name} has no selector"),
    };
}
