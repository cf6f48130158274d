using System.Collections.Immutable;
using System.Globalization;

namespace Axoneme.Policy;

/// <summary>
/// What the product accepts and does not enforce yet as it is written. Two gaps may fail open: nodes have no datapath of their own, so that policies for
/// them have no effect, and their labels are not known, so that a rule that picks nodes by labels means none or all of them. The others fail closed:
/// there is no proxy, no learning of DNS names, no mutual authentication.
/// </summary>
public static class EnforcementGaps
{
    private const string NoNodes = "nodes are not restricted yet: the policy has no effect";
    private const string NoProxy = "not inspected yet: what this allows is dropped, unless another rule allows it whatever is in it";
    private const string NoChange = "there is no proxy yet to do this: what this allows is dropped, even where another rule allows it";
    private const string NothingToRefuse = "not inspected yet: by itself it refuses nothing, so the traffic passes, and its requests are not recorded";
    private const string NoAuthentication = "there is no mutual authentication yet: what this allows is dropped, even where another rule allows it";
    private const string NoNames = "addresses of names are not learned yet: this selects none";

    private static readonly LabelSet AnyNode = ReservedIdentity.LabelsOf(ReservedIdentity.RemoteNode);

    /// <summary>The gaps of an object, in the order of its text; none of a kind that holds no rules.</summary>
    public static IReadOnlyList<EnforcementGap> Of(PolicyObject policy) => policy is RulePolicy rules ? [.. OfRules(rules)] : [];

    /// <summary>What is done about a verdict that the datapath cannot carry out; null when it can.</summary>
    public static string? Of(in FlowVerdict verdict) =>
        verdict.Verdict != PolicyVerdict.Deny && verdict.Authentication != AuthenticationMode.Disabled ? "there is no mutual authentication yet: it is dropped"
        : verdict.Verdict != PolicyVerdict.Redirect ? null
        : verdict is { EgressInspection: null or { MayPassUninspected: true }, IngressInspection: null or { MayPassUninspected: true } }
            ? "there is no proxy yet: it passes without being looked at, since nothing would be refused or changed"
            : "there is no proxy yet: it is dropped";

    private static IEnumerable<EnforcementGap> OfRules(RulePolicy policy)
    {
        // "specs" alone begins with a bracket; both may be there, "spec" first.
        var hasSpec = policy.Content.StartsWith('{');
        foreach (var (index, spec) in policy.Specs.Index())
        {
            if (spec.IsForNodes)
            {
                var path = hasSpec && index == 0 ? "spec" : string.Create(CultureInfo.InvariantCulture, $"specs[{(hasSpec ? index - 1 : index)}]");
                yield return new EnforcementGap($"{path}.nodeSelector", NoNodes);
                continue;
            }

            foreach (var gap in spec.Rules.SelectMany(OfRule))
            {
                yield return gap;
            }
        }
    }

    private static IEnumerable<EnforcementGap> OfRule(PolicyRule rule)
    {
        var path = rule.Section.StartsWith("specs[", StringComparison.Ordinal) ? rule.Section : $"spec.{rule.Section}";
        foreach (var (index, peer) in (rule.Peers ?? []).Index())
        {
            // Without labels every node is like every other, so only a selector that asks nothing means what it says.
            if (peer is NodePeer { Selector.Requirements.IsEmpty: false } nodes)
            {
                yield return new EnforcementGap(
                    string.Create(CultureInfo.InvariantCulture, $"{path}.{(rule.Direction == PolicyDirection.Ingress ? "from" : "to")}Nodes[{index}]"),
                    $"labels of nodes are not known yet: this {(rule.Deny ? "denies" : "allows")} {(nodes.Selector.Matches(AnyNode) ? "all" : "none")} of them");
            }
        }

        if (rule.Peers is { } peers && peers.Any(peer => peer is FqdnPeer))
        {
            yield return new EnforcementGap($"{path}.toFQDNs", NoNames);
        }

        if (rule.Authentication == AuthenticationMode.Required)
        {
            yield return new EnforcementGap($"{path}.authentication.mode", NoAuthentication);
        }

        foreach (var (index, part) in (rule.Traffic ?? []).Index())
        {
            foreach (var field in FieldsOf(part.Inspection))
            {
                yield return new EnforcementGap(
                    string.Create(CultureInfo.InvariantCulture, $"{path}.toPorts[{index}].{field}"),
                    part.Inspection!.MayPassUninspected ? NothingToRefuse : part.Inspection.NeedsProxy ? NoChange : NoProxy);
            }
        }
    }

    private static IEnumerable<string> FieldsOf(Inspection? inspection)
    {
        if (inspection is null)
        {
            yield break;
        }

        if (inspection.Protocol != InspectionProtocol.Tls)
        {
            yield return inspection.Protocol == InspectionProtocol.KeyValue ? "rules.l7" : $"rules.{inspection.Protocol.ToString().ToLowerInvariant()}";
        }

        if (!inspection.ServerNames.IsEmpty)
        {
            yield return "serverNames";
        }

        if (inspection.TerminatingTls is not null)
        {
            yield return "terminatingTLS";
        }

        if (inspection.OriginatingTls is not null)
        {
            yield return "originatingTLS";
        }

        if (inspection.Listener is not null)
        {
            yield return "listener";
        }
    }
}
