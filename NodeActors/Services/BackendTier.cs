namespace Axoneme.NodeActors.Services;

/// <summary>Conditions on backends, all of which have to be met; the first in a list of tiers that a ready backend meets is the one used.</summary>
[Flags]
internal enum BackendTier
{
    /// <summary>Wherever it is.</summary>
    Any = 0,

    /// <summary>On this node.</summary>
    Node = 1,

    /// <summary>In this node's zone.</summary>
    Zone = 2,

    /// <summary>In this node's cluster.</summary>
    LocalCluster = 4,

    /// <summary>In another cluster.</summary>
    RemoteCluster = 8,
}
