using System.Text;
using System.Text.Json;

namespace Axoneme.PolicyOracle.Generation;

/// <summary>A world, the documents written in it, and what is asked.</summary>
/// <param name="World">Everyone there is.</param>
/// <param name="Documents">Policies and what they refer to, each valid.</param>
/// <param name="Questions">Flows to judge.</param>
public sealed record PolicyCase(World World, IReadOnlyList<JsonElement> Documents, IReadOnlyList<Question> Questions)
{
    /// <summary>The whole case for a person: the world and the questions as comments, the documents ready for <c>kubectl apply</c>.</summary>
    public string ToYaml()
    {
        var text = new StringBuilder();
        text.Append($"# cluster {World.ClusterName}\n");
        foreach (var party in World.Parties)
        {
            text.Append($"# {Describe(party)}\n#   {string.Join(' ', party.Labels)}\n");
        }

        foreach (var question in Questions.Take(20))
        {
            text.Append($"# ? {question}\n");
        }

        if (Questions.Count > 20)
        {
            text.Append($"# ? … {Questions.Count} questions\n");
        }

        return text.Append(string.Concat(Documents.Select(d => "---\n" + YamlWriter.Write(d)))).ToString();
    }

    /// <inheritdoc/>
    public override string ToString() => ToYaml();

    private static string Describe(Party party) => party switch
    {
        Endpoint e => $"endpoint {e.Name}{(e.Namespace.Length > 0 ? $" in {e.Namespace}" : "")}, {string.Join(' ', e.Addresses)}"
            + string.Concat(e.Ports.Select(p => $", {p.Name}={p.Protocol}/{p.Number}")),
        Node n => $"node {n.Name}, {string.Join(' ', n.Addresses)}",
        OutsideAddress o => $"outside {o.Name}{string.Concat(o.DnsNames.Select(n => $", {n}"))}",
        _ => party.Name,
    };
}
