namespace Axoneme.Policy;

/// <summary>A condition on one header of an HTTP request.</summary>
/// <param name="Name">Compared without case.</param>
/// <param name="Value">Its exact value; empty: it only has to be there.</param>
/// <param name="Mismatch">What else comes of it when the condition does not hold.</param>
/// <param name="Secret">Holds the value; <see cref="Value"/> stands in where the secret cannot be read.</param>
public sealed record HeaderMatch(string Name, string Value, HeaderMismatch Mismatch, SecretReference? Secret)
{
    /// <summary>
    /// Whether the header is as wanted. Who can read <see cref="Secret"/> puts its content into <see cref="Value"/> first; with neither, nothing
    /// matches (Cilium's documentation of <c>headerMatches</c>).
    /// </summary>
    public bool Matches(HttpRequest request) =>
        request.Header(Name) is { } written && (Value.Length == 0 ? Secret is null : written == Value);
}
