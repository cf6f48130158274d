using System.Collections.Immutable;
using System.Globalization;

namespace Axoneme.Policy.Tests.Behaviour;

/// <summary>Requests as scripts write them; README.md has the forms.</summary>
internal static class ScriptRequest
{
    public static Request Parse(IReadOnlyList<string> words)
    {
        var named = words.Skip(1).Where(word => word.Contains('=')).Select(word => word.Split('=', 2)).ToDictionary(word => word[0], word => word[1]);
        var serverName = named.GetValueOrDefault("sni");
        return words[0] switch
        {
            "tls" => new TlsHandshake(serverName),
            "dns" => new DnsRequest(words[1]),
            "kafka" => new KafkaRequest(
                KafkaApi.TryGetKey(words[1], out var key) ? key : throw new FormatException($"{words[1]} is no Kafka request"),
                short.Parse(named.GetValueOrDefault("version", "1"), CultureInfo.InvariantCulture),
                named.GetValueOrDefault("client", ""),
                named.TryGetValue("topics", out var topics) ? [.. topics.Split(',')] : [],
                serverName),
            "l7" => new KeyValueRequest(words[1], named, serverName),
            _ => new HttpRequest(words[0], words[1], named.GetValueOrDefault("host", "web"), Headers(words), serverName),
        };
    }

    /// <summary>Words such as <c>X-Token:abc</c> behind method and path.</summary>
    private static ImmutableArray<KeyValuePair<string, string>> Headers(IEnumerable<string> words) =>
        [.. words.Skip(2).Where(word => word.Contains(':') && !word.Contains('=')).Select(word => word.Split(':', 2)).Select(word => KeyValuePair.Create(word[0], word[1]))];

    /// <summary>The beginning of a TLS connection whose content stays hidden.</summary>
    private sealed record TlsHandshake(string? ServerName) : Request(ServerName);
}
