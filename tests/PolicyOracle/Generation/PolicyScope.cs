namespace Axoneme.PolicyOracle.Generation;

/// <summary>Whom a generated Cilium policy may be about.</summary>
internal enum PolicyScope
{
    /// <summary>Pods of one namespace.</summary>
    Namespaced,

    /// <summary>Any managed endpoint but the initializing ones.</summary>
    Clusterwide,

    /// <summary>Initializing endpoints.</summary>
    Initializing,

    /// <summary>Nodes.</summary>
    Host,
}
