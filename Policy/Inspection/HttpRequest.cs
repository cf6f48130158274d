using System.Collections.Immutable;

namespace Axoneme.Policy;

/// <summary>An HTTP request.</summary>
/// <param name="Method">For example <c>GET</c>.</param>
/// <param name="Path">The request target, its query included, as HTTP/2's <c>:path</c> has it.</param>
/// <param name="Host">The host header, or <c>:authority</c>; its port included.</param>
/// <param name="Headers">Names and values in order; a name may come several times.</param>
/// <param name="ServerName">Server name of the TLS handshake.</param>
public sealed record HttpRequest(string Method, string Path, string Host, ImmutableArray<KeyValuePair<string, string>> Headers, string? ServerName = null)
    : Request(ServerName)
{
    /// <summary>A header's value, several joined by commas (RFC 9110 section 5.3); null when it is not there.</summary>
    public string? Header(string name)
    {
        var values = Headers.Where(header => string.Equals(header.Key, name, StringComparison.OrdinalIgnoreCase)).Select(header => header.Value).ToList();
        return values.Count > 0 ? string.Join(',', values)
            : name.ToLowerInvariant() switch
            {
                ":method" => Method,
                ":path" => Path,
                ":authority" or "host" => Host,
                _ => null,
            };
    }
}
