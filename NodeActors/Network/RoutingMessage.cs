using Axoneme.NodeActors.State;

namespace Axoneme.NodeActors.Network;

/// <summary>What the routing actor is told.</summary>
internal abstract record RoutingMessage
{
    /// <summary>Something of the node's network may have changed, or it is time to look.</summary>
    public sealed record Look : RoutingMessage;

    /// <summary>The cluster's nodes changed.</summary>
    public sealed record Nodes(NodeState State) : RoutingMessage;
}
