using System.Collections.Immutable;
using System.Net;
using Axoneme.Datapath.Network;

namespace Axoneme.NodeActors.Network;

/// <summary>How the node is connected and how it reaches others, as a value for any thread.</summary>
internal sealed record RoutingView
{
    public static RoutingView Empty { get; } = new();

    public NodeUplinks Uplinks { get; init; } = new([], null, null, 0);

    /// <summary>Bytes; what new pods get.</summary>
    public int PodMtu { get; init; }

    public LinkInfo? Tunnel { get; init; }

    /// <summary>By node, in words.</summary>
    public IReadOnlyDictionary<string, string> Ways { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>Destinations that are not masqueraded, the pods' networks included.</summary>
    public IReadOnlyList<IPNetwork> Unmasqueraded { get; init; } = [];

    public IReadOnlyList<IPAddress> LocalAddresses { get; init; } = [];

    public IReadOnlyList<string> Problems { get; init; } = [];
}
