using System.Text.Json;

namespace Axoneme.PolicyOracle;

/// <summary>Kafka requests against the entries of <c>rules.kafka</c> (layer7.rst "Kafka").</summary>
internal static class KafkaRules
{
    // "A Role automatically expands into all APIKeys required"; which ones, only pkg/policy/api/kafka tells.
    private static readonly string[] Produce = ["produce", "metadata", "apiversions"];

    private static readonly string[] Consume =
    [
        "fetch", "offsets", "metadata", "offsetcommit", "offsetfetch", "findcoordinator", "joingroup", "heartbeat", "leavegroup",
        "syncgroup", "apiversions",
    ];

    /// <summary>"If a Kafka request contains multiple topics, then all topics must be allowed"; each may be by another rule.</summary>
    public static bool Permit(IReadOnlyList<JsonElement> rules, KafkaRequest request) => request.Topics.Count == 0
        ? rules.Any(r => MatchesKind(r, request))
        : request.Topics.All(t => rules.Any(r => MatchesKind(r, request) && (r.Text("topic") is not { Length: > 0 } topic || topic == t)));

    private static bool MatchesKind(JsonElement rule, KafkaRequest request) =>
        MatchesKey(rule, request.ApiKey)
        && (rule.Text("apiVersion") is not { Length: > 0 } version || int.Parse(version) == request.ApiVersion)
        && (rule.Text("clientID") is not { Length: > 0 } client || client == request.ClientId);

    private static bool MatchesKey(JsonElement rule, string key) => rule.Text("role")?.ToLowerInvariant() switch
    {
        "produce" => Produce.Contains(key),
        "consume" => Consume.Contains(key),
        _ => rule.Text("apiKey") is not { Length: > 0 } written || written.Equals(key, StringComparison.OrdinalIgnoreCase),
    };
}
