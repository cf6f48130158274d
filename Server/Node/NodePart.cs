using Axoneme.NodeActors;
using Axoneme.Sandbox;
using Axoneme.Wire;
using Microsoft.Extensions.Logging;

namespace Axoneme.Server.Node;

/// <summary>
/// What runs on one node: its agent and, in standalone mode, the sandbox that stands in for a container runtime. They know each other only
/// through the CNI binary and the agent's socket.
/// </summary>
internal sealed partial class NodePart : IAsyncDisposable
{
    private static readonly TimeSpan RemovalTimeout = TimeSpan.FromSeconds(30);
    private readonly NodeSettings _settings;
    private readonly ILogger _logger;

    private NodePart(NodeSettings settings, NodeAgent agent, PodSandbox? sandbox, ILogger logger) => (_settings, Agent, Sandbox, _logger) = (settings, agent, sandbox, logger);

    public NodeAgent Agent { get; }

    /// <summary>Null when there are no manifests to run pods from.</summary>
    public PodSandbox? Sandbox { get; }

    /// <summary>Starts both. It is not cancelled half-way: what was started can be removed, what was half started could not.</summary>
    /// <param name="settings">Which node.</param>
    /// <param name="stream">What the control plane decides.</param>
    /// <param name="reports">Takes what the node did.</param>
    /// <param name="loggers">Where they log.</param>
    public static async Task<NodePart> StartAsync(NodeSettings settings, IStateStream stream, INodeReports reports, ILoggerFactory loggers)
    {
        Directory.CreateDirectory(settings.RunDirectory);
        File.Delete(settings.ReadyFile);
        if (settings.PodCgroup is { } cgroup)
        {
            Directory.CreateDirectory(cgroup);
        }

        var agent = await NodeAgent.StartAsync(settings.Agent, stream, reports, openDatapath: null, TimeProvider.System, loggers, CancellationToken.None);
        try
        {
            var sandbox = settings.Manifests is null
                ? null
                : await PodSandbox.StartAsync(SandboxOptions(settings), TimeProvider.System, loggers, CancellationToken.None);
            return new NodePart(settings, agent, sandbox, loggers.CreateLogger<NodePart>());
        }
        catch
        {
            await agent.DisposeAsync();
            throw;
        }
    }

    /// <summary>Completes when one of them cannot go on, with its failure.</summary>
    public Task FailureAsync(CancellationToken cancellationToken) => Task.WhenAny(Agent.Failure, Sandbox?.Failure ?? Agent.Failure).Unwrap().WaitAsync(cancellationToken);

    /// <summary>Removes the pods and all that the agent made.</summary>
    /// <exception cref="ServerException">It took too long.</exception>
    public async Task RemoveAsync()
    {
        using var deadline = new CancellationTokenSource(RemovalTimeout);
        Log.Removing(_logger, Sandbox?.Pods.Count ?? 0);
        try
        {
            await (Sandbox?.RemoveAllAsync(deadline.Token) ?? Task.CompletedTask);
            await Agent.RemoveEverythingAsync(deadline.Token);
        }
        catch (OperationCanceledException failure)
        {
            throw new ServerException($"removing what was made took longer than {RemovalTimeout.TotalSeconds:0} s; start again with the same --state-dir and stop it, and it goes on where it stopped", failure);
        }
    }

    /// <summary>After <see cref="RemoveAsync"/> and disposal: the node's folders and sockets, and the directories around them when nothing else is in them.</summary>
    public static void RemoveDirectories(NodeSettings settings, ILogger logger)
    {
        foreach (var directory in new[] { settings.Agent.StateDirectory, settings.SandboxState, Path.Combine(settings.RunDirectory, "pods") })
        {
            if (Directory.Exists(directory))
            {
                Directory.Delete(directory, recursive: true);
            }
        }

        File.Delete(settings.Agent.SocketPath);
        foreach (var directory in new[] { settings.StateDirectory, settings.RunDirectory, settings.Agent.BpfRoot, settings.PodCgroup })
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
                Log.DirectoryStays(logger, directory!, failure.Message);
            }
        }
    }

    /// <summary>Ends both; pods and kernel state stay.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await (Sandbox?.DisposeAsync() ?? ValueTask.CompletedTask);
        }
        finally
        {
            await Agent.DisposeAsync();
        }
    }

    private static SandboxOptions SandboxOptions(NodeSettings settings) => new()
    {
        StateDirectory = settings.SandboxState,
        RunDirectory = settings.RunDirectory,
        CniPlugin = settings.CniPlugin,
        PodProgram = settings.PodProgram,
        AgentSocket = settings.Agent.SocketPath,
        CgroupDirectory = settings.PodCgroup,
    };

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Removing {Pods} pods, interfaces, pins and state")]
        public static partial void Removing(ILogger logger, int pods);

        [LoggerMessage(2, LogLevel.Debug, "Directory {Directory} stays: {Reason}")]
        public static partial void DirectoryStays(ILogger logger, string directory, string reason);
    }
}
