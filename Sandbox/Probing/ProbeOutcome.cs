namespace Axoneme.Sandbox.Probing;

/// <summary>How a real connection attempt ended. <paramref name="Error"/>: timeout, refused, unreachable, or the system's words.</summary>
public sealed record ProbeOutcome(bool Ok, TimeSpan Duration, string? Error);
