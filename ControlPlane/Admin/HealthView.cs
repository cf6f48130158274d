namespace Axoneme.ControlPlane.Admin;

public sealed record HealthView(string Status, string? Reason, ulong Revision, ulong Epoch);
