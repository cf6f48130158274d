using System.Text.Json;

namespace Axoneme.PolicyOracle;

/// <summary>
/// A Kubernetes label selector over identity labels. A key may name its source, <c>k8s:app</c>; one that does not means the default
/// source: <c>any</c> in Cilium's policies (any source matches), <c>k8s</c> in Kubernetes' own.
/// </summary>
internal sealed class LabelSelector(JsonElement written, string defaultSource)
{
    /// <summary>All requirements hold; a selector without any selects everything (Kubernetes, "Labels and Selectors").</summary>
    public bool Matches(IEnumerable<string> identityLabels)
    {
        var labels = identityLabels.Select(Label.Parse).ToList();
        return written.Members("matchLabels").All(m => Carries(labels, m.Name, v => v == m.Value.GetString()))
            && written.Items("matchExpressions").All(e => Holds(labels, e));
    }

    /// <summary>Whether a requirement is about this key, from this source or any.</summary>
    public bool Mentions(string source, string key) => Keys().Any(k => (k.Source == source || k.Source == "any") && k.Key == key);

    /// <summary>Whether a requirement is about a key of this very source.</summary>
    public bool MentionsSource(string source) => Keys().Any(k => k.Source == source);

    /// <summary>Whether a requirement is about a key that begins so, from this source or any.</summary>
    public bool MentionsPrefix(string source, string prefix) =>
        Keys().Any(k => (k.Source == source || k.Source == "any") && k.Key.StartsWith(prefix, StringComparison.Ordinal));

    private bool Holds(List<Label> labels, JsonElement expression)
    {
        var key = expression.Text("key")!;
        var values = expression.Items("values").Select(v => v.GetString()).ToList();
        return expression.Text("operator") switch
        {
            "In" => Carries(labels, key, values.Contains),
            // A missing label satisfies NotIn (Kubernetes, "Labels and Selectors": "and all resources with no labels with the key").
            "NotIn" => !Carries(labels, key, values.Contains),
            "Exists" => Carries(labels, key, _ => true),
            "DoesNotExist" => !Carries(labels, key, _ => true),
            var other => throw new NotSupportedException($"operator {other}"),
        };
    }

    private bool Carries(List<Label> labels, string writtenKey, Func<string, bool> value)
    {
        var (source, key) = TakeApart(writtenKey);
        return labels.Any(l => (source == "any" || source == l.Source) && l.Key == key && value(l.Value));
    }

    private IEnumerable<(string Source, string Key)> Keys() =>
        written.Members("matchLabels").Select(m => m.Name)
            .Concat(written.Items("matchExpressions").Select(e => e.Text("key")!))
            .Select(TakeApart);

    private (string Source, string Key) TakeApart(string writtenKey)
    {
        var colon = writtenKey.IndexOf(':');
        return colon < 0 ? (defaultSource, writtenKey) : (writtenKey[..colon], writtenKey[(colon + 1)..]);
    }
}
