using System.Net;
using System.Net.Sockets;
using Axoneme.NodeActors.Maps;
using Axoneme.NodeActors.Services;

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

    /// <summary>Whether this node translates services, at sockets and packet by packet.</summary>
    public bool KubeProxyReplacement { get; init; } = true;

    /// <summary>IPv4 block of this node's pods, null for none. At least one family is needed.</summary>
    public IPNetwork? PodCidr4 { get; init; }

    /// <summary>IPv6 block of this node's pods, null for none.</summary>
    public IPNetwork? PodCidr6 { get; init; }

    /// <summary>Attach by clsact although the kernel has tcx.</summary>
    public bool ForceClsact { get; init; }

    /// <summary>MTU of pod interfaces in bytes, 0 for what fits through the node's devices and the tunnel; a CNI configuration's <c>mtu</c> goes before it.</summary>
    public int Mtu { get; init; } = 1500;

    /// <summary>How packets reach other nodes.</summary>
    public RoutingMode Routing { get; init; } = RoutingMode.Native;

    /// <summary>UDP port of the tunnel, the same on all nodes.</summary>
    public ushort TunnelPort { get; init; } = 8472;

    /// <summary>Native routing: make routes to the pods of nodes on the same link.</summary>
    public bool AutoDirectNodeRoutes { get; init; } = true;

    /// <summary>
    /// Interfaces that lead out of the node: names, patterns such as <c>eth+</c>, or <c>auto</c> for those with a default route or the node's
    /// address. Empty for none: then nothing is masqueraded and the node's own traffic is not judged.
    /// </summary>
    public IReadOnlyList<string> Devices { get; init; } = [];

    /// <summary>The address other nodes reach this one by; null for the first global one of a device.</summary>
    public IPAddress? NodeIPv4 { get; init; }

    /// <summary>The same for IPv6.</summary>
    public IPAddress? NodeIPv6 { get; init; }

    /// <summary>What pods send out of the cluster leaves under the node's IPv4 address.</summary>
    public bool MasqueradeIPv4 { get; init; } = true;

    /// <summary>The same for IPv6.</summary>
    public bool MasqueradeIPv6 { get; init; } = true;

    /// <summary>Destinations outside the cluster that see pods under their own address.</summary>
    public IReadOnlyList<IPNetwork> NonMasqueradeCidrs { get; init; } = [];

    /// <summary>A file in the format of ip-masq-agent with more of them, watched for changes; null for none.</summary>
    public string? IpMasqAgentConfig { get; init; }

    /// <summary>Judge the node's own traffic by policies with a <c>nodeSelector</c>.</summary>
    public bool HostFirewall { get; init; } = true;

    /// <summary>Where the node reaches the control plane over the network: no policy cuts this off. Null when it needs no network.</summary>
    public IPEndPoint? ControlPlaneAddress { get; init; }

    /// <summary>Drop nothing because of policy on this node, and report everything that would be.</summary>
    public bool PolicyAuditMode { get; init; }

    /// <summary>Give the node an endpoint of its own that others ask whether they reach it, and ask theirs.</summary>
    public bool EndpointHealthChecking { get; init; } = true;

    /// <summary>TCP port at which nodes and their health endpoints answer, the same on all nodes.</summary>
    public ushort ClusterHealthPort { get; init; } = 4240;

    /// <summary>How often every node is asked whether it can be reached.</summary>
    public TimeSpan HealthProbeInterval { get; init; } = TimeSpan.FromSeconds(60);

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

    /// <summary>How services are served.</summary>
    public ServiceOptions Services { get; init; } = new();

    /// <summary>Whether drivers are asked to send services' packets on.</summary>
    internal bool Accelerates => KubeProxyReplacement && Devices.Count > 0 && Services.Acceleration != LoadBalancerAcceleration.Disabled;

    /// <summary>Sizes of the kernel's maps.</summary>
    public MapSizeOptions MapSizes { get; init; } = new();

    /// <exception cref="NodeAgentException">An option is wrong; the message names it.</exception>
    internal void Validate()
    {
        Require(NodeName.Length > 0, nameof(NodeName), "must not be empty");
        Require(Path.IsPathFullyQualified(StateDirectory), nameof(StateDirectory), $"\"{StateDirectory}\" must be an absolute path");
        Require(PodCidr4 is not null || PodCidr6 is not null, nameof(PodCidr4), "and PodCidr6 are both missing; pods need addresses of one family at least");
        Require(PodCidr4 is not { BaseAddress.AddressFamily: not AddressFamily.InterNetwork }, nameof(PodCidr4), $"{PodCidr4} is not IPv4");
        Require(PodCidr6 is not { BaseAddress.AddressFamily: not AddressFamily.InterNetworkV6 }, nameof(PodCidr6), $"{PodCidr6} is not IPv6");
        Require(Mtu is 0 or (>= 1280 and <= 65535), nameof(Mtu), $"{Mtu} must be from 1280 to 65535, or 0 to detect it");
        Require(TunnelPort != 0, nameof(TunnelPort), "must not be 0");
        Require(Devices.All(device => device.Length > 0 && device != "+"), nameof(Devices), "holds an empty name or pattern; write names, patterns such as eth+, or auto");
        Require(NodeIPv4 is null or { AddressFamily: AddressFamily.InterNetwork }, nameof(NodeIPv4), $"{NodeIPv4} is not IPv4");
        Require(NodeIPv6 is null or { AddressFamily: AddressFamily.InterNetworkV6, IsIPv6LinkLocal: false }, nameof(NodeIPv6), $"{NodeIPv6} is not a global IPv6 address");
        Require(IpMasqAgentConfig is null || Path.IsPathFullyQualified(IpMasqAgentConfig), nameof(IpMasqAgentConfig), $"\"{IpMasqAgentConfig}\" must be an absolute path");
        Services.Validate();
        MapSizing.Validate(MapSizes);
    }

    private static void Require(bool condition, string option, string problem)
    {
        if (!condition)
        {
            throw new NodeAgentException($"option {option}: {problem}");
        }
    }
}
