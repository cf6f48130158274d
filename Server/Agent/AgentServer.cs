using Axoneme.Kubernetes;
using Axoneme.Server.Node;
using Axoneme.Wire.Rpc;
using Axoneme.Wire.Services;
using Microsoft.Extensions.Logging;

namespace Axoneme.Server.Agent;

/// <summary>A node as a process of its own. The control plane may be away: the node goes on with what it knows, and pods start.</summary>
internal static class AgentServer
{
    /// <summary>Runs until cancelled or until a part cannot go on; returns the exit code.</summary>
    public static Task<int> RunAsync(AgentSettings settings, CancellationToken cancellationToken) =>
        ServerRun.RunAsync(settings.Node.LockFile, logFile: null, async loggers =>
        {
            await RunAsync(settings, loggers, cancellationToken);
            if (settings.Node.RemoveOnExit)
            {
                File.Delete(settings.Node.LockFile);
                NodePart.RemoveDirectories(settings.Node, loggers.CreateLogger<NodePart>());
            }
        });

    private static async Task RunAsync(AgentSettings settings, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        if (settings.Node.Manifests is { } manifests && !Directory.Exists(manifests))
        {
            throw new DirectoryNotFoundException($"manifest directory {manifests} does not exist; create it or name another");
        }

        using var channel = RpcChannel.ToUnixSocket(settings.ControlPlaneSocket);
        var controlPlane = new GrpcStateStream(channel);
        await using var node = await NodePart.StartAsync(settings.Node, controlPlane, controlPlane, loggers);
        try
        {
            await ServerRun.ServeAsync(cancellationToken, [node.FailureAsync, .. Feed(settings.Node, node)]);
        }
        finally
        {
            File.Delete(settings.Node.ReadyFile);
        }

        if (settings.Node.RemoveOnExit)
        {
            await node.RemoveAsync();
        }
    }

    private static IReadOnlyList<Func<CancellationToken, Task>> Feed(NodeSettings settings, NodePart node)
    {
        if (node.Sandbox is not { } sandbox)
        {
            File.WriteAllText(settings.ReadyFile, "");
            return [];
        }

        var directory = new ManifestDirectory(settings.Manifests!, TimeProvider.System);
        foreach (var pod in sandbox.Pods)
        {
            directory.Assume("Pod", pod.Manifest.Namespace, pod.Manifest.Name, pod.Manifest.File);
        }

        return [cancellationToken => WatchAsync(directory, cancellationToken), new ManifestFeed(settings, directory, _ => true, sandbox).RunAsync];
    }

    private static async Task WatchAsync(ManifestDirectory directory, CancellationToken cancellationToken)
    {
        await foreach (var _ in directory.WatchAsync(cancellationToken))
        {
            // The feed takes what is current.
        }
    }
}
