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
    /// <param name="scope">The policy.</param>
    public static PolicyRule Parse(FieldReader rule, string list, string section, PolicyScope scope)
    {
        var direction = list.StartsWith("ingress", StringComparison.Ordinal) ? PolicyDirection.Ingress : PolicyDirection.Egress;
        var deny = list.EndsWith("Deny", StringComparison.Ordinal);
        var peers = CiliumPeerParser.Parse(rule, direction, deny, scope);
        var traffic = ParseTraffic(rule, direction, deny, scope);
        var authentication = deny ? AuthenticationMode.Disabled : ParseAuthentication(rule);
        rule.RefusePresent("auth", deny ? "a denying rule needs no authentication; remove it" : "is not a field of Cilium's policies any more; write authentication: {mode: required}");
        rule.Finish();

        // Without any peer list, toPorts and icmps hold for every peer; without those either, the rule matches nothing ("ingress: [{}]").
        return new PolicyRule
        {
            Section = section,
            Direction = direction,
            Deny = deny,
            Peers = peers ?? (traffic is null ? ImmutableArray<Peer>.Empty : null),
            Traffic = traffic,
            Authentication = authentication,
            Text = CompactJson.Of(rule.Element),
        };
    }

    private static ImmutableArray<TrafficRule>? ParseTraffic(FieldReader rule, PolicyDirection direction, bool deny, PolicyScope scope)
    {
        var portRules = rule.List("toPorts");
        var icmps = rule.List("icmps");
        if (portRules is { Count: > 0 } && icmps is { Count: > 0 })
        {
            rule.Refuse("icmps", "cannot go with toPorts in one rule; write a rule of its own for each");
        }

        // Empty lists restrict nothing.
        if (portRules is not { Count: > 0 } && icmps is not { Count: > 0 })
        {
            return null;
        }

        var traffic = ImmutableArray.CreateBuilder<TrafficRule>();
        foreach (var portRule in portRules?.Objects ?? [])
        {
            CheckLength(portRule, "ports", MaximumPorts, "toPorts");
            var ports = portRule.Objects("ports").Select(port => new WrittenPort(port.Path, [.. PortParser.ParseCilium(port)])).ToList();
            var inspection = deny ? null : InspectionParser.Parse(portRule, ports, direction, scope);
            portRule.Finish();
            traffic.Add(new TrafficRule([.. ports.SelectMany(port => port.Matches)], inspection));
        }

        foreach (var icmp in icmps?.Objects ?? [])
        {
            CheckLength(icmp, "fields", MaximumIcmpFields, "icmps");
            traffic.Add(new TrafficRule([.. icmp.Objects("fields").Select(IcmpParser.Parse).OfType<TrafficMatch>()]));
            icmp.Finish();
        }

        return traffic.ToImmutable();
    }

    private static void CheckLength(FieldReader member, string list, int maximum, string outer)
    {
        if (member.Count(list) is var count && count > maximum)
        {
            member.Refuse(list, $"has {count} members, at most {maximum} are allowed; spread them over several {outer} members");
        }
    }

    private static AuthenticationMode ParseAuthentication(FieldReader rule)
    {
        if (rule.Object("authentication") is not { } authentication)
        {
            return AuthenticationMode.Disabled;
        }

        var mode = authentication.String("mode");
        authentication.Finish();
        switch (mode)
        {
            case "disabled":
                return AuthenticationMode.Disabled;
            case "required":
                return AuthenticationMode.Required;
            case "test-always-fail":
                return AuthenticationMode.AlwaysFails;
            default:
                authentication.Refuse("mode", $"must be disabled, required or test-always-fail, is {(mode is null ? "missing" : FieldReader.Quote(mode))}");
                return AuthenticationMode.Disabled;
        }
    }
}
