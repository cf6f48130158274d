using System.Collections.Immutable;

namespace Axoneme.Policy;

/// <summary>
/// What all rules that allow some traffic ask of it together. They are alternatives: what one of them permits passes, and a rule that asks
/// nothing permits everything, yet a proxy still looks, so that requests are seen.
/// </summary>
public sealed class MergedInspection : IEquatable<MergedInspection>
{
    private readonly Inspection? _spoken;
    private readonly int _hash;

    /// <param name="alternatives">In order of precedence.</param>
    /// <param name="unrestricted">True when a rule asks nothing beyond ports.</param>
    /// <param name="mayBypass">True for a peer that has a right to the connection itself, as the pod's own node has.</param>
    internal MergedInspection(IEnumerable<Inspection> alternatives, bool unrestricted, bool mayBypass = false)
    {
        Alternatives = [.. alternatives.Distinct()];
        Unrestricted = unrestricted;
        _spoken = Alternatives.FirstOrDefault(alternative => alternative.Protocol != InspectionProtocol.Tls);
        MayPassUninspected = mayBypass || (PermitsEverything && !Alternatives.Any(alternative => alternative.NeedsProxy));
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

    /// <summary>True when no request of the protocol spoken is refused.</summary>
    public bool PermitsEverything => Unrestricted || Alternatives.Any(alternative => IsSpoken(alternative) && alternative.PermitsEverything);

    /// <summary>
    /// True when nothing is refused and nothing changed, so that without a proxy the traffic may as well pass. One alternative that needs the proxy is
    /// enough against it, whatever else allows the traffic; only the pod's own node, whose right covers whole connections, goes round it.
    /// </summary>
    public bool MayPassUninspected { get; }

    /// <summary>
    /// What the proxy speaks: that of the first alternative that names a protocol. Rules of other protocols for the same traffic permit nothing (Cilium refuses such
    /// a combination and keeps an older policy; which one would depend on history).
    /// </summary>
    public InspectionProtocol Protocol => _spoken?.Protocol ?? InspectionProtocol.Tls;

    /// <summary>The name of the protocol when it is <see cref="InspectionProtocol.KeyValue"/>, else empty.</summary>
    public string ProtocolName => _spoken?.ProtocolName ?? "";

    /// <summary>The custom listener to go through: the one of the lowest priority number, the first of equals; null for the proxy's own.</summary>
    public ListenerReference? Listener =>
        Alternatives.Select(alternative => alternative.Listener).OfType<ListenerReference>().OrderBy(listener => listener.Priority == 0 ? int.MaxValue : listener.Priority).FirstOrDefault();

    /// <summary>Whether a request passes: every part of it must, by whatever alternative.</summary>
    public bool Permits(Request request) =>
        Unrestricted || request.Parts.All(part => Alternatives.Any(alternative => IsSpoken(alternative) && alternative.Permits(part)));

    public bool Equals(MergedInspection? other) =>
        other is not null && _hash == other._hash && Unrestricted == other.Unrestricted && MayPassUninspected == other.MayPassUninspected
        && Alternatives.AsSpan().SequenceEqual(other.Alternatives.AsSpan());

    public override bool Equals(object? obj) => Equals(obj as MergedInspection);

    public override int GetHashCode() => _hash;

    private bool IsSpoken(Inspection alternative) =>
        alternative.Protocol == InspectionProtocol.Tls || (alternative.Protocol == Protocol && alternative.ProtocolName == ProtocolName);
}
