using System.Collections.Immutable;

namespace Axoneme.Policy;

/// <summary>One member of <c>ingress</c>, <c>egress</c>, <c>ingressDeny</c> or <c>egressDeny</c>.</summary>
public sealed record PolicyRule
{
    /// <summary>Where it stands in its policy, for example <c>ingress[0]</c> or <c>specs[1].egressDeny[2]</c>.</summary>
    public required string Section { get; init; }

    public required PolicyDirection Direction { get; init; }

    public required bool Deny { get; init; }

    /// <summary>Null: peers are not restricted. Empty: no peer is meant and the rule matches nothing.</summary>
    public required ImmutableArray<Peer>? Peers { get; init; }

    /// <summary>Null: traffic is not restricted. Empty: no traffic is meant and the rule matches nothing.</summary>
    public required ImmutableArray<TrafficRule>? Traffic { get; init; }

    /// <summary>What is demanded of the traffic it allows; always <see cref="AuthenticationMode.Disabled"/> in a denying rule.</summary>
    public AuthenticationMode Authentication { get; init; }

    /// <summary>The rule as it was written, in compact JSON.</summary>
    public required string Text { get; init; }
}
