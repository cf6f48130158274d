using System.Globalization;
using System.Text.Json;

namespace Axoneme.Cli.Output;

/// <summary>
/// One flow as <c>hubble observe</c> prints it in its compact form, with the deciding rule behind. The flow is Hubble's GetFlowsResponse
/// in protobuf's JSON mapping (Cilium: api/v1/flow/flow.proto), with the agent's additions <c>nearest_rule</c> and <c>section</c>.
/// </summary>
internal static class FlowLine
{
    private const int DropEvent = 1; // Cilium: pkg/monitor/api/types.go
    private const int PolicyVerdictEvent = 5;
    private const int PolicyDenied = 133; // Cilium: pkg/monitor/api/drop.go
    private const int PolicyDeniedByDenyRule = 181;

    /// <summary>Formats one line of the agent's monitor stream.</summary>
    public static string Format(JsonElement json)
    {
        if (Member(json, "lost_events") is { } lost)
        {
            return $"(… {Number(lost, "num_events_lost")} flows were too fast to be shown)";
        }

        var flow = Member(json, "flow") ?? json;

        // A reply is written with the connection's initiator in front.
        var (left, arrow, right) = Member(flow, "is_reply") is { ValueKind: JsonValueKind.True } ? ("destination", "<-", "source") : ("source", "->", "destination");
        var line = $"{Time(flow)}: {Peer(flow, left)} {arrow} {Peer(flow, right)} {What(flow)} ({Text(flow, "Summary")})";
        return Cause(flow) is { } cause ? $"{line} {cause}" : line;
    }

    private static string Time(JsonElement flow) =>
        DateTimeOffset.TryParse(Text(flow, "time"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time.ToLocalTime().ToString("MMM dd HH:mm:ss.fff", CultureInfo.InvariantCulture)
            : "(no time)";

    private static string What(JsonElement flow)
    {
        var direction = Text(flow, "traffic_direction");
        var verdict = Text(flow, "verdict");
        var match = DecidingPolicy(flow) is null ? "none" : "rule";
        return (Number(Member(flow, "event_type"), "type"), verdict) switch
        {
            (DropEvent, _) when IsPolicyDenied(flow) => $"policy-verdict:{match} {direction} DENIED",
            (DropEvent, _) => $"{Text(flow, "drop_reason_desc")?.ToLowerInvariant().Replace('_', ' ')} DROPPED",
            (PolicyVerdictEvent, "AUDIT") => $"policy-verdict:{match} {direction} AUDITED",
            (PolicyVerdictEvent, _) => $"policy-verdict:{(match == "none" ? "all" : match)} {direction} ALLOWED",
            _ => verdict ?? "UNKNOWN",
        };
    }

    private static string? Cause(JsonElement flow)
    {
        if (DecidingPolicy(flow) is { } policy)
        {
            var space = Text(policy, "namespace") is { Length: > 0 } given ? $"{given}/" : "";
            return $"by rule {space}{Text(policy, "name")} {Text(policy, "section")}".TrimEnd();
        }

        return !IsPolicyDenied(flow) ? null : Text(flow, "nearest_rule") is { } nearest ? $"by no rule (default deny; nearest: {nearest})" : "by no rule (default deny)";
    }

    private static bool IsPolicyDenied(JsonElement flow) => Number(flow, "drop_reason") is PolicyDenied or PolicyDeniedByDenyRule;

    private static JsonElement? DecidingPolicy(JsonElement flow)
    {
        var direction = Text(flow, "traffic_direction")?.ToLowerInvariant();
        var policies = Member(flow, $"{direction}_denied_by") ?? Member(flow, $"{direction}_allowed_by");
        return policies is { ValueKind: JsonValueKind.Array } list && list.GetArrayLength() > 0 ? list[0] : null;
    }

    private static string Peer(JsonElement flow, string side)
    {
        var endpoint = Member(flow, side);
        var pod = Text(endpoint, "pod_name") is { Length: > 0 } name ? $"{Text(endpoint, "namespace")}/{name}" : null;
        var port = Port(flow, side);
        var address = Text(Member(flow, "IP"), side) ?? "?";
        var bracketed = port is not null && address.Contains(':', StringComparison.Ordinal) ? $"[{address}]" : address;
        return $"{pod ?? bracketed}{(port is null ? "" : $":{port}")} ({Identity(endpoint)})";
    }

    private static string Identity(JsonElement? endpoint)
    {
        const string Reserved = "reserved:";
        var reserved = Member(endpoint, "labels") is { ValueKind: JsonValueKind.Array } labels
            ? labels.EnumerateArray().Select(label => label.GetString() ?? "").FirstOrDefault(label => label.StartsWith(Reserved, StringComparison.Ordinal))
            : null;
        return reserved is null ? $"ID:{Number(endpoint, "identity")}" : reserved[Reserved.Length..].TrimEnd('=');
    }

    private static long? Port(JsonElement flow, string side) => Member(flow, "l4") is { ValueKind: JsonValueKind.Object } l4
        ? l4.EnumerateObject().Select(protocol => Number(protocol.Value, $"{side}_port")).FirstOrDefault(port => port is not null)
        : null;

    private static string? Text(JsonElement? element, string name) => Member(element, name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    private static long? Number(JsonElement? element, string name) => Member(element, name) is { ValueKind: JsonValueKind.Number } value ? value.GetInt64() : null;

    private static JsonElement? Member(JsonElement? element, string name) =>
        element is { ValueKind: JsonValueKind.Object } json && json.TryGetProperty(name, out var value) ? value : null;
}
