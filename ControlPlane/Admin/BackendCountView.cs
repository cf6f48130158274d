namespace Axoneme.ControlPlane.Admin;

/// <summary>How many addresses stand behind a service, and how many of them are ready.</summary>
public sealed record BackendCountView(int Ready, int Total);
