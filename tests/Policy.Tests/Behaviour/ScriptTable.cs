using System.Collections.Immutable;
using System.Globalization;

namespace Axoneme.Policy.Tests.Behaviour;

/// <summary>Rows that say what must be: checks them against a cluster, and writes the same rows with what is found.</summary>
internal sealed class ScriptTable(ScriptCluster cluster)
{
    /// <summary>The row with what is found in place of what is expected, and whether the two agree.</summary>
    public (string Found, bool Agrees) Check(string kind, ImmutableArray<string> words)
    {
        PolicyDirection? direction = words switch
        {
            [_, "->", ..] => null,
            ["egress", ..] => PolicyDirection.Egress,
            ["ingress", ..] => PolicyDirection.Ingress,
            _ => null,
        };
        var start = direction is null ? 0 : 1;
        if (words.Length < start + 5 || words[start + 1] != "->")
        {
            throw new FormatException($"write {(kind == "expect" ? "A -> B TCP/80 verdict" : "A -> B TCP/80 ... and what must be")}, not: {string.Join(' ', words)}");
        }

        var traffic = words[start + 3].Split('/');
        var flow = cluster.Judge(
            direction,
            words[start],
            words[start + 2],
            Enum.Parse<IpProtocol>(traffic[0], ignoreCase: true),
            traffic.Length > 1 ? ushort.Parse(traffic[1], CultureInfo.InvariantCulture) : (ushort)0);
        var head = string.Join(' ', words.Take(start + 4));
        var rest = words.Skip(start + 4).ToList();
        return kind switch
        {
            "expect" => CheckVerdict(head, flow, rest),
            "requests" => CheckRequest(head, flow, rest),
            _ => CheckProxy(head, flow, rest),
        };
    }

    private static (string Found, bool Agrees) CheckVerdict(string head, FlowVerdict flow, List<string> expected)
    {
        var authentication = expected.Count > 1 && expected[1] is "authenticate" or "always-fails" ? expected[1] : "";
        var reasons = expected.Skip(authentication.Length > 0 ? 2 : 1).Where(word => word != "+");
        var agrees = flow.Word == expected[0]
            && flow.Authentication == authentication
            && reasons.All(reason => flow.Reasons.Any(found => found == reason || found.EndsWith('/' + reason, StringComparison.Ordinal)));
        return ($"{head,-40} {flow.Word,-8} {flow.Authentication}{(flow.Authentication.Length > 0 ? " " : "")}{string.Join(" + ", flow.Reasons)}", agrees);
    }

    private static (string Found, bool Agrees) CheckRequest(string head, FlowVerdict flow, List<string> words)
    {
        if (words[^1] is not ("permit" or "refuse" or "blocked"))
        {
            throw new FormatException($"a request is permit, refuse or blocked, not {words[^1]}");
        }

        var request = words[..^1];
        var answer = flow.Answer(ScriptRequest.Parse(request));
        return ($"{head,-30} {string.Join(' ', request),-40} {answer}", answer == words[^1]);
    }

    private static (string Found, bool Agrees) CheckProxy(string head, FlowVerdict flow, List<string> expected)
    {
        var inspection = flow.Inspections.FirstOrDefault();
        var found = new[]
        {
            $"protocol={inspection?.Protocol.ToString().ToLowerInvariant() ?? "-"}",
            $"listener={(inspection?.Listener is { } listener ? $"{listener.ConfigKind}/{listener.ConfigName}/{listener.Name}" : "-")}",
            $"terminating={Secret(inspection?.Alternatives.Select(alternative => alternative.TerminatingTls))}",
            $"originating={Secret(inspection?.Alternatives.Select(alternative => alternative.OriginatingTls))}",
        };
        return ($"{head,-30} {string.Join(' ', found)}", expected.All(found.Contains));

        static string Secret(IEnumerable<TlsContext?>? contexts) => contexts?.OfType<TlsContext>().FirstOrDefault() is { } tls
            ? string.Join('+', new[] { $"{tls.Secret.Namespace}/{tls.Secret.Name}", tls.TrustedCa, tls.Certificate, tls.PrivateKey }.Where(part => part.Length > 0))
            : "-";
    }
}
