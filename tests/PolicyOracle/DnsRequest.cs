namespace Axoneme.PolicyOracle;

/// <summary>A DNS query; its type does not matter to policies.</summary>
/// <param name="Name">The name asked for, with or without a trailing dot.</param>
public sealed record DnsRequest(string Name) : Request;
