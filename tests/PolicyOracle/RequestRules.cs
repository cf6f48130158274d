using System.Text.Json;

namespace Axoneme.PolicyOracle;

/// <summary>Requests against the layer 7 part of a port rule (layer7.rst, layer4.rst "Limit TLS Server Name Indication").</summary>
internal static class RequestRules
{
    private static readonly string[] Protocols = ["http", "kafka", "dns", "l7proto"];

    /// <summary>
    /// Whether the port rule has traffic looked into; one that does not is a plain allow ("if no rules are specified, then all traffic is
    /// permitted").
    /// </summary>
    public static bool Inspect(JsonElement? portRule) =>
        portRule is { } written && (ServerNames(written).Any() || HasRequestRules(written)
            || written.Member("listener") is not null
            || written.Member("terminatingTLS") is not null
            || written.Member("originatingTLS") is not null);

    /// <summary>Whether the port rule permits the request. "A layer 7 request is permitted if at least one of the rules matches."</summary>
    public static bool Permit(JsonElement portRule, Request request)
    {
        // "If not empty, then TLS must be present and one of the provided SNIs must be indicated in the TLS handshake."
        if (ServerNames(portRule).Any())
        {
            return request is TlsRequest { ServerName: { } name } && ServerNames(portRule).Any(s => DomainNames.MatchesServerName(name, s));
        }

        // A custom listener decides by rules of its own; the policy lets everything through to it.
        if (!HasRequestRules(portRule))
        {
            return true;
        }

        var rules = portRule.GetProperty("rules");
        return request switch
        {
            HttpRequest http => rules.Items("http").Any(r => HttpRules.Match(r, http)),
            KafkaRequest kafka => KafkaRules.Permit([.. rules.Items("kafka")], kafka),
            DnsRequest dns => rules.Items("dns").Any(r => r.Text("matchName") is { } name
                ? DomainNames.IsName(dns.Name, name)
                : DomainNames.MatchesPattern(dns.Name, r.Text("matchPattern")!)),
            _ => false,
        };
    }

    private static bool HasRequestRules(JsonElement portRule) =>
        portRule.Member("rules") is { } rules
        && Protocols.Any(p => rules.Member(p) is { } list && (list.ValueKind != JsonValueKind.Array || list.GetArrayLength() > 0));

    private static IEnumerable<string> ServerNames(JsonElement portRule) => portRule.Items("serverNames").Select(s => s.GetString()!);
}
