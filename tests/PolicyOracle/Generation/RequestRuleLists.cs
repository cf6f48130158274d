using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;

namespace Axoneme.PolicyOracle.Generation;

/// <summary>The lists under <c>rules</c> of a port rule. <see cref="SampleRequests"/> meets them.</summary>
internal static class RequestRuleLists
{
    private static readonly Gen<JsonNode> HttpRule =
        from method in Gen.Elements("GET", "POST", "GET|PUT", "G.*").Sometimes(60)
        from path in Gen.Elements("/public", "/public/.*", "/(public|private)", "/p[a-z]+$", "^/.*").Sometimes(60)
        from host in Gen.Elements("example[.]com", ".*[.]example[.]com", "^example.com$").Sometimes(30)
        from headers in Gen.Elements("X-Token", "X-Token: secret", "x-mode: fast").Few(1, 2).Sometimes(15)
        from matches in HeaderMatch.Few(1, 2).Sometimes(15)
        select (JsonNode)Make.Object(
            ("method", method),
            ("path", path),
            ("host", host),
            ("headers", headers is null ? null : Make.List(headers)),
            ("headerMatches", matches is null ? null : Make.List(matches)));

    private static Gen<JsonNode> HeaderMatch =>
        from name in Gen.Elements("X-Token", "X-Mode")
        from value in Gen.Elements("secret", "fast").Sometimes(70)
        from mismatch in Gen.Elements("LOG", "ADD", "DELETE", "REPLACE").Sometimes(30)
        select (JsonNode)Make.Object(("name", name), ("value", value), ("mismatch", mismatch));

    private static readonly Gen<JsonNode> KafkaRule =
        from role in Gen.Elements("produce", "consume").Sometimes(40)
        from key in Gen.Elements("produce", "Fetch", "metadata", "apiversions", "heartbeat").Sometimes(60)
        from version in Gen.Elements("0", "1").Sometimes(20)
        from client in Gen.Elements("c1", "c2").Sometimes(20)
        from topic in Gen.Elements("t1", "t2").Sometimes(50)
        select (JsonNode)Make.Object(
            ("role", role),
            ("apiKey", role is null ? key : null),
            ("apiVersion", version),
            ("clientID", client),
            ("topic", topic));

    /// <summary>HTTP rules.</summary>
    public static readonly Gen<JsonArray> Http = HttpRule.Few(1, 2).Select(rules => Make.List(rules));

    /// <summary>Kafka rules.</summary>
    public static readonly Gen<JsonArray> Kafka = KafkaRule.Few(1, 2).Select(rules => Make.List(rules));

    /// <summary>DNS rules.</summary>
    public static readonly Gen<JsonArray> Dns = PeerLists.DomainName.Few(1, 2).Select(rules => Make.List(rules));
}
