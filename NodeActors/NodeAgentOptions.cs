using System.Net;
using System.Net.Sockets;

namespace Axoneme.NodeActors;

/// <summary>Everything that distinguishes one node's agent from another's on the same machine.</summary>
public sealed record NodeAgentOptions
{
    /// <summary>The node's name, as Pods name it in spec.nodeName.</summary>
    public required string NodeName { get; init; }

    /// <summary>The cluster's name, as the control plane labels its pods: policies that name no cluster mean this one.</summary>
    public string ClusterName { get; init; } = "default";

    /// <summary>Directory of the local journal (<c>agent.db</c>); created when missing.</summary>
    public required string StateDirectory { get; init; }

    /// <summary>The agent's Unix socket, mode 0600; an old one is replaced.</summary>
    public string SocketPath { get; init; } = Wire.Agent.AgentRoutes.DefaultSocket;

    /// <summary>The node's directory in a bpffs, where links and maps are pinned.</summary>
    public string BpfRoot { get; init; } = "/sys/fs/bpf/axoneme";

    /// <summary>The cgroup v2 directory that holds the node's pods.</summary>
    public string CgroupRoot { get; init; } = "/sys/fs/cgroup";

    /// <summary>IPv4 block of this node's pods, null for none. At least one family is needed.</summary>
    public IPNetwork? PodCidr4 { get; init; }

    /// <summary>IPv6 block of this node's pods, null for none.</summary>
    public IPNetwork? PodCidr6 { get; init; }

    /// <summary>Attach by clsact although the kernel has tcx.</summary>
    public bool ForceClsact { get; init; }

    /// <summary>MTU of pod interfaces in bytes; a CNI configuration's <c>mtu</c> goes before it.</summary>
    public int Mtu { get; init; } = 1500;

    /// <summary>Labels the node registers with.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>How many flows the agent remembers for <c>monitor</c>.</summary>
    public int FlowRingCapacity { get; init; } = 4096;

    /// <summary>How long an ADD waits for the control plane to publish its Pod before it starts as <c>init</c>.</summary>
    public TimeSpan PodRecordWait { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How often kernel maps are compared whole with what they should hold.</summary>
    public TimeSpan CompareInterval { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How often expired conntrack entries are collected.</summary>
    public TimeSpan ConntrackInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <exception cref="NodeAgentException">An option is wrong; the message names it.</exception>
    internal void Validate()
    {
        Require(NodeName.Length > 0, nameof(NodeName), "must not be empty");
        Require(Path.IsPathFullyQualified(StateDirectory), nameof(StateDirectory), $"\"{StateDirectory}\" must be an absolute path");
        Require(PodCidr4 is not null || PodCidr6 is not null, nameof(PodCidr4), "and PodCidr6 are both missing; pods need addresses of one family at least");
        Require(PodCidr4 is not { BaseAddress.AddressFamily: not AddressFamily.InterNetwork }, nameof(PodCidr4), $"{PodCidr4} is not IPv4");
        Require(PodCidr6 is not { BaseAddress.AddressFamily: not AddressFamily.InterNetworkV6 }, nameof(PodCidr6), $"{PodCidr6} is not IPv6");
        Require(Mtu is >= 1280 and <= 65535, nameof(Mtu), $"{Mtu} must be from 1280 to 65535");
    }

    private static void Require(bool condition, string option, string problem)
    {
        if (!condition)
        {
            throw new NodeAgentException($"option {option}: {problem}");
        }
    }
}
