using Axoneme.Datapath.Layout;
using static Axoneme.Datapath.Tests.Packets.PacketBuilder;
using static Axoneme.Datapath.Tests.Packets.PacketWorld;

namespace Axoneme.Datapath.Tests.Packets;

/// <summary>Whoever is outside bears nobody's address of the inside, on new connections and on open ones.</summary>
internal static class ForgedSenderCases
{
    private const NodeFeatures Native = NodeFeatures.HostFirewall | NodeFeatures.Masquerade;

    public static IEnumerable<NodeCase> All =>
    [
        new("From the network: a pod of this node", world =>
        {
            var drop = world.FromNetwork(NodeWorld.Between(world.Server, world.Client, Tcp, TcpSegment(50000, 80, TcpFlags.Syn))).IsDropped(DropReason.InvalidSourceIp).Event;
            Assert.Equal((TrafficDirection.Ingress, ClientIdentity), (drop.Direction, drop.DestinationIdentity));
        }),
        new("From the network: a pod of this node, on its open connection", world =>
        {
            world.FromServer(NodeWorld.Between(world.Server, world.Client, Tcp, TcpSegment(50000, 80, TcpFlags.Syn))).IsDeliveredTo(world.ClientEntry);
            world.FromNetwork(NodeWorld.Between(world.Server, world.Client, Tcp, TcpSegment(50000, 80, TcpFlags.Ack))).IsDropped(DropReason.InvalidSourceIp);
        }),
        new("From the network: a pod of this node, to the node", world =>
            world.FromNetwork(NodeWorld.Between(world.Server, world.Node, Tcp, TcpSegment(50000, 22, TcpFlags.Syn))).IsDropped(DropReason.InvalidSourceIp)),
        new("From the network: the node itself, to a pod", world =>
            world.FromNetwork(NodeWorld.Between(world.Node, world.Client, Tcp, TcpSegment(50000, 80, TcpFlags.Syn))).IsDropped(DropReason.InvalidSourceIp)),
        new("From the network: the node itself, on its open connection to a pod", world =>
        {
            world.ToPod(NodeWorld.Between(world.Host, world.Client, Tcp, TcpSegment(50000, 80, TcpFlags.Syn))).IsPassed();
            world.FromNetwork(NodeWorld.Between(world.Host, world.Client, Tcp, TcpSegment(50000, 80, TcpFlags.Ack))).IsDropped(DropReason.InvalidSourceIp);
        }),
        new("From the network: the node itself, to the node", world =>
            world.FromNetwork(NodeWorld.Between(world.Node, world.Node, Tcp, TcpSegment(50000, 22, TcpFlags.Syn))).IsDropped(DropReason.InvalidSourceIp)),
        new("From the network: a pod of another node, where those come by the tunnel", world =>
            world.FromNetwork(NodeWorld.Between(world.RemotePod, world.Client, Tcp, TcpSegment(50000, 80, TcpFlags.Syn))).IsDropped(DropReason.InvalidSourceIp)),
        new("From the network: a pod of another node, to the node, where those come by the tunnel", world =>
            world.FromNetwork(NodeWorld.Between(world.RemotePod, world.Node, Tcp, TcpSegment(50000, 22, TcpFlags.Syn))).IsDropped(DropReason.InvalidSourceIp)),
        new("Without a tunnel a pod of another node comes from the network, and is known by its address", world =>
            Assert.Equal(NodeWorld.RemotePodIdentity, world.FromNetwork(NodeWorld.Between(world.RemotePod, world.Client, Tcp, TcpSegment(50000, 80, TcpFlags.Syn))).IsDeliveredTo(world.ClientEntry).Event.SourceIdentity),
            Features: Native),
        new("Another node comes from the network also where there is a tunnel", world =>
            Assert.Equal(NodeWorld.RemoteNodeIdentity, world.FromNetwork(NodeWorld.Between(world.RemoteNode, world.Node, Tcp, TcpSegment(50000, 22, TcpFlags.Syn))).IsPassed().Event.SourceIdentity)),

        new("By the tunnel: a pod of this node", world =>
            world.FromTunnel(NodeWorld.Between(world.Server, world.Client, Tcp, TcpSegment(50000, 80, TcpFlags.Syn)), ServerIdentity).IsDropped(DropReason.InvalidSourceIp)),
        new("By the tunnel: a pod of this node, on its open connection", world =>
        {
            world.FromServer(NodeWorld.Between(world.Server, world.Client, Tcp, TcpSegment(50000, 80, TcpFlags.Syn))).IsDeliveredTo(world.ClientEntry);
            world.FromTunnel(NodeWorld.Between(world.Server, world.Client, Tcp, TcpSegment(50000, 80, TcpFlags.Ack)), ServerIdentity).IsDropped(DropReason.InvalidSourceIp);
        }),
        new("By the tunnel: the node itself", world =>
            world.FromTunnel(NodeWorld.Between(world.Node, world.Client, Tcp, TcpSegment(50000, 80, TcpFlags.Syn)), NodeWorld.RemoteNodeIdentity).IsDropped(DropReason.InvalidSourceIp)),
        new("By the tunnel: the node itself, on its open connection to a pod", world =>
        {
            world.ToPod(NodeWorld.Between(world.Host, world.Client, Tcp, TcpSegment(50000, 80, TcpFlags.Syn))).IsPassed();
            world.FromTunnel(NodeWorld.Between(world.Host, world.Client, Tcp, TcpSegment(50000, 80, TcpFlags.Ack)), NodeWorld.RemoteNodeIdentity).IsDropped(DropReason.InvalidSourceIp);
        }),
        new("Through the stack: a pod of another node, where those come by the tunnel", world =>
            world.ToPod(NodeWorld.Between(world.RemotePod, world.Client, Tcp, TcpSegment(50000, 80, TcpFlags.Syn)), arrivedOn: world.Interfaces.Device).IsDropped(DropReason.InvalidSourceIp)),
        new("Through the stack: the node itself, from an interface", world =>
            world.ToPod(NodeWorld.Between(world.Host, world.Client, Tcp, TcpSegment(50000, 80, TcpFlags.Syn)), arrivedOn: world.Interfaces.OtherDevice).IsDropped(DropReason.InvalidSourceIp)),

        new("A pod: another node", world => world.FromPod(NodeWorld.Between(world.RemoteNode, world.Server, Tcp, TcpSegment(50000, 80, TcpFlags.Syn))).IsDropped(DropReason.InvalidSourceIp)),
        new("A pod: the node itself", world => world.FromPod(NodeWorld.Between(world.Node, world.Server, Tcp, TcpSegment(50000, 80, TcpFlags.Syn))).IsDropped(DropReason.InvalidSourceIp)),
        new("A pod: an answer to a masqueraded packet of another", world =>
        {
            world.FromServer(MasqueradeCases.Request(world, Udp, 40000, world.Server)).IsSentOut(world.Interfaces.DeviceMac);
            world.FromPod(MasqueradeCases.Answer(world, Udp, 40000)).IsDropped(DropReason.InvalidSourceIp);
        }),
        new("A pod's packet into somebody else's translation finds no way: it is addressed to the node", world =>
        {
            world.FromServer(MasqueradeCases.Request(world, Udp, 40000, world.Server)).IsSentOut(world.Interfaces.DeviceMac);
            world.FromPod(world.UdpTo(world.Node, 443, 40000)).IsLeftToStack(PacketMark.Judged);
        }),
    ];
}
