namespace Axoneme.ControlPlane.Manifests;

/// <summary>A policy object, ready to be applied. Two with the same hash have the same content.</summary>
internal sealed record ManifestPolicy(string Json, string Source, string ContentHash)
{
    public bool SameAs(ManifestPolicy? other) => other is not null && other.ContentHash == ContentHash && other.Source == Source;
}
