namespace Axoneme.Kubernetes;

/// <summary>A typed resource, or the errors that keep it from being one; never both.</summary>
public sealed record ResourceReadResult<T>(T? Resource, IReadOnlyList<ManifestError> Errors)
    where T : class;
