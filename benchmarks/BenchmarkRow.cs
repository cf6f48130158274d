namespace Axoneme.Benchmarks;

/// <summary>One line of every benchmark's output.</summary>
/// <param name="Name">What was measured.</param>
/// <param name="Unit">Of <paramref name="Ours"/> and <paramref name="Reference"/>.</param>
/// <param name="Ours">Our figure (median).</param>
/// <param name="Reference">The peer's figure in the same run, or the limit; null when there is none.</param>
/// <param name="Ratio">Ours over reference: the median of the paired ratios where runs were paired.</param>
/// <param name="Note">Interval, peer, or what the figure includes.</param>
internal sealed record BenchmarkRow(string Name, string Unit, double Ours, double? Reference, double? Ratio, string Note);
