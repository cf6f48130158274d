namespace Axoneme.NodeActors.Api;

/// <summary>Somebody asked for an endpoint that this node does not have.</summary>
internal sealed class NoSuchEndpointException(ushort id) : Exception($"endpoint {id}: this node has none of this id");
