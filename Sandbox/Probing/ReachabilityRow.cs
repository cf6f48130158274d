namespace Axoneme.Sandbox.Probing;

/// <summary>Everything measured from one source. <paramref name="Cells"/> are in the order of the matrix's targets; null: not measured (the source itself, or a source that did not answer).</summary>
/// <param name="Source">A pod as namespace/name, or <see cref="ReachabilityMatrix.Host"/>.</param>
/// <param name="Cells">One per target.</param>
/// <param name="Problem">Why nothing was measured from here, null when it was.</param>
public sealed record ReachabilityRow(string Source, IReadOnlyList<ReachabilityCell?> Cells, string? Problem);
