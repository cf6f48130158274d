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

    /// <summary>Alternatives; empty: every request passes.</summary>
    public ImmutableArray<RequestRule> Rules { get; init; } = [];

    /// <summary>Alternatives of the TLS handshake's server name; empty: any, or no TLS at all.</summary>
    public ImmutableArray<DnsPattern> ServerNames { get; init; } = [];

    public TlsContext? TerminatingTls { get; init; }

    public TlsContext? OriginatingTls { get; init; }

    public ListenerReference? Listener { get; init; }

    /// <summary>True when nothing is refused, so that without a proxy the traffic may as well pass.</summary>
    public bool PermitsEverything =>
        ServerNames.IsEmpty && TerminatingTls is null && OriginatingTls is null && Listener is null && (Rules.IsEmpty || Rules.Any(rule => rule.PermitsEverything));

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
