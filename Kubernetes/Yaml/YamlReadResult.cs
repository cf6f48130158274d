using System.Collections.Immutable;

namespace Axoneme.Kubernetes;

/// <summary>The objects of one text, and what is wrong with it.</summary>
public sealed record YamlReadResult(ImmutableArray<ManifestDocument> Documents, ImmutableArray<ManifestError> Errors);
