using System.Collections.Immutable;

namespace Axoneme.Policy;

/// <summary>
/// What a node needs to stay part of its cluster, whatever policies for nodes say: tunnel, health checks and echo between nodes, the Kubernetes API,
/// the control plane, DHCP, and the ICMP messages without which a link or a path does not work. Traffic to a node is meant, and the node's own.
/// </summary>
public sealed record ControlTraffic
{
    /// <summary>TCP port of health checks (Cilium's <c>cluster-health-port</c>).</summary>
    public const ushort HealthPort = 4240;

    /// <summary>RFC 4861's five, multicast listener discovery (RFC 2710, RFC 3810) and, before them, packet too big (RFC 4443). By ICMPv6 type.</summary>
    private static readonly ImmutableArray<TrafficMatch> s_link =
    [
        new(IpProtocol.Icmp, 3, 3), // among the unreachables is "fragmentation needed" (RFC 792, RFC 1191); a class knows no code
        new(IpProtocol.Icmpv6, 2, 2), new(IpProtocol.Icmpv6, 130, 137), new(IpProtocol.Icmpv6, 143, 143),
    ];

    private static readonly ImmutableArray<TrafficMatch> s_health =
        [new(IpProtocol.Tcp, HealthPort, HealthPort), new(IpProtocol.Icmp, 8, 8), new(IpProtocol.Icmpv6, 128, 128)];

    /// <summary>UDP port of the tunnel between nodes; null when there is none.</summary>
    public ushort? TunnelPort { get; init; }

    /// <summary>TCP port the node reaches the control plane at, whose identity nobody may know; null when it needs no network for that.</summary>
    public ushort? ControlPlanePort { get; init; }

    internal static ControlPeers PeersOf(LabelSet? labels) => labels is null ? ControlPeers.None
        : (labels.Contains(LabelSource.Reserved, "remote-node") ? ControlPeers.Node : 0)
        | (labels.Contains(LabelSource.Reserved, "health") ? ControlPeers.Health : 0)
        | (labels.Contains(LabelSource.Reserved, "kube-apiserver") ? ControlPeers.ApiServer : 0);

    /// <summary>The traffic between the node and a peer that no policy cuts off. Ingress: to the node.</summary>
    internal IEnumerable<TrafficMatch> With(ControlPeers peer, PolicyDirection direction) =>
    [
        .. s_link,
        .. Dhcp(direction),
        .. direction == PolicyDirection.Egress ? Port(IpProtocol.Tcp, ControlPlanePort) : [],
        .. peer.HasFlag(ControlPeers.Node) ? Port(IpProtocol.Udp, TunnelPort) : [],
        .. (peer & (ControlPeers.Node | ControlPeers.Health)) != 0 ? s_health : [],
        .. peer.HasFlag(ControlPeers.ApiServer) && direction == PolicyDirection.Egress ? [TrafficMatch.AllPorts(IpProtocol.Tcp)] : (TrafficMatch[])[],
    ];

    /// <summary>A client asks servers and is answered (RFC 2131, RFC 8415).</summary>
    private static IEnumerable<TrafficMatch> Dhcp(PolicyDirection direction) =>
        direction == PolicyDirection.Egress ? [.. Port(IpProtocol.Udp, 67), .. Port(IpProtocol.Udp, 547)] : [.. Port(IpProtocol.Udp, 68), .. Port(IpProtocol.Udp, 546)];

    private static TrafficMatch[] Port(IpProtocol protocol, ushort? port) => port is { } one ? [new TrafficMatch(protocol, one, one)] : [];
}
