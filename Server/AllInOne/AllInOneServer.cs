using Axoneme.ControlPlane;
using Axoneme.Datapath;
using Axoneme.NodeActors;
using Axoneme.Persistence;
using Axoneme.Sandbox;
using Axoneme.Sandbox.Probing;
using Axoneme.Server.Live;
using Axoneme.Server.Logging;
using Microsoft.Extensions.Logging;

namespace Axoneme.Server.AllInOne;

/// <summary>
/// Composition: the rooms run as they would in processes of their own and know each other only through the state stream, node reports,
/// the CNI binary and the agent's socket.
/// </summary>
internal sealed partial class AllInOneServer
{
    private static readonly TimeSpan RemovalTimeout = TimeSpan.FromSeconds(30);

    private readonly AllInOneOptions _options;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger _logger;

    private AllInOneServer(AllInOneOptions options, ILoggerFactory loggers) => (_options, _loggers, _logger) = (options, loggers, loggers.CreateLogger<AllInOneServer>());

    /// <summary>Runs until cancelled or until a part cannot go on; returns the exit code.</summary>
    public static async Task<int> RunAsync(AllInOneOptions options, CancellationToken cancellationToken)
    {
        try
        {
            using var stateLock = StateLock.Take(options.LockFile);
            using var loggers = LoggerFactory.Create(logging => Configure(logging, options));
            var server = new AllInOneServer(options, loggers);
            await server.RunAsync(cancellationToken);
            if (options.RemoveOnExit)
            {
                server.RemoveDirectories();
            }

            return 0;
        }
        catch (Exception failure) when (IsExpected(failure))
        {
            await Console.Error.WriteLineAsync($"axoneme-server: {failure.Message}");
            return 1;
        }
    }

    private static bool IsExpected(Exception failure) =>
        failure is ServerException or NodeAgentException or SandboxException or KernelException or JournalDamagedException or JournalUnavailableException or IOException;

    private static void Configure(ILoggingBuilder logging, AllInOneOptions options)
    {
        logging.AddFilter("Microsoft", LogLevel.Warning);
        if (options.Live)
        {
            logging.AddProvider(new FileLoggerProvider(options.LogFile, TimeProvider.System));
        }
        else
        {
            logging.AddSimpleConsole(console => (console.SingleLine, console.TimestampFormat) = (true, "HH:mm:ss.fff "));
        }
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        // Starting is not cancelled half-way: what was started can be removed, what was half started could not.
        Directory.CreateDirectory(_options.RunDirectory);
        File.Delete(_options.ReadyFile);
        if (_options.CgroupRoot is { } cgroup)
        {
            Directory.CreateDirectory(cgroup);
        }

        await using var controlPlane = await ControlPlaneHost.StartAsync(
            new ControlPlaneOptions
            {
                StateDirectory = _options.ControlPlaneState,
                ManifestDirectory = _options.Manifests,
                AdminAddress = _options.AdminAddress,
                AdminSocket = _options.AdminSocket,
            },
            TimeProvider.System, _loggers, CancellationToken.None);
        var agent = await StartAgentAsync(controlPlane);
        try
        {
            var sandbox = await PodSandbox.StartAsync(SandboxOptions(), TimeProvider.System, _loggers, CancellationToken.None);
            try
            {
                await ServeAsync(controlPlane, agent, sandbox, cancellationToken);
                if (_options.RemoveOnExit)
                {
                    await RemoveAsync(agent, sandbox);
                }
            }
            finally
            {
                await sandbox.DisposeAsync();
            }
        }
        finally
        {
            await agent.DisposeAsync();
        }
    }

    private Task<NodeAgent> StartAgentAsync(ControlPlaneHost controlPlane) => NodeAgent.StartAsync(
        new NodeAgentOptions
        {
            NodeName = _options.NodeName,
            ClusterName = controlPlane.ClusterName,
            StateDirectory = _options.NodeState,
            SocketPath = _options.AgentSocket,
            BpfRoot = _options.BpfRoot,
            CgroupRoot = _options.CgroupRoot ?? "/sys/fs/cgroup",
            PodCidr4 = _options.PodCidr4,
            PodCidr6 = _options.PodCidr6,
            ForceClsact = _options.ForceClsact,
        },
        controlPlane.Stream, controlPlane.Reports, openDatapath: null, TimeProvider.System, _loggers, CancellationToken.None);

