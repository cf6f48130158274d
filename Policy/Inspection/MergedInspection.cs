using System.Collections.Immutable;

namespace Axoneme.Policy;

/// <summary>
/// What all rules that allow some traffic ask of it together. They are alternatives: what one of them permits passes, and a rule that asks
/// nothing permits everything, yet a proxy still looks, so that requests are seen.
/// </summary>
public sealed class MergedInspection : IEquatable<MergedInspection>
{
    private readonly int _hash;

    /// <param name="alternatives">In order of precedence.</param>
    /// <param name="unrestricted">True when a rule asks nothing beyond ports.</param>
    internal MergedInspection(IEnumerable<Inspection> alternatives, bool unrestricted)
    {
        Alternatives = [.. alternatives.Distinct()];
        Unrestricted = unrestricted;
        var hash = new HashCode();
        foreach (var alternative in Alternatives)
        {
            hash.Add(alternative);
        }

        hash.Add(unrestricted);
        _hash = hash.ToHashCode();
    }

    /// <summary>In order of precedence, without duplicates; never empty.</summary>
    public ImmutableArray<Inspection> Alternatives { get; }

    /// <summary>Every request is permitted: a rule allows the same traffic without looking into it.</summary>
    public bool Unrestricted { get; }

    public bool PermitsEverything => Unrestricted || Alternatives.Any(alternative => alternative.PermitsEverything);

    /// <summary>
    /// What the proxy speaks: that of the first alternative that names a protocol. Rules of other protocols for the same traffic permit nothing (Cilium refuses such
    /// a combination and keeps an older policy; which one would depend on history).
    /// </summary>
    public InspectionProtocol Protocol => Alternatives.Select(alternative => alternative.Protocol).FirstOrDefault(protocol => protocol != InspectionProtocol.Tls);

    /// <summary>The custom listener to go through: the one of the lowest priority number, the first of equals; null for the proxy's own.</summary>
    public ListenerReference? Listener =>
        Alternatives.Select(alternative => alternative.Listener).OfType<ListenerReference>().OrderBy(listener => listener.Priority == 0 ? int.MaxValue : listener.Priority).FirstOrDefault();

    /// <summary>Whether a request passes: every part of it must, by whatever alternative.</summary>
    public bool Permits(Request request) =>
        Unrestricted || request.Parts.All(part => Alternatives.Any(alternative => alternative.Permits(part)));

    public bool Equals(MergedInspection? other) =>
        other is not null && _hash == other._hash && Unrestricted == other.Unrestricted && Alternatives.AsSpan().SequenceEqual(other.Alternatives.AsSpan());

    public override bool Equals(object? obj) => Equals(obj as MergedInspection);

    public override int GetHashCode() => _hash;
}
