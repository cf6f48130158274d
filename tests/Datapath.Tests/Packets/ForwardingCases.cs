using static Axoneme.Datapath.Tests.Packets.PacketBuilder;

namespace Axoneme.Datapath.Tests.Packets;

/// <summary>Where an admitted packet of a pod goes.</summary>
internal static class ForwardingCases
{
    private const NodeFeatures Native = NodeFeatures.HostFirewall;

    public static IEnumerable<NodeCase> All =>
    [
        new("A packet to another pod of the node goes straight into it and loses no hop", world =>
        {
            var packet = world.TcpTo(world.Server, 40000, 80, TcpFlags.Syn);
            Assert.Equal(packet, world.FromPod(packet).IsDeliveredTo(world.ServerEntry).Packet);
        }),
        new("A packet to the node itself goes to the stack, judged", world =>
            world.FromPod(world.TcpTo(world.Host, 40000, 80, TcpFlags.Syn)).IsLeftToStack(PacketMark.Judged)),
        new("A packet to a pod of another node goes into the tunnel", world =>
            world.FromPod(world.TcpTo(world.RemotePod, 40000, 80, TcpFlags.Syn)).IsSentThroughTunnel()),
        new("A packet to another node goes into the tunnel", world =>
            world.FromPod(world.TcpTo(world.RemoteNode, 40000, 80, TcpFlags.Syn)).IsSentThroughTunnel()),
        new("A packet to a pod of another node goes out by the device when there is no tunnel, under its own address", world =>
        {
            var outcome = world.FromPod(world.TcpTo(world.RemotePod, 40000, 80, TcpFlags.Syn)).IsSentOut(world.Interfaces.DeviceMac).HasRightChecksums();
            Assert.Equal(world.Client.GetAddressBytes(), world.IsIPv6 ? outcome.Packet[8..24] : outcome.Packet[12..16]);
        }, Features: NodeFeatures.HostFirewall | NodeFeatures.Masquerade),
        new("An entry that names a tunnel where there is no tunnel device goes out by the device", world =>
        {
            world.Know(world.RemotePod, NodeWorld.RemotePodIdentity, tunnel: NodeWorld.RemoteTunnel);
            world.FromPod(world.TcpTo(world.RemotePod, 40000, 80, TcpFlags.Syn)).IsSentOut(world.Interfaces.DeviceMac);
        }, Features: Native),
        new("A neighbour that nobody knows yet is left to the kernel to find", world =>
            world.FromPod(world.TcpTo(world.UnknownNeighbour, 40000, 80, TcpFlags.Syn)).IsSentToUnknownNeighbour().HasRightChecksums(), Features: Native),
        new("A destination behind a device that is not ours is left to the stack", world =>
            world.FromPod(world.TcpTo(world.BehindOtherDevice, 40000, 80, TcpFlags.Syn)).IsLeftToStack(PacketMark.Judged), Features: Native),
        new("A destination behind a device that is not ours is left to the stack, to be masqueraded by whoever has the device", world =>
            world.FromPod(world.TcpTo(world.BehindOtherDevice, 40000, 80, TcpFlags.Syn)).IsLeftToStack(PacketMark.Masquerade)),
        new("A destination without a route is left to the stack, which says so", world =>
            world.FromPod(world.TcpTo(world.Unroutable, 40000, 80, TcpFlags.Syn)).IsLeftToStack(PacketMark.Judged), Features: Native),
        new("The last hop is left to the stack, which says so", world =>
            world.FromPod(NodeWorld.Between(world.Client, world.Outside, Udp, UdpDatagram(40000, 53), hopLimit: 1)).IsLeftToStack(PacketMark.Judged), Features: Native),
        new("A packet with no hop left goes nowhere but to the stack", world =>
            world.FromPod(NodeWorld.Between(world.Client, world.Outside, Udp, UdpDatagram(40000, 53), hopLimit: 0)).IsLeftToStack(PacketMark.Judged), Features: Native),
        new("The last hop to another pod of the node is enough", world =>
            world.FromPod(NodeWorld.Between(world.Client, world.Server, Udp, UdpDatagram(40000, 53), hopLimit: 1)).IsDeliveredTo(world.ServerEntry)),
    ];
}
