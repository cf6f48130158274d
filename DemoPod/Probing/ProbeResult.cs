namespace Axoneme.DemoPod.Probing;

/// <summary>How one attempt ended. <paramref name="Error"/>: timeout, refused, unreachable, or the system's words. <paramref name="Answer"/>: the other end's introduction, when asked for.</summary>
internal sealed record ProbeResult(long Id, bool Ok, long Microseconds, string? Error, string? Answer = null);
