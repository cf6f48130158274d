using System.Collections.Immutable;
using System.Net;

namespace Axoneme.Policy;

/// <summary>Reads the peers of a Cilium rule: fromEndpoints, toCIDRSet and so on.</summary>
internal static class CiliumPeerParser
{
    /// <summary>Null when the rule names no kind of peer; empty when one of its lists is empty and so selects nobody.</summary>
    public static ImmutableArray<Peer>? Parse(FieldReader rule, PolicyDirection direction, bool deny, PolicyScope scope)
    {
        var prefix = direction == PolicyDirection.Ingress ? "from" : "to";
        var lists = new List<(string Field, List<Peer> Peers, bool IsEmpty)>();
        AddObjects("Endpoints", selector => new EndpointPeer(scope.Endpoints(SelectorParser.Parse(selector, fixedSource: null))));
        AddObjects("Nodes", ParseNodes);
        AddStrings("Entities", (name, path) => ParseEntity(rule, name, path));
        AddStrings("CIDR", (cidr, path) => CidrParser.Parse(rule, path, cidr) is { } network ? new CidrPeer(network, []) : null);
        AddObjects("CIDRSet", ParseCidrSet);
        if (direction == PolicyDirection.Egress)
        {
            AddObjects("Services", ParseService);
            if (deny)
            {
                rule.RefusePresent("toFQDNs", "cannot be denied: names are known only after a lookup; refuse the lookup by DNS rules, or deny toCIDR");
            }
            else
            {
                AddObjects("FQDNs", name => DnsNameParser.Parse(name) is { } pattern ? new FqdnPeer(pattern) : null);
            }
        }

        RefuseGone(rule, prefix);
        foreach (var (field, _, _) in lists.Where(list => !list.IsEmpty).Skip(1))
        {
            rule.Refuse(field, $"cannot go with {lists.First(list => !list.IsEmpty).Field} in one rule; write a rule of its own for each");
        }

        if (lists.Count == 0)
        {
            return null;
        }

        return lists.Any(list => list.IsEmpty) ? [] : [.. lists.SelectMany(list => list.Peers)];

        void AddObjects(string kind, Func<FieldReader, Peer?> parse) => Add(kind, list => list.Objects.Select(parse));

        void AddStrings(string kind, Func<string, string, Peer?> parse) => Add(kind, list => list.Strings.Select(item => parse(item.Value, item.Path)));

        void Add(string kind, Func<FieldList, IEnumerable<Peer?>> parse)
        {
            if (rule.List(prefix + kind) is { } list)
            {
                lists.Add((prefix + kind, parse(list).OfType<Peer>().ToList(), list.Count == 0));
            }
        }
    }

    private static void RefuseGone(FieldReader rule, string prefix)
    {
        if (rule.Has(prefix + "Requires"))
        {
            rule.Refuse(prefix + "Requires", $"is no longer part of Cilium's policies; put its labels into {prefix}Endpoints, or deny the others with {(prefix == "from" ? "ingressDeny" : "egressDeny")}");
        }

        if (rule.Has(prefix + "Groups"))
        {
            rule.Refuse(prefix + "Groups", $"(cloud provider groups) is not supported; write their prefixes into a CiliumCIDRGroup and refer to it with {prefix}CIDRSet[].cidrGroupRef");
        }
    }

    private static NodePeer ParseNodes(FieldReader selector) =>
        new(new Selector(SelectorParser.Parse(selector, fixedSource: null)));

    private static EntityPeer? ParseEntity(FieldReader rule, string name, string path)
    {
        if (Entity.Names.Contains(name))
        {
            return new EntityPeer(name);
        }

        rule.RefuseAt(path, $"{FieldReader.Quote(name)} is no entity; known are {string.Join(", ", Entity.Names)}");
        return null;
    }

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
            rule.Refuse("cidrGroupRef", $"{FieldReader.Quote(group)} is not the name of a CiliumCIDRGroup");
            return null;
        }

        return network is { } whole ? new CidrPeer(whole, except)
            : group is not null || groups is not null ? new CidrGroupPeer(group, groups, except)
            : null;
    }

    private static ServicePeer? ParseService(FieldReader service)
    {
        var named = service.Object("k8sService");
        var selected = service.Object("k8sServiceSelector");
        service.Finish();
        if (service.Has("k8sService") == service.Has("k8sServiceSelector"))
        {
            service.Refuse("", "needs exactly one of k8sService and k8sServiceSelector");
            return null;
        }

        if ((named ?? selected) is not { } reader)
        {
            return null;
        }

        var ns = reader.String("namespace") ?? "";
        if (ns.Length > 0 && !NameSyntax.IsDnsLabel(ns))
        {
            reader.Refuse("namespace", $"{FieldReader.Quote(ns)} is not a namespace name; write one, or leave it out for every namespace");
        }

        var name = named?.RequiredString("serviceName", "the Service's name");
        var selector = selected?.Object("selector");
        if (selected is not null && !selected.Has("selector"))
        {
            selected.Refuse("selector", "is missing; write the labels of the services, {} for every service");
        }

        var labels = selector is null ? null : new Selector(SelectorParser.Parse(selector, LabelSource.Kubernetes));
        reader.Finish();
        return name is null && labels is null ? null : new ServicePeer(ns, name, labels);
    }
}
