namespace Axoneme.ControlPlane.Admin;

/// <summary>An error, and what to do about it.</summary>
public sealed record AdminError(string Error, string Fix);
