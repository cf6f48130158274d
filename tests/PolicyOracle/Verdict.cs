namespace Axoneme.PolicyOracle;

/// <summary>The answer to one question.</summary>
/// <param name="Kind">What becomes of the flow.</param>
/// <param name="Reason">Why.</param>
/// <param name="MutualAuthentication">Whether the parties must authenticate each other first.</param>
/// <param name="Rules">The rules that match and so decide, in the documents' order: deny rules when denied by one, else the allowing ones.</param>
public sealed record Verdict(
    VerdictKind Kind,
    VerdictReason Reason,
    bool MutualAuthentication,
    IReadOnlyList<RuleReference> Rules)
{
    /// <inheritdoc/>
    public override string ToString() =>
        $"{Kind} ({Reason}){(MutualAuthentication ? " with mutual authentication" : "")}{string.Concat(Rules.Select(r => $"\n  {r}"))}";
}
