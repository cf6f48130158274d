namespace Axoneme.PolicyOracle.Generation;

/// <summary>Requests of every kind, from the words the generated request rules are made of.</summary>
public static class SampleRequests
{
    private static readonly KeyValuePair<string, string>[][] HeaderLists =
    [
        [],
        [new("X-Token", "secret")],
        [new("x-token", "other"), new("X-Mode", "fast")],
    ];

    /// <summary>HTTP requests.</summary>
    public static IReadOnlyList<Request> Http { get; } =
    [
        .. from method in new[] { "GET", "PUT", "POST" }
           from path in new[] { "/public", "/public/x", "/private", "/" }
           from host in new[] { "example.com", "www.example.com", "exampleXcom" }
           from headers in HeaderLists
           select new HttpRequest(method, path, host, headers),
    ];

    /// <summary>Kafka requests: those that name topics name at least one.</summary>
    public static IReadOnlyList<Request> Kafka { get; } =
    [
        .. from key in new[] { "produce", "fetch", "metadata" }
           from version in new[] { 0, 1, 2 }
           from client in new[] { "c1", "c3" }
           from topics in new string[][] { ["t1"], ["t2"], ["t1", "t2"], ["t3"] }
           select new KafkaRequest(key, version, client, topics),
        .. from key in new[] { "apiversions", "heartbeat", "listgroups" }
           from version in new[] { 0, 2 }
           from client in new[] { "c1", "c3" }
           select new KafkaRequest(key, version, client, []),
    ];

    /// <summary>DNS queries.</summary>
    public static IReadOnlyList<Request> Dns { get; } =
    [
        .. new[] { "example.com", "EXAMPLE.com.", "www.example.com.", "api.www.example.com", "example.org", "xexample.com", "w_1.example.com", "other.net" }
            .Select(n => new DnsRequest(n)),
    ];

    /// <summary>TLS handshakes.</summary>
    public static IReadOnlyList<Request> Tls { get; } =
    [
        .. new[] { "example.com", "www.example.com", "api.www.example.com", "Example.Org", "other.net", null }.Select(n => new TlsRequest(n)),
    ];

    /// <summary>The requests worth asking of an inspected flow: those of the kind generated documents have rules for at its port.</summary>
    public static IReadOnlyList<Request> For(Traffic traffic) => traffic.Number switch
    {
        Alphabet.KafkaPort => Kafka,
        Alphabet.DnsPort => Dns,
        Alphabet.TlsPort or Alphabet.ListenerPort => Tls,
        _ => Http,
    };
}
