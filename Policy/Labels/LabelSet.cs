using System.Collections;
using System.Net;

namespace Axoneme.Policy;

/// <summary>
/// An identity's labels: sorted by the ordinal order of their text, without duplicates, so that equal sets are equal lists.
/// </summary>
public sealed class LabelSet : IEquatable<LabelSet>, IReadOnlyList<Label>
{
    private readonly Label[] _labels;
    private readonly int _hash;

    /// <summary>Sorts and removes duplicates.</summary>
    public LabelSet(IEnumerable<Label> labels)
    {
        _labels = labels.Distinct().OrderBy(label => label.ToString(), StringComparer.Ordinal).ToArray();
        var hash = new HashCode();
        foreach (var label in _labels)
        {
            hash.Add(label);
        }

        _hash = hash.ToHashCode();
        Cidr = CidrOf(_labels);
    }

    public static LabelSet Empty { get; } = new([]);

    public int Count => _labels.Length;

    public Label this[int index] => _labels[index];

    /// <summary>The namespace of a pod's labels, null when these are no pod's.</summary>
    public string? Namespace => TryGet(LabelSource.Kubernetes, LabelKey.PodNamespace, out var value) ? value : null;

    /// <summary>The prefix of an address identity's <c>cidr:</c> label, null when there is none.</summary>
    internal IPNetwork? Cidr { get; }

    /// <summary>Reads labels as <see cref="Label.Parse"/> does.</summary>
    /// <exception cref="FormatException">One of them has no key.</exception>
    public static LabelSet Parse(IEnumerable<string> labels) => new(labels.Select(Label.Parse));

    /// <summary>Finds a label by key; source <c>any</c> finds it whatever its source.</summary>
    public bool TryGet(string source, string key, out string value)
    {
        foreach (var label in _labels)
        {
            if (label.Key == key && (source == LabelSource.Any || label.Source == source))
            {
                value = label.Value;
                return true;
            }
        }

        value = "";
        return false;
    }

    public bool Contains(string source, string key) => TryGet(source, key, out _);

    /// <summary>The labels as text, in canonical order.</summary>
    public string[] ToStrings() => Array.ConvertAll(_labels, label => label.ToString());

    public bool Equals(LabelSet? other) => other is not null && _hash == other._hash && _labels.AsSpan().SequenceEqual(other._labels);

    public override bool Equals(object? obj) => Equals(obj as LabelSet);

    public override int GetHashCode() => _hash;

    public override string ToString() => string.Join(',', ToStrings());

    IEnumerator<Label> IEnumerable<Label>.GetEnumerator() => ((IEnumerable<Label>)_labels).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => _labels.GetEnumerator();

    private static IPNetwork? CidrOf(Label[] labels)
    {
        foreach (var label in labels)
        {
            if (label.Source == LabelSource.Cidr && CidrText.TryParseLabelKey(label.Key, out var network))
            {
                return network;
            }
        }

        return null;
    }
}
