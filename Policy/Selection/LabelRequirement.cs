using System.Collections.Immutable;

namespace Axoneme.Policy;

/// <summary>One condition of a selector. <see cref="Source"/> <c>any</c> looks at labels of every source.</summary>
public sealed class LabelRequirement : IEquatable<LabelRequirement>
{
    private readonly string _text;

    public LabelRequirement(string source, string key, SelectorOperator @operator, IEnumerable<string>? values = null)
    {
        Source = source;
        Key = key;
        Operator = @operator;
        Values = values is null ? [] : [.. values.Distinct().Order(StringComparer.Ordinal)];
        _text = Operator switch
        {
            SelectorOperator.In when Values.Length == 1 => $"{Source}:{Key}={Values[0]}",
            SelectorOperator.In => $"{Source}:{Key} in ({string.Join(',', Values)})",
            SelectorOperator.NotIn => $"{Source}:{Key} notin ({string.Join(',', Values)})",
            SelectorOperator.Exists => $"{Source}:{Key}",
            _ => $"!{Source}:{Key}",
        };
    }

    public string Source { get; }

    public string Key { get; }

    public SelectorOperator Operator { get; }

    /// <summary>Sorted, without duplicates; empty for Exists and DoesNotExist.</summary>
    public ImmutableArray<string> Values { get; }

    public static LabelRequirement EqualTo(string source, string key, string value) => new(source, key, SelectorOperator.In, [value]);

    public static LabelRequirement Present(string source, string key) => new(source, key, SelectorOperator.Exists);

    /// <summary>As Kubernetes defines it: NotIn and DoesNotExist hold for an object without the key.</summary>
    public bool Matches(LabelSet labels)
    {
        var present = false;
        var listed = false;
        for (var i = 0; i < labels.Count; i++)
        {
            var label = labels[i];
            if (label.Key != Key || (Source != LabelSource.Any && label.Source != Source))
            {
                continue;
            }

            present = true;
            listed |= Values.Contains(label.Value);
        }

        return Operator switch
        {
            SelectorOperator.In => listed,
            SelectorOperator.NotIn => !listed,
            SelectorOperator.Exists => present,
            _ => !present,
        };
    }

    public bool Equals(LabelRequirement? other) =>
        other is not null && Operator == other.Operator && Source == other.Source && Key == other.Key && Values.AsSpan().SequenceEqual(other.Values.AsSpan());

    public override bool Equals(object? obj) => Equals(obj as LabelRequirement);

    public override int GetHashCode() => HashCode.Combine(Source, Key, Operator, Values.Length, Values.IsEmpty ? null : Values[0]);

    /// <summary>For people: different requirements may read alike.</summary>
    public override string ToString() => _text;
}
