namespace Axoneme.PolicyOracle;

/// <summary>A rule's place in the written documents.</summary>
/// <param name="Kind">The document's kind.</param>
/// <param name="Namespace">The document's namespace; null for clusterwide ones.</param>
/// <param name="Name">The document's name.</param>
/// <param name="Section">The place in its spec: <c>ingress[0]</c>, <c>specs[1].egressDeny[2]</c>.</param>
public sealed record RuleReference(string Kind, string? Namespace, string Name, string Section)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Kind} {(Namespace is null ? "" : Namespace + "/")}{Name} {Section}";
}
