namespace Axoneme.PolicyOracle;

/// <summary>An HTTP request.</summary>
/// <param name="Method">The method, upper case.</param>
/// <param name="Path">The path, without a query.</param>
/// <param name="Host">The host header, without a port.</param>
/// <param name="Headers">The other headers; names are compared without regard to case.</param>
public sealed record HttpRequest(string Method, string Path, string Host, IReadOnlyList<KeyValuePair<string, string>> Headers) : Request
{
    /// <inheritdoc/>
    public override string ToString() =>
        $"{Method} {Host}{Path}{string.Concat(Headers.Select(h => $" [{h.Key}: {h.Value}]"))}";
}
