namespace Axoneme.Policy;

/// <summary>What a peer is to a node that has to stay part of the cluster.</summary>
[Flags]
internal enum ControlPeers : byte
{
    None = 0,

    /// <summary>Another node.</summary>
    Node = 1,

    /// <summary>The endpoint that answers for another node's health.</summary>
    Health = 2,

    /// <summary>It serves the Kubernetes API, inside the cluster or outside.</summary>
    ApiServer = 4,
}
