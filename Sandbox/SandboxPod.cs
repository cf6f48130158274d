using System.Net;

namespace Axoneme.Sandbox;

/// <summary>One pod as the runtime sees it now.</summary>
/// <param name="Manifest">The manifest it was made from.</param>
/// <param name="Addresses">As the CNI plugin gave them.</param>
/// <param name="ControlSocket">Takes probe requests once the pod runs.</param>
/// <param name="Problem">Why it does not run, in the CNI plugin's or the kernel's words; null when all is well.</param>
/// <param name="Phase">Where it is in its life.</param>
/// <param name="ContainerId">CNI's container id; empty before the first attempt.</param>
public sealed record SandboxPod(PodManifest Manifest, PodPhase Phase, string ContainerId, IReadOnlyList<IPAddress> Addresses, string? ControlSocket, string? Problem);
