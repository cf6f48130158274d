using System.Net;

namespace Axoneme.Server.AllInOne;

/// <summary>What <c>axoneme-server all-in-one</c> was asked to do. Everything that could clash with a second one on the same machine is here.</summary>
internal sealed record AllInOneOptions
{
    public required string Manifests { get; init; }

    /// <summary>What must survive a restart: one folder per part below it.</summary>
    public required string StateDirectory { get; init; }

    /// <summary>Sockets.</summary>
    public required string RunDirectory { get; init; }

    public required string BpfRoot { get; init; }

    /// <summary>cgroup v2 directory the pods are put into; null: they stay in the server's.</summary>
    public required string? CgroupRoot { get; init; }

    public required string NodeName { get; init; }

    public required IPNetwork PodCidr4 { get; init; }

    public required IPNetwork PodCidr6 { get; init; }

    public required IPEndPoint AdminAddress { get; init; }

    public required string CniPlugin { get; init; }

    public required string PodProgram { get; init; }

    public bool ForceClsact { get; init; }

    /// <summary>Show the live view; otherwise lines when something changes.</summary>
    public bool Live { get; init; }

    /// <summary>Remove everything that was made when the server is asked to stop; otherwise pods and kernel state stay.</summary>
    public bool RemoveOnExit { get; init; }

    public string ControlPlaneState => Path.Combine(StateDirectory, "control-plane");

    public string NodeState => Path.Combine(StateDirectory, "node");

    public string SandboxState => Path.Combine(StateDirectory, "sandbox");

    public string LogFile => Path.Combine(StateDirectory, "server.log");

    public string LockFile => Path.Combine(StateDirectory, "server.pid");

    public string AgentSocket => Path.Combine(RunDirectory, "agent.sock");

    public string AdminSocket => Path.Combine(RunDirectory, "admin.sock");

    /// <summary>Exists while the first manifests are applied and every pod of them has been tried.</summary>
    public string ReadyFile => Path.Combine(RunDirectory, "ready");
}
