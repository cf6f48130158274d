using System.Collections.Immutable;
using System.Globalization;

namespace Axoneme.Policy;

/// <summary>
/// What the product accepts and does not enforce yet as it is written. All of it fails closed: there is no proxy, no learning of DNS names, no mutual
/// authentication. Whether policies for nodes have an effect is each node's to say: its host firewall may be off.
/// </summary>
public static class EnforcementGaps
{
    private const string NoProxy = "not inspected yet: what this allows is dropped, unless another rule allows it whatever is in it";
    private const string NoChange = "there is no proxy yet to do this: what this allows is dropped, even where another rule allows it";
    private const string NothingToRefuse = "not inspected yet: by itself it refuses nothing, so the traffic passes, and its requests are not recorded";
    private const string NoAuthentication = "there is no mutual authentication yet: what this allows is dropped, even where another rule allows it";
    private const string NoNames = "addresses of names are not learned yet: this selects none";

    /// <summary>The gaps of an object, in the order of its text; none of a kind that holds no rules.</summary>
    public static IReadOnlyList<EnforcementGap> Of(PolicyObject policy) =>
        policy is RulePolicy rules ? [.. rules.Specs.SelectMany(spec => spec.Rules).SelectMany(OfRule)] : [];

    /// <summary>What is done about a verdict that the datapath cannot carry out; null when it can.</summary>
    public static string? Of(in FlowVerdict verdict) =>
        verdict.Verdict != PolicyVerdict.Deny && verdict.Authentication != AuthenticationMode.Disabled ? "there is no mutual authentication yet: it is dropped"
        : verdict.Verdict != PolicyVerdict.Redirect ? null
        : verdict is { EgressInspection: null or { MayPassUninspected: true }, IngressInspection: null or { MayPassUninspected: true } }
            ? "there is no proxy yet: it passes without being looked at, since nothing would be refused or changed"
            : "there is no proxy yet: it is dropped";

    private static IEnumerable<EnforcementGap> OfRule(PolicyRule rule)
    {
        var path = rule.Section.StartsWith("specs[", StringComparison.Ordinal) ? rule.Section : $"spec.{rule.Section}";
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
