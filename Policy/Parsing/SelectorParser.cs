namespace Axoneme.Policy;

/// <summary>Reads Kubernetes label selectors: matchLabels and matchExpressions.</summary>
internal static class SelectorParser
{
    /// <summary>
    /// The requirements of a selector, empty for <c>{}</c>. In Cilium's objects a key may carry a source (<c>k8s:app</c>) and means any source
    /// without one; in Kubernetes' own objects keys are plain and their source is fixed.
    /// </summary>
    /// <param name="selector">The selector object.</param>
    /// <param name="fixedSource">The source of every key; null when keys name it themselves.</param>
    /// <param name="keyPrefix">Put before every key.</param>
    public static List<LabelRequirement> Parse(FieldReader selector, string? fixedSource, string keyPrefix = "")
    {
        var requirements = selector.Object("matchLabels") is { } labels ? ParseLabels(labels, fixedSource, keyPrefix) : [];
        foreach (var expression in selector.Objects("matchExpressions"))
        {
            if (ParseExpression(expression, fixedSource, keyPrefix) is { } requirement)
            {
                requirements.Add(requirement);
            }
        }

        selector.Finish();
        return requirements;
    }

    /// <summary>The requirements of a map of labels, all of them to be present with that value.</summary>
    public static List<LabelRequirement> ParseLabels(FieldReader labels, string? fixedSource, string keyPrefix = "")
    {
        var requirements = new List<LabelRequirement>();
        foreach (var (name, value) in labels.Texts())
        {
            if (ReadKey(labels, name, name, fixedSource) is var (source, key) && CheckValue(labels, labels.PathOf(name), value))
            {
                requirements.Add(LabelRequirement.EqualTo(source, keyPrefix + key, value));
            }
        }

        return requirements;
    }

    private static LabelRequirement? ParseExpression(FieldReader expression, string? fixedSource, string keyPrefix)
    {
        var name = expression.String("key");
        var operation = expression.String("operator");
        var values = expression.List("values")?.Strings.ToList();
        expression.Finish();
        if (name is null)
        {
            expression.Refuse("key", "is missing; write the label's key");
            return null;
        }

        if (!TryParseOperator(operation, out var parsed))
        {
            expression.Refuse("operator", $"must be In, NotIn, Exists or DoesNotExist, is {(operation is null ? "missing" : FieldReader.Quote(operation))}");
            return null;
        }

        var needsValues = parsed is SelectorOperator.In or SelectorOperator.NotIn;
        if (needsValues != values is { Count: > 0 })
        {
            expression.Refuse("values", needsValues ? $"{operation} needs at least one value" : $"{operation} takes no values; remove them");
            return null;
        }

        // Every value is checked, not only the first wrong one.
        var valuesAreValid = (values ?? []).Aggregate(true, (valid, value) => CheckValue(expression, value.Path, value.Value) && valid);
        return ReadKey(expression, "key", name, fixedSource) is var (source, key) && valuesAreValid
            ? new LabelRequirement(source, keyPrefix + key, parsed, values?.Select(value => value.Value))
            : null;
    }

    private static (string Source, string Key)? ReadKey(FieldReader at, string field, string text, string? fixedSource)
    {
        var colon = fixedSource is null ? text.IndexOf(':') : -1;
        var key = text[(colon + 1)..];
        if (colon == 0)
        {
            at.Refuse(field, $"label key {FieldReader.Quote(text)} has an empty source; write k8s:name or name");
            return null;
        }

        if (colon > 0 && !NameSyntax.IsLabelSource(text[..colon]))
        {
            at.Refuse(field, $"{FieldReader.Quote(text[..colon])} is not the source of a label; write k8s, any, reserved or another word of lower-case letters, digits, '-' and '.'");
            return null;
        }

        if (!NameSyntax.IsLabelKey(key))
        {
            at.Refuse(field, $"{FieldReader.Quote(text)} is not a label key; write [prefix/]name of letters, digits, '-', '_' and '.', at most 63 in the name");
            return null;
        }

        return (fixedSource ?? (colon < 0 ? LabelSource.Any : text[..colon]), key);
    }

    private static bool CheckValue(FieldReader at, string path, string value)
    {
        if (NameSyntax.IsLabelValue(value))
        {
            return true;
        }

        at.RefuseAt(path, $"{FieldReader.Quote(value)} is not a label value; at most 63 letters, digits, '-', '_' and '.', beginning and ending with a letter or digit");
        return false;
    }

    private static bool TryParseOperator(string? text, out SelectorOperator operation)
    {
        SelectorOperator? parsed = text switch
        {
            "In" => SelectorOperator.In,
            "NotIn" => SelectorOperator.NotIn,
            "Exists" => SelectorOperator.Exists,
            "DoesNotExist" => SelectorOperator.DoesNotExist,
            _ => null,
        };
        operation = parsed.GetValueOrDefault();
        return parsed is not null;
    }
}
