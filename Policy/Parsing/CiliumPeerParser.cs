using System.Collections.Immutable;
using System.Net;

namespace Axoneme.Policy;

/// <summary>Reads the peers of a Cilium rule: fromEndpoints, toCIDRSet and so on.</summary>
internal static class CiliumPeerParser
{
    /// <summary>Null when the rule names no kind of peer; empty when one of its lists is empty and so selects nobody.</summary>
    public static ImmutableArray<Peer>? Parse(FieldReader rule, PolicyDirection direction, string ns, bool subjectIsInit)
    {
        var prefix = direction == PolicyDirection.Ingress ? "from" : "to";
        var lists = new List<(string Field, List<Peer> Peers)>();
        Add("Endpoints", field => rule.Objects(field)?.Select(selector => ParseEndpoints(selector, ns, subjectIsInit)));
        Add("Entities", field => rule.Strings(field)?.Select(name => ParseEntity(rule, name.Value, name.Path)));
        Add("CIDR", field => rule.Strings(field)?.Select(cidr => ParseCidr(rule, cidr.Value, cidr.Path)));
        Add("CIDRSet", field => rule.Objects(field)?.Select(ParseCidrSet));

        NotEnforcedYet.RefuseIfPresent(rule, prefix + "Nodes", "rules for nodes by label");
        if (direction == PolicyDirection.Egress)
        {
            NotEnforcedYet.RefuseIfPresent(rule, "toServices", "rules for services");
            NotEnforcedYet.RefuseIfPresent(rule, "toFQDNs", "rules for DNS names");
        }

        RefuseGone(rule, prefix + "Requires", $"is no longer part of Cilium's policies; put its labels into {prefix}Endpoints, or deny the others with {(direction == PolicyDirection.Ingress ? "ingressDeny" : "egressDeny")}");
        RefuseGone(rule, prefix + "Groups", $"(cloud provider groups) is not supported; write their prefixes into a CiliumCIDRGroup and refer to it with {prefix}CIDRSet[].cidrGroupRef");

        foreach (var (field, _) in lists.Where(list => list.Peers.Count > 0).Skip(1))
        {
            rule.Refuse(field, $"cannot go with {lists.First(list => list.Peers.Count > 0).Field} in one rule; write a rule of its own for each");
        }

        if (lists.Count == 0)
        {
            return null;
        }

        return lists.Any(list => list.Peers.Count == 0) ? [] : [.. lists.SelectMany(list => list.Peers)];

        void Add(string kind, Func<string, IEnumerable<Peer?>?> parse)
        {
            if (parse(prefix + kind) is { } peers)
            {
                lists.Add((prefix + kind, peers.OfType<Peer>().ToList()));
            }
        }
    }

    private static EndpointPeer ParseEndpoints(FieldReader selector, string ns, bool subjectIsInit)
    {
        var requirements = SelectorParser.Parse(selector, fixedSource: null);
        return new EndpointPeer(new Selector(Scope(requirements, ns, subjectIsInit)));
    }

    /// <summary>
    /// As Cilium does: a selector that does not name the namespace key means the policy's own namespace, or any in a cluster-wide policy,
    /// which still means pods only. One that does, by whatever operator, stays as it is: <c>NotIn</c> selects what has no namespace, too. In
    /// a namespaced policy the same goes for labels of namespaces, and everywhere for reserved labels.
    /// </summary>
    private static IEnumerable<LabelRequirement> Scope(List<LabelRequirement> requirements, string ns, bool subjectIsInit)
    {
        if (requirements.Any(requirement => requirement.Source == LabelSource.Reserved || CiliumPolicyParser.IsNamespaceKey(requirement)))
        {
            return requirements;
        }

        if (ns.Length > 0)
        {
            return requirements.Any(IsNamespaceLabel)
                ? requirements
                : requirements.Append(LabelRequirement.EqualTo(LabelSource.Kubernetes, LabelKey.PodNamespace, ns));
        }

        // An endpoint without labels yet has no namespace, and may be meant when the subject is one itself.
        return subjectIsInit ? requirements : requirements.Append(LabelRequirement.Present(LabelSource.Kubernetes, LabelKey.PodNamespace));
    }

    private static bool IsNamespaceLabel(LabelRequirement requirement) =>
        requirement.Source is LabelSource.Kubernetes or LabelSource.Any && requirement.Key.StartsWith(LabelKey.NamespaceLabelPrefix, StringComparison.Ordinal);

    private static EntityPeer? ParseEntity(FieldReader rule, string name, string path)
    {
        if (Entity.Names.Contains(name))
        {
            return new EntityPeer(name);
        }

        rule.RefuseAt(path, $"\"{name}\" is no entity; known are {string.Join(", ", Entity.Names)}");
        return null;
    }

    private static CidrPeer? ParseCidr(FieldReader rule, string text, string path) =>
        CidrParser.Parse(rule, path, text) is { } network ? new CidrPeer(network, []) : null;

    private static Peer? ParseCidrSet(FieldReader rule)
    {
        var cidr = rule.String("cidr");
        var group = rule.String("cidrGroupRef");
        var selector = rule.Object("cidrGroupSelector");
        if (new[] { rule.Has("cidr"), rule.Has("cidrGroupRef"), rule.Has("cidrGroupSelector") }.Count(present => present) != 1)
        {
            rule.Refuse("", "needs exactly one of cidr, cidrGroupRef and cidrGroupSelector");
            return null;
        }

        IPNetwork? network = cidr is null ? null : CidrParser.Parse(rule, rule.PathOf("cidr"), cidr);
        var except = CidrParser.ParseExcept(rule, network);
        var groups = selector is null ? null : new Selector(SelectorParser.Parse(selector, LabelSource.Kubernetes));
        rule.Finish();
        if (group is not null && !NameSyntax.IsDnsSubdomain(group))
        {
            rule.Refuse("cidrGroupRef", $"\"{group}\" is not the name of a CiliumCIDRGroup");
            return null;
        }

        return network is { } whole ? new CidrPeer(whole, except)
            : group is not null || groups is not null ? new CidrGroupPeer(group, groups, except)
            : null;
    }

    private static void RefuseGone(FieldReader rule, string field, string message)
    {
        if (rule.Has(field))
        {
            rule.Refuse(field, message);
        }
    }
}
