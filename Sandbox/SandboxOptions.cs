namespace Axoneme.Sandbox;

/// <summary>Everything that distinguishes one sandbox runtime from another on the same machine.</summary>
public sealed record SandboxOptions
{
    /// <summary>Holds <c>sandbox.json</c>, which survives the process, and the pods' logs.</summary>
    public required string StateDirectory { get; init; }

    /// <summary>Holds the pods' control sockets. Short: a Unix socket's path has at most 107 bytes.</summary>
    public required string RunDirectory { get; init; }

    /// <summary>The CNI plugin binary.</summary>
    public required string CniPlugin { get; init; }

    /// <summary>The program that stands in for containers (<c>axoneme-pod</c>).</summary>
    public required string PodProgram { get; init; }

    /// <summary>The agent's socket, named in the generated network configuration.</summary>
    public required string AgentSocket { get; init; }

    /// <summary>cgroup v2 directory the pods' processes are put into; null: they stay in the runtime's.</summary>
    public string? CgroupDirectory { get; init; }

    /// <summary>The network's name in the CNI configuration.</summary>
    public string NetworkName { get; init; } = "axoneme";

    /// <summary>How many pods are started or removed at once.</summary>
    public int Concurrency { get; init; } = 4;

    /// <summary>How often running pods are looked after, and the first pause before a failed one is tried again.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest pause between attempts for one pod.</summary>
    public TimeSpan MaxBackoff { get; init; } = TimeSpan.FromSeconds(30);
}
