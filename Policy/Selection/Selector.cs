using System.Collections.Immutable;
using System.Net;

namespace Axoneme.Policy;

/// <summary>
/// A condition on an identity's labels: all requirements hold, and the identity's prefix, if one is asked for, lies within
/// <see cref="Within"/> and in none of <see cref="Except"/>. Two selectors that ask the same are equal.
/// </summary>
public sealed class Selector : IEquatable<Selector>
{
    private readonly int _hash;
    private string? _text;

    public Selector(IEnumerable<LabelRequirement> requirements, IPNetwork? within = null, IEnumerable<IPNetwork>? except = null)
    {
        Requirements = [.. requirements.Distinct().OrderBy(requirement => requirement.ToString(), StringComparer.Ordinal).ThenBy(requirement => requirement.Operator)];
        Within = within;
        Except = except is null ? [] : [.. except.Distinct().OrderBy(network => network.ToString(), StringComparer.Ordinal)];
        var hash = new HashCode();
        foreach (var requirement in Requirements)
        {
            hash.Add(requirement);
        }

        hash.Add(within);
        hash.Add(Except.Length);
        _hash = hash.ToHashCode();
    }

    /// <summary>Every identity, known or not.</summary>
    public static Selector Everything { get; } = new([]);

    /// <summary>Sorted by their text, without duplicates.</summary>
    public ImmutableArray<LabelRequirement> Requirements { get; }

    public IPNetwork? Within { get; }

    public ImmutableArray<IPNetwork> Except { get; }

    /// <summary>True when nothing is asked, so that even an identity nobody has heard of is selected.</summary>
    public bool IsEverything => Requirements.IsEmpty && Within is null && Except.IsEmpty;

    /// <summary>
    /// Addresses outside the cluster within a prefix. A whole family is the world of that family and needs no identity of its own.
    /// </summary>
    public static Selector Addresses(IPNetwork network, IEnumerable<IPNetwork> except)
    {
        var world = CidrText.WorldLabel(network.BaseAddress.AddressFamily);
        return network.PrefixLength == 0
            ? new Selector([LabelRequirement.Present(world.Source, world.Key)], null, except)
            : new Selector([], network, except);
    }

    /// <summary>The same selector with one more condition.</summary>
    internal Selector And(LabelRequirement requirement) => new(Requirements.Append(requirement), Within, Except);

    public bool Matches(LabelSet labels)
    {
        foreach (var requirement in Requirements)
        {
            if (!requirement.Matches(labels))
            {
                return false;
            }
        }

        return (Within is not { } network || (labels.Cidr is { } cidr && CidrText.Contains(network, cidr))) && !IsExcepted(labels);
    }

    public bool Equals(Selector? other) =>
        ReferenceEquals(this, other)
        || (other is not null
            && _hash == other._hash
            && Equals(Within, other.Within)
            && Requirements.AsSpan().SequenceEqual(other.Requirements.AsSpan())
            && Except.AsSpan().SequenceEqual(other.Except.AsSpan()));

    public override bool Equals(object? obj) => Equals(obj as Selector);

    public override int GetHashCode() => _hash;

    /// <summary>For people: different selectors may read alike.</summary>
    public override string ToString() => IsEverything ? "everything" : _text ??= string.Join(" and ", Requirements.Select(requirement => requirement.ToString())
        .Concat(Within is { } network ? [$"within {network}"] : [])
        .Concat(Except.Select(excluded => $"not within {excluded}")));

    private bool IsExcepted(LabelSet labels)
    {
        foreach (var excluded in Except)
        {
            // An exception of length 0 has no identity of its own, so it is recognised by the family's world label.
            var world = CidrText.WorldLabel(excluded.BaseAddress.AddressFamily);
            if (excluded.PrefixLength == 0 ? labels.Contains(world.Source, world.Key) : labels.Cidr is { } cidr && CidrText.Contains(excluded, cidr))
            {
                return true;
            }
        }

        return false;
    }
}
