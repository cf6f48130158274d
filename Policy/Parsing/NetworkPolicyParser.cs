using System.Collections.Immutable;
using System.Net;

namespace Axoneme.Policy;

/// <summary>Reads Kubernetes' NetworkPolicy (networking.k8s.io/v1).</summary>
internal static class NetworkPolicyParser
{
    public static PolicyObject? Parse(FieldReader root)
    {
        var header = ObjectHeader.Read(root, namespaced: true);
        if (root.Object("spec") is not { } spec)
        {
            if (!root.Has("spec"))
            {
                root.Refuse("spec", "is missing; write spec.podSelector and rules");
            }

            return null;
        }

        // An absent podSelector is an empty one: all pods of the namespace.
        var subject = spec.Object("podSelector") is { } selector ? SelectorParser.Parse(selector, LabelSource.Kubernetes) : [];
        subject.Add(InNamespace(header.Namespace));
        var types = Types(spec);
        var rules = Rules(spec, PolicyDirection.Ingress, header.Namespace).Concat(Rules(spec, PolicyDirection.Egress, header.Namespace)).ToList();
        spec.Finish();
        root.Finish();

        var ingress = types?.Contains("Ingress") ?? true;
        var egress = types?.Contains("Egress") ?? spec.Count("egress") > 0;
        return new RulePolicy(header.Kind, header.Namespace, header.Name, CompactJson.Of(spec.Element),
        [
            new PolicySpec
            {
                Subject = new Selector(subject),
                IngressDefaultDeny = ingress,
                EgressDefaultDeny = egress,
                // A direction that policyTypes leaves out is none of this policy's business, rules or not.
                Rules = [.. rules.Where(rule => rule.Direction == PolicyDirection.Ingress ? ingress : egress)],
            },
        ]);
    }

    private static List<string>? Types(FieldReader spec)
    {
        if (spec.List("policyTypes") is not { Count: > 0 } list)
        {
            return null;
        }

        var types = list.Strings.ToList();
        foreach (var (type, path) in types.Where(type => type.Value is not ("Ingress" or "Egress")))
        {
            spec.RefuseAt(path, $"must be Ingress or Egress, is {FieldReader.Quote(type)}");
        }

        return types.Select(type => type.Value).ToList();
    }

    private static List<PolicyRule> Rules(FieldReader spec, PolicyDirection direction, string ns)
    {
        var (list, peerField) = direction == PolicyDirection.Ingress ? ("ingress", "from") : ("egress", "to");
        var rules = new List<PolicyRule>();
        foreach (var rule in spec.Objects(list))
        {
            // Both lists mean "all" when empty or absent.
            var peers = rule.List(peerField) is { Count: > 0 } written ? written.Objects.Select(peer => ParsePeer(peer, ns)).OfType<Peer>().ToImmutableArray() : (ImmutableArray<Peer>?)null;
            var ports = rule.List("ports") is { Count: > 0 } some ? [new TrafficRule([.. some.Objects.SelectMany(PortParser.ParseKubernetes)])] : (ImmutableArray<TrafficRule>?)null;
            rule.Finish();
            rules.Add(new PolicyRule
            {
                Section = rule.Path["spec.".Length..],
                Direction = direction,
                Deny = false,
                Peers = peers,
                Traffic = ports,
                Text = CompactJson.Of(rule.Element),
            });
        }

        return rules;
    }

    private static Peer? ParsePeer(FieldReader peer, string ns)
    {
        var pods = peer.Object("podSelector");
        var namespaces = peer.Object("namespaceSelector");
        var block = peer.Object("ipBlock");
        peer.Finish();
        if (block is not null)
        {
            if (pods is not null || namespaces is not null)
            {
                peer.Refuse("ipBlock", "cannot go with podSelector or namespaceSelector; write a peer of its own");
            }

            return ParseBlock(block);
        }

        if (pods is null && namespaces is null)
        {
            peer.Refuse("", "names no peer; write podSelector, namespaceSelector or ipBlock");
            return null;
        }

        var requirements = pods is null ? [] : SelectorParser.Parse(pods, LabelSource.Kubernetes);
        if (namespaces is null)
        {
            requirements.Add(InNamespace(ns));
        }
        else
        {
            // Only pods have a namespace; without this, NotIn would also select the world.
            requirements.Add(LabelRequirement.Present(LabelSource.Kubernetes, LabelKey.PodNamespace));
            requirements.AddRange(SelectorParser.Parse(namespaces, LabelSource.Kubernetes, LabelKey.NamespaceLabelPrefix));
        }

        return new EndpointPeer(new Selector(requirements));
    }

    private static CidrPeer? ParseBlock(FieldReader block)
    {
        IPNetwork? network = null;
        if (block.String("cidr") is { } text)
        {
            network = CidrParser.Parse(block, block.PathOf("cidr"), text);
        }
        else if (!block.Has("cidr"))
        {
            block.Refuse("cidr", "is missing; write a prefix such as 10.0.0.0/8");
        }

        var except = CidrParser.ParseExcept(block, network, strict: true);
        block.Finish();
        return network is { } whole ? new CidrPeer(whole, except) : null;
    }

    private static LabelRequirement InNamespace(string ns) => LabelRequirement.EqualTo(LabelSource.Kubernetes, LabelKey.PodNamespace, ns);
}
