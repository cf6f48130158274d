using System.Collections.Immutable;

namespace Axoneme.Policy;

/// <summary>A Kafka request.</summary>
/// <param name="ApiKey">What is asked for (kafka.apache.org/protocol, "Api Keys").</param>
/// <param name="ApiVersion">Version of the request's format.</param>
/// <param name="ClientId">What the client calls itself.</param>
/// <param name="Topics">Topics the request names.</param>
/// <param name="ServerName">Server name of the TLS handshake.</param>
public sealed record KafkaRequest(short ApiKey, short ApiVersion, string ClientId, ImmutableArray<string> Topics, string? ServerName = null)
    : Request(ServerName)
{
    /// <summary>Each topic must be permitted, by whatever rule.</summary>
    public override IEnumerable<Request> Parts => Topics.Length < 2 ? [this] : Topics.Select(topic => this with { Topics = [topic] });
}
