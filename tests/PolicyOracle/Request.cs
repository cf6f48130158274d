namespace Axoneme.PolicyOracle;

/// <summary>What a proxy sees of an inspected flow, one request at a time.</summary>
public abstract record Request;
