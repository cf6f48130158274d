namespace Axoneme.PolicyOracle;

/// <summary>The side of a flow a policy speaks about, seen from its subject.</summary>
public enum Direction
{
    /// <summary>Traffic that enters the subject; the peer is its source.</summary>
    Ingress,

    /// <summary>Traffic that leaves the subject; the peer is its destination.</summary>
    Egress,
}
