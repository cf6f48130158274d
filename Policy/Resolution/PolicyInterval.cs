namespace Axoneme.Policy;

/// <summary>The verdict for traffic classes <see cref="Low"/> to <see cref="High"/> (inclusive), and a rule that decides it.</summary>
/// <param name="Low">Lowest traffic class, <c>protocol &lt;&lt; 16 | port</c>.</param>
/// <param name="High">Highest traffic class.</param>
/// <param name="Verdict">What happens to the traffic.</param>
/// <param name="Rule">Id of a deciding rule; see <see cref="ImplicitRule"/> for those nobody wrote.</param>
/// <param name="Inspection">What the proxy checks when the verdict is Redirect, else null.</param>
/// <param name="Authentication">What is demanded before allowed traffic passes.</param>
public readonly record struct PolicyInterval(
    uint Low,
    uint High,
    PolicyVerdict Verdict,
    uint Rule,
    MergedInspection? Inspection = null,
    AuthenticationMode Authentication = AuthenticationMode.Disabled)
{
    /// <summary>Somebody wrote the rule.</summary>
    internal bool IsWritten => Rule >= ImplicitRule.FirstWritten;

    /// <summary>True when the same happens, whichever written rule decides it, or nobody's. What overrides rules is told apart from what none restricts.</summary>
    internal bool HasOutcomeOf(in PolicyInterval other) =>
        Verdict == other.Verdict && IsWritten == other.IsWritten && Rule == ImplicitRule.ControlTraffic == (other.Rule == ImplicitRule.ControlTraffic) && Authentication == other.Authentication && Equals(Inspection, other.Inspection);
}
