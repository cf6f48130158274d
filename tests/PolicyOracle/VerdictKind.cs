namespace Axoneme.PolicyOracle;

/// <summary>What becomes of a flow.</summary>
public enum VerdictKind
{
    /// <summary>It is dropped.</summary>
    Denied,

    /// <summary>It passes.</summary>
    Allowed,

    /// <summary>It passes as far as layers 3 and 4 go; a proxy decides on each request.</summary>
    Inspected,
}
