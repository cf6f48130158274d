using Axoneme.ControlPlane;
using Axoneme.Sandbox;

namespace Axoneme.Server.AllInOne;

/// <summary>
/// Hands the control plane's manifests on to the sandbox: a pod is started after the control plane has stored it, so that its identity is
/// there before its first packet.
/// </summary>
internal sealed class ManifestFeed(AllInOneOptions options, ControlPlaneHost controlPlane, PodSandbox sandbox)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Interval);
        var version = 0L;
        var ready = false;
        do
        {
            var snapshot = controlPlane.Directory!.Current;
            if (snapshot.Version > version && controlPlane.Manifests.Version >= snapshot.Version)
            {
                sandbox.SetDesired(PodManifests.Read(snapshot, options.NodeName, sandbox.Pods));
                version = snapshot.Version;
            }

            if (!ready && version > 0 && sandbox.Pods.All(pod => pod.Phase == PodPhase.Running || pod.Problem is not null))
            {
                await File.WriteAllTextAsync(options.ReadyFile, "", cancellationToken);
                ready = true;
            }
        }
        while (await timer.WaitForNextTickAsync(cancellationToken));
    }
}
