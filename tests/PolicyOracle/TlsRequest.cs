namespace Axoneme.PolicyOracle;

/// <summary>A TLS handshake.</summary>
/// <param name="ServerName">The server name it indicates; null when it indicates none.</param>
public sealed record TlsRequest(string? ServerName) : Request;
