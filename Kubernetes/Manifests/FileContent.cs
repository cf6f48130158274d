namespace Axoneme.Kubernetes;

/// <summary>A file's text, or why there is none.</summary>
public sealed record FileContent(string? Text, string? Problem = null);
