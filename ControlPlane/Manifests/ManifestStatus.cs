using Axoneme.Kubernetes;

namespace Axoneme.ControlPlane.Manifests;

/// <summary>Where the manifests stand.</summary>
/// <param name="Version">The snapshot's version; 0 before the first was applied.</param>
/// <param name="Accepted">Valid objects by kind.</param>
/// <param name="Errors">What is wrong now, with file, document, line and field. What was in force for these stays in force.</param>
/// <param name="Warnings">What is in force and not enforced as it is written, in the same form.</param>
/// <param name="Waiting">Some changes could not be stored and are tried again; <paramref name="Errors"/> says why.</param>
public sealed record ManifestStatus(
    long Version, IReadOnlyDictionary<string, int> Accepted, IReadOnlyList<ManifestError> Errors, IReadOnlyList<ManifestError> Warnings, bool Waiting)
{
    public static ManifestStatus None { get; } = new(0, new Dictionary<string, int>(), [], [], Waiting: false);
}
