namespace Axoneme.Sandbox.Probing;

/// <summary>The program's answer to a <see cref="ProbeRequest"/>.</summary>
internal sealed record ProbeResult(long Id, bool Ok, long Microseconds, string? Error);
