namespace Axoneme.ControlPlane.Admin;

public sealed record ManifestErrorView(string File, int Document, int? Line, string? Field, string Message);
