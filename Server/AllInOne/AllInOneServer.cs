using Axoneme.ControlPlane;
using Axoneme.Sandbox.Probing;
using Axoneme.Server.Live;
using Axoneme.Server.Node;
using Microsoft.Extensions.Logging;

namespace Axoneme.Server.AllInOne;

/// <summary>
/// Composition: the rooms run as they would in processes of their own and know each other only through the state stream, node reports,
/// the CNI binary and the agent's socket.
/// </summary>
internal sealed class AllInOneServer
{
    private readonly AllInOneOptions _options;
    private readonly ILoggerFactory _loggers;

    private AllInOneServer(AllInOneOptions options, ILoggerFactory loggers) => (_options, _loggers) = (options, loggers);

    /// <summary>Runs until cancelled or until a part cannot go on; returns the exit code.</summary>
    public static Task<int> RunAsync(AllInOneOptions options, CancellationToken cancellationToken) =>
        ServerRun.RunAsync(options.Node.LockFile, options.Live ? options.LogFile : null, async loggers =>
        {
            var server = new AllInOneServer(options, loggers);
            await server.RunAsync(cancellationToken);
            if (options.Node.RemoveOnExit)
            {
                server.RemoveDirectories();
            }
        });

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(_options.Node.RunDirectory);
        File.Delete(_options.Node.ReadyFile);
        await using var controlPlane = await ControlPlaneHost.StartAsync(
            new ControlPlaneOptions
            {
                StateDirectory = _options.ControlPlaneState,
                ManifestDirectory = _options.Manifests,
                ClusterName = _options.Node.Agent.ClusterName,
                AdminAddress = _options.AdminAddress,
                AdminSocket = _options.AdminSocket,
                Services = _options.Services,
            },
            TimeProvider.System, _loggers, CancellationToken.None);
        await using var node = await NodePart.StartAsync(_options.Node, controlPlane.Stream, controlPlane.Reports, _loggers);
        await ServeAsync(controlPlane, node, cancellationToken);
        if (_options.Node.RemoveOnExit)
        {
            if (_options.Live)
            {
                await Console.Out.WriteLineAsync($"axoneme: removing {node.Sandbox!.Pods.Count} pods and what else was made …");
            }

            await node.RemoveAsync();
        }
    }

    private async Task ServeAsync(ControlPlaneHost controlPlane, NodePart node, CancellationToken cancellationToken)
    {
        var sandbox = node.Sandbox!;
        var meter = new ReachabilityMeter(() => sandbox.Pods, sandbox.HostControlSocket, TimeProvider.System, _loggers.CreateLogger<ReachabilityMeter>());
        using var client = new AgentHttp(_options.Node.Agent.SocketPath);
        var drops = new DropWatch(node.Agent.Flows, TimeProvider.System);
        var source = new LiveSource(_options.Node, controlPlane, sandbox, meter, drops, client, TimeProvider.System);
        var plain = new PlainView(source, Console.Out);
        var view = _options.Live ? Spectator("view", new LiveView(source, _options.Manifests).RunAsync, plain.RunAsync) : Spectator("view", plain.RunAsync);
        var feed = new ManifestFeed(_options.Node, controlPlane.Directory!, snapshot => controlPlane.Manifests.Version >= snapshot.Version, sandbox);
        try
        {
            await ServerRun.ServeAsync(
                cancellationToken, feed.RunAsync, Spectator("reachability", meter.RunAsync).RunAsync, Spectator("drops", drops.RunAsync).RunAsync, view.RunAsync,
                controlPlane.Completion.WaitAsync, node.FailureAsync);
        }
        finally
        {
            File.Delete(_options.Node.ReadyFile);
        }
    }

    private Spectator Spectator(string name, params Func<CancellationToken, Task>[] ways) => new(name, ways, TimeProvider.System, _loggers.CreateLogger<Spectator>());

    /// <summary>The parts' folders are ours; the directories around them go only when nothing else is in them.</summary>
    private void RemoveDirectories()
    {
        if (Directory.Exists(_options.ControlPlaneState))
        {
            Directory.Delete(_options.ControlPlaneState, recursive: true);
        }

        File.Delete(_options.LogFile);
        File.Delete(_options.Node.LockFile);
        File.Delete(_options.AdminSocket);
        NodePart.RemoveDirectories(_options.Node, _loggers.CreateLogger<AllInOneServer>());
    }
}
