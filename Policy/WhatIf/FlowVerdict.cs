namespace Axoneme.Policy;

/// <summary>What becomes of traffic after both ends' policies: it passes when egress of its source and ingress of its destination let it.</summary>
/// <param name="Verdict">Deny when one direction denies; Redirect when a proxy looks at it on the way.</param>
/// <param name="Authentication">What is demanded before it passes.</param>
/// <param name="EgressInspection">What the source's policies ask of it; null when nothing.</param>
/// <param name="IngressInspection">What the destination's policies ask of it; null when nothing.</param>
public readonly record struct FlowVerdict(
    PolicyVerdict Verdict, AuthenticationMode Authentication, MergedInspection? EgressInspection, MergedInspection? IngressInspection)
{
    /// <summary>Of the verdicts in each direction.</summary>
    public static FlowVerdict Of(in PolicyInterval egress, in PolicyInterval ingress) =>
        egress.Verdict == PolicyVerdict.Deny || ingress.Verdict == PolicyVerdict.Deny
            ? new FlowVerdict(PolicyVerdict.Deny, AuthenticationMode.Disabled, null, null)
            : new FlowVerdict(
                egress.Verdict == PolicyVerdict.Redirect || ingress.Verdict == PolicyVerdict.Redirect ? PolicyVerdict.Redirect : PolicyVerdict.Allow,
                egress.Authentication > ingress.Authentication ? egress.Authentication : ingress.Authentication,
                egress.Inspection,
                ingress.Inspection);

    /// <summary><c>denied</c>, <c>allowed</c> or <c>inspected</c>, and whether authentication is demanded.</summary>
    public override string ToString()
    {
        var word = Verdict switch { PolicyVerdict.Deny => "denied", PolicyVerdict.Allow => "allowed", _ => "inspected" };
        return Authentication == AuthenticationMode.Disabled ? word : $"{word}, authentication required";
    }
}
