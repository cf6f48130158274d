using System.Collections.Immutable;
using System.Net;
using Axoneme.Policy;

namespace Axoneme.NodeActors.State;

/// <summary>Everything the state actor knows, as a value for any thread.</summary>
internal sealed record NodeView
{
    public static NodeView Empty { get; } = new();

    public NodeState State { get; init; } = NodeState.Empty;

    public ImmutableDictionary<ushort, EndpointStatus> Endpoints { get; init; } = ImmutableDictionary<ushort, EndpointStatus>.Empty;

    /// <summary>Endpoint ids by address.</summary>
    public ImmutableDictionary<IPAddress, ushort> EndpointOfAddress { get; init; } = ImmutableDictionary<IPAddress, ushort>.Empty;

    /// <summary>Labels of identities that are the node's own; see <see cref="Policies.PolicyModel.LocalLabels"/>.</summary>
    public ImmutableDictionary<uint, LabelSet> LocalLabels { get; init; } = ImmutableDictionary<uint, LabelSet>.Empty;

    public ImmutableHashSet<IPAddress> LocalAddresses { get; init; } = [];

    /// <summary>The revision whose last map write succeeded.</summary>
    public ulong AppliedRevision { get; init; }

    public ImmutableArray<string> Problems { get; init; } = [];
}
