namespace Axoneme.NodeActors;

/// <summary>How packets reach the pods of other nodes.</summary>
public enum RoutingMode
{
    /// <summary>As they are: the network routes pod addresses.</summary>
    Native,

    /// <summary>Inside UDP between nodes (RFC 7348).</summary>
    Vxlan,
}
