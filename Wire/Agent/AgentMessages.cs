using System.Text.Json;

namespace Axoneme.Wire.Agent;

/// <summary>One CNI call as the plugin received it: environment and stdin. Source: CNI spec 1.0.0.</summary>
/// <param name="ContainerId">CNI_CONTAINERID.</param>
/// <param name="Netns">CNI_NETNS: path of the pod's network namespace; may be empty for DEL.</param>
/// <param name="IfName">CNI_IFNAME.</param>
/// <param name="Args">CNI_ARGS, split at ';' and '='.</param>
/// <param name="Config">The network configuration from stdin.</param>
public sealed record CniCall(string ContainerId, string Netns, string IfName, Dictionary<string, string> Args, JsonElement Config);

/// <summary>A CNI error object. Codes below 100 are the specification's.</summary>
public sealed record CniError(string CniVersion, uint Code, string Msg, string? Details);

/// <summary>One pod of this node, or the node itself (identity 1, no pod, no interface). State: waiting-for-identity, regenerating, ready, disconnecting, disconnected (Cilium's words).</summary>
public sealed record EndpointView(
    ushort Id, string ContainerId, string Namespace, string Pod, string State, uint Identity, IReadOnlyList<string> Labels,
    string? Ipv4, string? Ipv6, string Mac, string InterfaceName, uint Ifindex, bool IngressEnforced, bool EgressEnforced,
    uint PolicyId, uint PolicyRevision, string? Problem)
{
    /// <summary>Policy is only reported here: what it would drop passes.</summary>
    public bool PolicyAuditMode { get; init; }
}

/// <summary>What can be set at an endpoint. <paramref name="PolicyAuditMode"/> is what holds, be it set here or for the whole node.</summary>
/// <param name="Id">The endpoint's id.</param>
/// <param name="PolicyAuditMode">Policy is only reported here.</param>
/// <param name="NodePolicyAuditMode">What holds at endpoints that nothing is set for.</param>
public sealed record EndpointConfigView(ushort Id, bool PolicyAuditMode, bool NodePolicyAuditMode);

/// <summary>What is to be set at an endpoint; null leaves it as it is.</summary>
public sealed record EndpointConfigChange(bool? PolicyAuditMode);

/// <summary>An identity known to this node.</summary>
public sealed record IdentityView(uint Id, IReadOnlyList<string> Labels);

/// <summary>A policy in force on this node; <paramref name="Document"/> is the Kubernetes object.</summary>
public sealed record PolicyView(string Kind, string Namespace, string Name, string Source, ulong Revision, JsonElement Document);

/// <summary>State of the agent and of what it depends on.</summary>
public sealed record AgentStatus(
    string Node, string Version, string Kernel, string AttachMode, bool ControlPlaneConnected, ulong StateRevision, ulong AppliedRevision,
    int Endpoints, int EndpointsReady, int Identities, int Policies, IReadOnlyList<AddressPoolView> Pools, IReadOnlyList<MapView> Maps,
    ulong EventsLost, IReadOnlyList<string> Problems)
{
    /// <summary>How the node is connected; null from an agent that does not say.</summary>
    public NetworkView? Network { get; init; }

    /// <summary>Endpoints at which policy is only reported.</summary>
    public int EndpointsAudited { get; init; }

    /// <summary>Whether the other nodes can be reached; null when nobody asks.</summary>
    public ClusterHealthView? ClusterHealth { get; init; }
}

/// <summary>Of how many nodes every address was reached at the last round; <paramref name="ProbedAt"/> is null before the first one.</summary>
public sealed record ClusterHealthView(int NodesReachable, int Nodes, DateTimeOffset? ProbedAt);

