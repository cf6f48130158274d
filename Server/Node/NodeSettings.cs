using Axoneme.NodeActors;

namespace Axoneme.Server.Node;

/// <summary>A node as a command was asked to run it. Everything that could clash with a second one on the same machine is here.</summary>
internal sealed record NodeSettings
{
    /// <summary>The agent's own.</summary>
    public required NodeAgentOptions Agent { get; init; }

    /// <summary>What must survive a restart: one folder per part below it.</summary>
    public required string StateDirectory { get; init; }

    /// <summary>Sockets.</summary>
    public required string RunDirectory { get; init; }

    /// <summary>Directory of Kubernetes manifests whose Pods run in the sandbox; null for no sandbox: a container runtime calls the CNI plugin.</summary>
    public required string? Manifests { get; init; }

    /// <summary>Run Pods without spec.nodeName here.</summary>
    public required bool RunsUnassignedPods { get; init; }

    /// <summary>cgroup v2 directory the pods are put into; null: they stay in the server's.</summary>
    public required string? PodCgroup { get; init; }

    public required string CniPlugin { get; init; }

    public required string PodProgram { get; init; }

    /// <summary>Remove everything that was made when the server is asked to stop; otherwise pods and kernel state stay.</summary>
    public bool RemoveOnExit { get; init; }

    /// <summary>One for every command that runs a node, so that a state directory has one of them.</summary>
    public string LockFile => Path.Combine(StateDirectory, "server.pid");

    public string SandboxState => Path.Combine(StateDirectory, "sandbox");

    /// <summary>Exists while the first manifests are applied and every pod of them has been tried.</summary>
    public string ReadyFile => Path.Combine(RunDirectory, "ready");
}
