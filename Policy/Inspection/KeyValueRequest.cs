namespace Axoneme.Policy;

/// <summary>A request of a protocol with a name of its own, as pairs its parser made of it.</summary>
/// <param name="Protocol">The name (<c>l7proto</c>).</param>
/// <param name="Pairs">What the parser found.</param>
/// <param name="ServerName">Server name of the TLS handshake.</param>
public sealed record KeyValueRequest(string Protocol, IReadOnlyDictionary<string, string> Pairs, string? ServerName = null) : Request(ServerName);