/// <summary>How a node is connected.</summary>
/// <param name="Routing">native or vxlan.</param>
/// <param name="Devices">Interfaces that lead out of the node.</param>
/// <param name="NodeIpv4">The address others reach the node by, null for none.</param>
/// <param name="NodeIpv6">The same for IPv6.</param>
/// <param name="PodMtu">Bytes; of new pods' interfaces.</param>
/// <param name="Tunnel">The tunnel device, null for native routing.</param>
/// <param name="Masquerading">ipv4, ipv6, both or none.</param>
/// <param name="Unmasqueraded">Destinations that see pods under their own addresses.</param>
/// <param name="AutoDirectNodeRoutes">Whether the node makes routes to pods of nodes on the same link.</param>
public sealed record NetworkView(
    string Routing, IReadOnlyList<DeviceView> Devices, string? NodeIpv4, string? NodeIpv6, int PodMtu, TunnelDeviceView? Tunnel, IReadOnlyList<string> Masquerading,
    IReadOnlyList<string> Unmasqueraded, bool AutoDirectNodeRoutes);

/// <summary>An interface that leads out of the node, with the addresses that pods' traffic leaves under.</summary>
public sealed record DeviceView(string Name, uint Ifindex, uint Mtu, string? Ipv4, string? Ipv6);

/// <summary>The device that other nodes are reached through; <paramref name="Mtu"/> of inner packets.</summary>
public sealed record TunnelDeviceView(string Name, uint Ifindex, ushort Port, uint Mtu);

/// <summary>A node of the cluster as this node sees it. <paramref name="Way"/>: how its pods are reached, in words.</summary>
public sealed record ClusterNodeView(
    string Name, bool IsLocal, string? Ipv4, string? Ipv6, IReadOnlyList<string> Addresses, IReadOnlyList<string> PodCidrs, string? Underlay, string Way);

/// <summary>Entry of map <c>tunnels</c> as the kernel holds it now; <paramref name="Node"/> is null when no node is reached by it any more.</summary>
public sealed record BpfTunnelView(uint Index, string Address, string? Node);

/// <summary>Entry of map <c>nat</c> as the kernel holds it now: what a packet has, and what is written instead. Direction: out or in.</summary>
public sealed record BpfNatView(string Direction, string Protocol, string Source, string Destination, string Translated, string Flags, uint IdleSeconds);

/// <summary>One address block of this node and how much of it is in use.</summary>
public sealed record AddressPoolView(string Cidr, ulong Capacity, ulong InUse);

/// <summary>A kernel map and its fill.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Capacity">Entries it may hold.</param>
/// <param name="Entries">Entries it holds; of maps that programs write, as of the last collection.</param>
/// <param name="Type">Its type, as bpftool calls it.</param>
/// <param name="Pressure">Entries by capacity, 0 to 1.</param>
/// <param name="Bytes">Memory it takes, null when the kernel does not say.</param>
public sealed record MapView(string Name, uint Capacity, uint? Entries, string? Type = null, double? Pressure = null, ulong? Bytes = null);

/// <summary>Entry of map <c>endpoints</c> as the kernel holds it now.</summary>
public sealed record BpfEndpointView(
    uint Ifindex, string? InterfaceName, ushort Id, uint Identity, uint PolicyId, uint PolicyRevision, string Flags, string Mac, string GatewayMac, string? Ipv4, string? Ipv6);

/// <summary>Entry of the ipcache as the kernel holds it now; Prefix has a length, /32 and /128 for single addresses.</summary>
public sealed record BpfIpcacheView(string Prefix, uint Identity, uint Ifindex, string? TunnelEndpoint);

/// <summary>One interval of map <c>policy</c> as the kernel holds it now. Identity 0: every other identity.</summary>
public sealed record BpfPolicyView(
    uint PolicyId, string Direction, uint Identity, IReadOnlyList<string> Labels, string Protocol, string Ports, string Verdict, ushort ProxyPort, uint Rule, string RuleName);

/// <summary>Entry of the conntrack maps as the kernel holds it now.</summary>
public sealed record BpfConntrackView(
    string Protocol, string Initiator, string Responder, uint InitiatorIdentity, uint ResponderIdentity, string Flags, uint IdleSeconds, string EgressRule, string IngressRule);

/// <summary>A failure of an agent call: what, and what to do.</summary>
public sealed record AgentError(string Error, string? Fix);
