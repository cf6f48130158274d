namespace Axoneme.Policy.Tests.Behaviour;

/// <summary>What becomes of a flow: the verdict of the sender's policies and that of the receiver's, null where nobody judges.</summary>
internal sealed record FlowVerdict(Explanation? Egress, Explanation? Ingress)
{
    private IEnumerable<(string Direction, Explanation Side)> Sides =>
        new[] { ("egress", Egress), ("ingress", Ingress) }.Where(side => side.Item2 is not null).Select(side => (side.Item1, side.Item2!));

    /// <summary>allow, deny (a rule denies it), drop (nothing allows it) or inspect (a proxy decides).</summary>
    public string Word => Refusing is { } refusing ? (refusing.Side.RuleId == ImplicitRule.None ? "drop" : "deny")
        : Inspections.Any() ? "inspect"
        : "allow";

    /// <summary>What a proxy checks, by direction.</summary>
    public IEnumerable<MergedInspection> Inspections => Sides.Select(side => side.Side.Decision.Inspection).OfType<MergedInspection>();

    /// <summary>authenticate, always-fails or nothing.</summary>
    public string Authentication => Sides.Max(side => side.Side.Decision.Authentication) switch
    {
        _ when Refusing is not null => "",
        AuthenticationMode.Required => "authenticate",
        AuthenticationMode.AlwaysFails => "always-fails",
        _ => "",
    };

    /// <summary>
    /// The rules that decide, as <c>policy/section</c>; the direction where nothing allows it; <c>open</c> or <c>own-node</c> where nobody wrote a rule.
    /// </summary>
    public IReadOnlyList<string> Reasons
    {
        get
        {
            if (Refusing is { } refusing)
            {
                return refusing.Side.RuleId == ImplicitRule.None ? [refusing.Direction] : RulesOf(refusing.Side);
            }

            var written = Sides.SelectMany(side => RulesOf(side.Side)).ToList();
            return written.Count > 0 ? written : [.. Sides.Select(side => side.Side.RuleId == ImplicitRule.FromHost ? "own-node" : "open").Distinct()];
        }
    }

    private (string Direction, Explanation Side)? Refusing =>
        Sides.Where(side => side.Side.Verdict == PolicyVerdict.Deny).Select(side => ((string, Explanation)?)side).FirstOrDefault();

    /// <summary>permit or refuse; blocked when the flow itself does not pass.</summary>
    public string Answer(Request request) => Refusing is not null ? "blocked" : Inspections.All(inspection => inspection.Permits(request)) ? "permit" : "refuse";

    private static List<string> RulesOf(Explanation side) =>
        [.. side.Deciding.Select(rule => $"{rule.PolicyKey[(rule.PolicyKey.LastIndexOf('/') + 1)..]}/{rule.Section}")];
}