    private SandboxOptions SandboxOptions() => new()
    {
        StateDirectory = _options.SandboxState,
        RunDirectory = _options.RunDirectory,
        CniPlugin = _options.CniPlugin,
        PodProgram = _options.PodProgram,
        AgentSocket = _options.AgentSocket,
        CgroupDirectory = _options.CgroupRoot,
    };

    private async Task ServeAsync(ControlPlaneHost controlPlane, NodeAgent agent, PodSandbox sandbox, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var meter = new ReachabilityMeter(() => sandbox.Pods, sandbox.HostControlSocket, TimeProvider.System, _loggers.CreateLogger<ReachabilityMeter>());
        using var client = new AgentHttp(_options.AgentSocket);
        var drops = new DropWatch(agent.Flows, TimeProvider.System);
        var source = new LiveSource(_options, controlPlane, sandbox, meter, drops, client, TimeProvider.System);
        var plain = new PlainView(source, Console.Out);
        Task[] parts =
        [
            new ManifestFeed(_options, controlPlane, sandbox).RunAsync(stop.Token),
            Spectator("reachability", meter.RunAsync).RunAsync(stop.Token),
            Spectator("drops", drops.RunAsync).RunAsync(stop.Token),
            (_options.Live ? Spectator("view", new LiveView(source, _options).RunAsync, plain.RunAsync) : Spectator("view", plain.RunAsync)).RunAsync(stop.Token),
            EndOf(controlPlane.Completion, stop.Token),
            EndOf(agent.Failure, stop.Token),
            EndOf(sandbox.Failure, stop.Token),
        ];
        var first = await Task.WhenAny(parts);
        await stop.CancelAsync();
        await Task.WhenAll(parts).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        File.Delete(_options.ReadyFile);
        if (!cancellationToken.IsCancellationRequested)
        {
            await first;
            throw new ServerException("a part of the server ended although nobody asked it to; the log has the reason");
        }
    }

    private Spectator Spectator(string name, params Func<CancellationToken, Task>[] ways) => new(name, ways, TimeProvider.System, _loggers.CreateLogger<Spectator>());

    private static async Task EndOf(Task part, CancellationToken cancellationToken) => await part.WaitAsync(cancellationToken);

    private async Task RemoveAsync(NodeAgent agent, PodSandbox sandbox)
    {
        using var deadline = new CancellationTokenSource(RemovalTimeout);
        Log.Removing(_logger, sandbox.Pods.Count);
        if (_options.Live)
        {
            await Console.Out.WriteLineAsync($"axoneme: removing {sandbox.Pods.Count} pods and what else was made …");
        }

        try
        {
            await sandbox.RemoveAllAsync(deadline.Token);
            await agent.RemoveEverythingAsync(deadline.Token);
        }
        catch (OperationCanceledException failure)
        {
            throw new ServerException($"removing what was made took longer than {RemovalTimeout.TotalSeconds:0} s; start again with the same --state-dir and stop it, and it goes on where it stopped", failure);
        }
    }

    /// <summary>The parts' folders are ours; the directories around them go only when nothing else is in them.</summary>
    private void RemoveDirectories()
    {
        foreach (var directory in new[] { _options.ControlPlaneState, _options.NodeState, _options.SandboxState, Path.Combine(_options.RunDirectory, "pods") })
        {
            if (Directory.Exists(directory))
            {
                Directory.Delete(directory, recursive: true);
            }
        }

        File.Delete(_options.LogFile);
        File.Delete(_options.LockFile);
        File.Delete(_options.AdminSocket);
        File.Delete(_options.AgentSocket);
        foreach (var directory in new[] { _options.StateDirectory, _options.RunDirectory, _options.BpfRoot, _options.CgroupRoot })
        {
            try
            {
                if (directory is not null && Directory.Exists(directory))
                {
                    Directory.Delete(directory);
                }
            }
            catch (IOException failure)
            {
                // Someone else's files, or the log of a server in the background.
                Log.DirectoryStays(_logger, directory!, failure.Message);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Removing {Pods} pods, interfaces, pins and state")]
        public static partial void Removing(ILogger logger, int pods);

        [LoggerMessage(2, LogLevel.Debug, "Directory {Directory} stays: {Reason}")]
        public static partial void DirectoryStays(ILogger logger, string directory, string reason);
    }
}
