namespace Axoneme.Policy;

/// <summary>A question for a DNS name, of whatever record type.</summary>
public sealed record DnsRequest(string Name) : Request(ServerName: null);
