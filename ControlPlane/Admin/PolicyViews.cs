using System.Globalization;
using Axoneme.Policy;
using Axoneme.Wire.Admin;

namespace Axoneme.ControlPlane.Admin;

/// <summary>Answers of the policy library in the form that is sent.</summary>
internal static class PolicyViews
{
    /// <summary>One direction; null stands for an end that is no pod.</summary>
    public static DirectionView Of(Explanation? explained)
    {
        if (explained is null)
        {
            return new DirectionView("unrestricted", "policies restrict pods and nodes, and this end is neither", [], null, null, null, null);
        }

        var decided = explained.Decision;
        var verdict = (decided.Verdict, decided.Rule) switch
        {
            (_, ImplicitRule.None) => "dropped",
            (_, ImplicitRule.NotEnforced) => "unrestricted",
            (PolicyVerdict.Deny, _) => "denied",
            (PolicyVerdict.Redirect, _) => "inspected",
            _ => "allowed",
        };
        return new DirectionView(
            verdict,
            explained.Rule.PolicyKey.Length == 0 ? explained.Rule.Text : null,
            [.. explained.Deciding.Select(Of)],
            explained.Nearest is { } nearest ? Of(nearest) : null,
            explained.Lacks.Length > 0 ? explained.Lacks : null,
            AsksOf(decided.Inspection),
            decided.Authentication == AuthenticationMode.Disabled ? null : WordOf(decided.Authentication));
    }

    public static PolicyDiffView Of(PolicyDiff diff, PolicyWorld world, IReadOnlyList<string> notes)
    {
        var named = diff.Flips.SelectMany(flip => flip.Sources.Concat(flip.Destinations.Select(destination => destination.Identity))).Distinct().Order();
        var pods = world.Endpoints.GroupBy(endpoint => endpoint.Identity).ToDictionary(group => group.Key, group => group.First().Name);
        return new PolicyDiffView(diff.Classes, [.. diff.Flips.Select(Of)], [.. named.Select(End)], notes);

        FlowEndView End(uint identity)
        {
            var labels = diff.Regions.GetValueOrDefault(identity) ?? world.Identities[identity];
            var name = diff.Regions.ContainsKey(identity) ? labels.First(label => label.Source == LabelSource.Cidr).Key.Replace('-', ':')
                : ReservedIdentity.NameOf(identity) ?? pods.GetValueOrDefault(identity) ?? identity.ToString(CultureInfo.InvariantCulture);
            return new FlowEndView(name, identity, labels.ToStrings());
        }
    }

    private static PolicyFlipView Of(PolicyFlip flip)
    {
        var changes = new List<List<FlowChange>>();
        foreach (var change in flip.Changes)
        {
            if (changes.Find(alike => alike[0].HasOutcomeOf(change)) is { } same)
            {
                same.Add(change);
            }
            else
            {
                changes.Add([change]);
            }
        }

        return new PolicyFlipView(
            flip.Sources,
            [.. flip.Destinations.Select(destination => new FlowDestinationView(destination.Identity, destination.Only.IsEmpty ? null : destination.Only))],
            [.. changes.Select(Of)]);
    }

    private static FlowChangeView Of(List<FlowChange> alike) => new(
        TrafficRange.Describe([.. alike.Select(change => change.Traffic)]),
        [.. alike.Select(change => new TrafficRangeView(change.Traffic.Low, change.Traffic.High))],
        new FlowVerdictView(alike[0].Before.ToString(), [.. alike[0].RulesBefore.Select(rule => rule.ToString())], EnforcementGaps.Of(alike[0].Before)),
        new FlowVerdictView(alike[0].After.ToString(), [.. alike[0].RulesAfter.Select(rule => rule.ToString())], EnforcementGaps.Of(alike[0].After)));

    private static RuleView Of(RuleDescription rule) => new(rule.PolicyKey, rule.Section, rule.Text);

    private static IReadOnlyList<string>? AsksOf(MergedInspection? inspection) =>
        inspection is null ? null : [.. inspection.Alternatives.Select(alternative => alternative.Text), .. inspection.Unrestricted ? ["nothing (a rule allows it whatever is in it)"] : (string[])[]];

    private static string WordOf(AuthenticationMode mode) => mode == AuthenticationMode.AlwaysFails ? "test-always-fail" : "required";
}
