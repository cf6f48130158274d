using Axoneme.PolicyOracle;

namespace Axoneme.Policy.Tests.Oracle;

/// <summary>The oracle's requests as the engine takes them.</summary>
internal static class Requests
{
    public static Request From(PolicyOracle.Request request) => request switch
    {
        PolicyOracle.HttpRequest http => new HttpRequest(http.Method, http.Path, http.Host, [.. http.Headers]),
        PolicyOracle.KafkaRequest kafka => new KafkaRequest(KafkaApi.TryGetKey(kafka.ApiKey, out var key) ? key : throw new ArgumentException(kafka.ApiKey), (short)kafka.ApiVersion, kafka.ClientId, [.. kafka.Topics]),
        PolicyOracle.DnsRequest dns => new DnsRequest(dns.Name),
        TlsRequest tls => new HandshakeOnly(tls.ServerName),
        _ => throw new ArgumentException($"no request of ours is a {request.GetType().Name}"),
    };

    /// <summary>A TLS connection of which no more is seen.</summary>
    private sealed record HandshakeOnly(string? ServerName) : Request(ServerName);
}
