using System.Collections.Immutable;

namespace Axoneme.Policy;

/// <summary>Reads one member of ingress, ingressDeny, egress or egressDeny.</summary>
internal static class CiliumRuleParser
{
    private const int MaximumPorts = 40;
    private const int MaximumIcmpFields = 40;

    /// <param name="rule">The rule.</param>
    /// <param name="list">Name of the list it stands in.</param>
    /// <param name="section">Its place in the policy.</param>
    /// <param name="ns">The policy's namespace, empty for a cluster-wide one.</param>
    /// <param name="subjectIsInit">The subject are endpoints without labels yet.</param>
    public static PolicyRule Parse(FieldReader rule, string list, string section, string ns, bool subjectIsInit)
    {
        var direction = list.StartsWith("ingress", StringComparison.Ordinal) ? PolicyDirection.Ingress : PolicyDirection.Egress;
        var deny = list.EndsWith("Deny", StringComparison.Ordinal);
        var peers = CiliumPeerParser.Parse(rule, direction, ns, subjectIsInit);
        var traffic = ParseTraffic(rule, deny);
        if (!deny)
        {
            NotEnforcedYet.RefuseIfPresent(rule, "authentication", "mutual authentication rules");
        }

        rule.Finish();

        // Without any peer list, toPorts and icmps hold for every peer; without those either, the rule matches nothing ("ingress: [{}]").
        return new PolicyRule
        {
            Section = section,
            Direction = direction,
            Deny = deny,
            Peers = peers ?? (traffic is null ? ImmutableArray<Peer>.Empty : null),
            Traffic = traffic,
            Text = CompactJson.Of(rule.Element),
        };
    }

    private static ImmutableArray<TrafficMatch>? ParseTraffic(FieldReader rule, bool deny)
    {
        var portRules = rule.Objects("toPorts");
        var icmps = rule.Objects("icmps");
        if (portRules is { Count: > 0 } && icmps is { Count: > 0 })
        {
            rule.Refuse("icmps", "cannot go with toPorts in one rule; write a rule of its own for each");
        }

        // Empty lists restrict nothing.
        if (portRules is not { Count: > 0 } && icmps is not { Count: > 0 })
        {
            return null;
        }

        var traffic = ImmutableArray.CreateBuilder<TrafficMatch>();
        foreach (var portRule in portRules ?? [])
        {
            var ports = portRule.Objects("ports") ?? [];
            if (ports.Count > MaximumPorts)
            {
                portRule.Refuse("ports", $"has {ports.Count} members, at most {MaximumPorts} are allowed; spread them over several toPorts members");
            }

            traffic.AddRange(ports.SelectMany(PortParser.ParseCilium));
            if (!deny)
            {
                RefuseLayer7(portRule);
            }

            portRule.Finish();
        }

        foreach (var icmp in icmps ?? [])
        {
            var fields = icmp.Objects("fields") ?? [];
            if (fields.Count > MaximumIcmpFields)
            {
                icmp.Refuse("fields", $"has {fields.Count} members, at most {MaximumIcmpFields} are allowed; spread them over several icmps members");
            }

            traffic.AddRange(fields.Select(IcmpParser.Parse).Where(match => match is not null).Select(match => match!.Value));
            icmp.Finish();
        }

        return traffic.ToImmutable();
    }

    private static void RefuseLayer7(FieldReader portRule)
    {
        if (portRule.Object("rules") is { } rules)
        {
            foreach (var protocol in (string[])["http", "kafka", "dns", "l7", "l7proto"])
            {
                NotEnforcedYet.RefuseIfPresent(rules, protocol, $"{protocol} rules");
            }

            rules.Finish();
        }

        NotEnforcedYet.RefuseIfPresent(portRule, "serverNames", "TLS server names");
        NotEnforcedYet.RefuseIfPresent(portRule, "originatingTLS", "TLS settings");
        NotEnforcedYet.RefuseIfPresent(portRule, "terminatingTLS", "TLS settings");
        NotEnforcedYet.RefuseIfPresent(portRule, "listener", "custom listeners");
    }
}
