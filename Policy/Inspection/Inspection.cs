using System.Collections.Immutable;

namespace Axoneme.Policy;

/// <summary>
/// What a <c>toPorts</c> member asks of traffic beyond its ports: rules on requests, TLS server names, TLS termination, a custom listener.
/// Two that ask the same are equal.
/// </summary>
public sealed class Inspection : IEquatable<Inspection>
{
    /// <summary>The parts as written, in compact JSON, with the policy's namespace where their meaning depends on it.</summary>
    public required string Text { get; init; }

    public required InspectionProtocol Protocol { get; init; }

    /// <summary>The name of the protocol when it is <see cref="InspectionProtocol.KeyValue"/>, else empty.</summary>
    public string ProtocolName { get; init; } = "";

    /// <summary>
    /// Alternatives; empty: every request passes. That holds for a protocol with a name of its own (<c>l7proto</c>) too: without rules it says what
    /// to record, and refuses nothing.
    /// </summary>
    public ImmutableArray<RequestRule> Rules { get; init; } = [];

    /// <summary>Alternatives of the TLS handshake's server name; empty: any, or no TLS at all.</summary>
    public ImmutableArray<DnsPattern> ServerNames { get; init; } = [];

    public TlsContext? TerminatingTls { get; init; }

    public TlsContext? OriginatingTls { get; init; }

    public ListenerReference? Listener { get; init; }

    /// <summary>True when no request of its protocol is refused.</summary>
    public bool PermitsEverything => ServerNames.IsEmpty && (Rules.IsEmpty || Rules.Any(rule => rule.PermitsEverything));

    /// <summary>
    /// True when the traffic is not the same without a proxy even if nothing is refused: TLS ends or begins there, headers change, a listener does what
    /// it will.
    /// </summary>
    public bool NeedsProxy => TerminatingTls is not null || OriginatingTls is not null || Listener is not null || Rules.Any(rule => rule.ChangesRequests);

    /// <summary>True when nothing is refused and nothing changed, so that without a proxy the traffic may as well pass.</summary>
    public bool MayPassUninspected => PermitsEverything && !NeedsProxy;

    /// <summary>
    /// Whether a request passes, the server name of its connection included. Of several inspections for the same traffic each part of a request
    /// (<see cref="Request.Parts"/>) must pass one of them.
    /// </summary>
    public bool Permits(Request request) =>
        (ServerNames.IsEmpty || (request.ServerName is { } name && ServerNames.Any(pattern => pattern.Matches(name))))
        && (Rules.IsEmpty || request.Parts.All(part => Rules.Any(rule => rule.Permits(part))));

    public bool Equals(Inspection? other) => other is not null && Text == other.Text;

    public override bool Equals(object? obj) => Equals(obj as Inspection);

    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => Text;
}
