namespace Axoneme.Hubble;

/// <summary>What a reader of a <see cref="FlowRing"/> gets: a flow, or the news that some were overwritten before it came to them.</summary>
/// <param name="Flow">The flow; null when this entry tells of lost ones.</param>
/// <param name="Lost">How many flows were lost here, whatever the reader's filter.</param>
public readonly record struct FlowRingEntry(Flow? Flow, long Lost);
