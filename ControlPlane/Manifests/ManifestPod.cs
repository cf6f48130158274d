using Axoneme.Kubernetes;

namespace Axoneme.ControlPlane.Manifests;

/// <summary>A valid Pod and where it was written.</summary>
internal sealed record ManifestPod(PodResource Pod, string Source);
