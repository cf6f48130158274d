using System.Text.Json;
using System.Text.Json.Nodes;

namespace Axoneme.PolicyOracle.Generation;

/// <summary>Documents with one thing less, still valid.</summary>
internal static class DocumentShrinker
{
    /// <summary>Lists that may become empty. Any other keeps an entry: empty would be invalid, or mean something else altogether.</summary>
    private static readonly HashSet<string> MayBeEmpty =
        ["except", "matchExpressions", "headers", "headerMatches", "endpoints", "addresses", "externalCIDRs"];

    private static readonly HashSet<string> Sections = ["ingress", "ingressDeny", "egress", "egressDeny"];

    private static readonly HashSet<string> MayGo =
    [
        "toPorts", "icmps", "rules", "serverNames", "listener", "authentication", "enableDefaultDeny", "endPort", "description", "log", "except",
        "matchExpressions", "headers", "headerMatches", "method", "path", "host", "mismatch", "topic", "clientID", "apiVersion", "apiKey",
        "from", "to", "policyTypes", "fromEndpoints", "toEndpoints", "fromEntities", "toEntities", "fromCIDR", "toCIDR", "fromCIDRSet",
        "toCIDRSet", "fromNodes", "toNodes", "toServices", "toFQDNs",
    ];

    /// <summary>The smaller documents, those with the most removed first.</summary>
    public static IEnumerable<JsonElement> Shrink(JsonElement document)
    {
        var root = JsonNode.Parse(document.GetRawText())!;
        return Removals(root, [], root).OrderBy(path => path.Count).Select(path => Without(document, path));
    }

    // Paths (names and indexes) to what can be removed below a node.
    private static IEnumerable<IReadOnlyList<object>> Removals(JsonNode node, IReadOnlyList<object> path, JsonNode root)
    {
        if (node is JsonObject members)
        {
            foreach (var (name, value) in members)
            {
                if (MayRemove(members, name, path, root))
                {
                    yield return [.. path, name];
                }

                foreach (var inner in value is null ? [] : Removals(value, [.. path, name], root))
                {
                    yield return inner;
                }
            }
        }
        else if (node is JsonArray items)
        {
            var name = (string)path[^1];
            for (var i = 0; i < items.Count; i++)
            {
                if (items.Count > 1 || MayBeEmpty.Contains(name))
                {
                    yield return [.. path, i];
                }

                foreach (var inner in Removals(items[i]!, [.. path, i], root))
                {
                    yield return inner;
                }
            }
        }
    }

    private static bool MayRemove(JsonObject members, string name, IReadOnlyList<object> path, JsonNode root)
    {
        var parent = path.Count > 0 ? path[^1] as string : null;
        var cilium = root["kind"]!.GetValue<string>().StartsWith("Cilium", StringComparison.Ordinal);
        return name switch
        {
            _ when parent == "matchLabels" => true,
            "apiVersion" when path.Count == 0 => false,
            _ when parent == "metadata" => false,
            "spec" or "specs" => path.Count == 0 && members.ContainsKey("spec") && members.ContainsKey("specs"),
            // Within enableDefaultDeny these are switches; in a spec one section with rules must remain.
            "ingress" or "egress" or "ingressDeny" or "egressDeny" =>
                parent == "enableDefaultDeny"
                || !cilium
                || members.Any(m => m.Key != name && Sections.Contains(m.Key) && m.Value is JsonArray { Count: > 0 }),
            "labels" => parent == "spec" || parent is null,
            "ports" => !cilium && (path.Contains("ingress") || path.Contains("egress")),
            "podSelector" => members.ContainsKey("namespaceSelector"),
            "namespaceSelector" => members.ContainsKey("podSelector"),
            _ => MayGo.Contains(name),
        };
    }

    private static JsonElement Without(JsonElement document, IReadOnlyList<object> path)
    {
        var root = JsonNode.Parse(document.GetRawText())!;
        var holder = path.Take(path.Count - 1).Aggregate(root, (node, step) => step is string name ? node[name]! : node[(int)step]!);
        if (path[^1] is string last)
        {
            holder.AsObject().Remove(last);
        }
        else
        {
            holder.AsArray().RemoveAt((int)path[^1]);
        }

        return root.ToElement();
    }
}
