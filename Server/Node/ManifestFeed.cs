using Axoneme.Kubernetes;
using Axoneme.Sandbox;

namespace Axoneme.Server.Node;

/// <summary>Hands the Pods of a manifest directory to the sandbox, and says when the first of them run.</summary>
/// <param name="settings">Which node.</param>
/// <param name="directory">Somebody has to watch it.</param>
/// <param name="isStored">
/// Whether the control plane has stored a snapshot: a pod that starts after that has its identity there before its first packet. Where nobody
/// can tell, always true: the agent then waits for the pod's record a while.
/// </param>
/// <param name="sandbox">Runs them.</param>
internal sealed class ManifestFeed(NodeSettings settings, ManifestDirectory directory, Func<ManifestSnapshot, bool> isStored, PodSandbox sandbox)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Interval);
        var version = 0L;
        var ready = false;
        do
        {
            var snapshot = directory.Current;
            if (snapshot.Version > version && isStored(snapshot))
            {
                sandbox.SetDesired(PodManifests.Read(snapshot, settings.Agent.NodeName, settings.RunsUnassignedPods, sandbox.Pods));
                version = snapshot.Version;
            }

            if (!ready && version > 0 && sandbox.Pods.All(pod => pod.Phase == PodPhase.Running || pod.Problem is not null))
            {
                await File.WriteAllTextAsync(settings.ReadyFile, "", cancellationToken);
                ready = true;
            }
        }
        while (await timer.WaitForNextTickAsync(cancellationToken));
    }
}
