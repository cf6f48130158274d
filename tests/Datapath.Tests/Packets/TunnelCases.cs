using System.Net;
using Axoneme.Datapath.Layout;
using static Axoneme.Datapath.Tests.Packets.PacketBuilder;
using static Axoneme.Datapath.Tests.Packets.PacketWorld;

namespace Axoneme.Datapath.Tests.Packets;

/// <summary>What comes out of the tunnel, who it is from, and what goes in.</summary>
internal static class TunnelCases
{
    public static IEnumerable<NodeCase> All =>
    [
        new("A pod of another node is who the tunnel says it is", world =>
        {
            var said = world.FromTunnel(FromRemotePod(world, 80), NodeWorld.RemotePodIdentity).IsDeliveredTo(world.ClientEntry).Says(EventType.New).Event;
            Assert.Equal((NodeWorld.RemotePodIdentity, ClientIdentity, (ushort)0, (ushort)11), (said.SourceIdentity, said.DestinationIdentity, said.SourceEndpoint, said.DestinationEndpoint));
        }),
        new("A pod that the ipcache does not know yet is who the tunnel says it is", world =>
        {
            var newcomer = IPAddress.Parse(world.IsIPv6 ? "fd01::99" : "10.244.1.99");
            var packet = NodeWorld.Between(newcomer, world.Client, Tcp, TcpSegment(50000, 80, TcpFlags.Syn));
            Assert.Equal(4444u, world.FromTunnel(packet, 4444).IsDeliveredTo(world.ClientEntry).Event.SourceIdentity);
            var answer = world.TcpTo(newcomer, 80, 50000, TcpFlags.Syn | TcpFlags.Ack);
            world.FromPod(answer).IsSentThroughTunnel();
            world.ChangeConnection(entry => entry with { LastSeen = entry.LastSeen - 1 });
            world.FromPod(answer).IsSentThroughTunnel();
        }),
        new("The tunnel's word counts for more than the ipcache's", world =>
            Assert.Equal(NodeWorld.OtherPodIdentity, world.FromTunnel(FromRemotePod(world, 80), NodeWorld.OtherPodIdentity).IsDeliveredTo(world.ClientEntry).Event.SourceIdentity)),
        new("Policy judges whom the tunnel names", world =>
        {
            world.CloseClient();
            world.Rule(1, TrafficDirection.Ingress, NodeWorld.RemotePodIdentity, Class(Tcp, 80), Class(Tcp, 80));
            world.FromTunnel(FromRemotePod(world, 80), NodeWorld.RemotePodIdentity).IsDeliveredTo(world.ClientEntry);
            var drop = world.FromTunnel(FromRemotePod(world, 81), NodeWorld.RemotePodIdentity).IsDropped(DropReason.Policy).Event;
            Assert.Equal((NodeWorld.RemotePodIdentity, TrafficDirection.Ingress), (drop.SourceIdentity, drop.Direction));
            world.FromTunnel(NodeWorld.Between(world.RemotePod, world.Client, Tcp, TcpSegment(50001, 80, TcpFlags.Syn)), NodeWorld.OtherPodIdentity).IsDropped(DropReason.Policy);
        }),
        .. Identities(),
        new("The answer to a pod of another node goes back into the tunnel, and both share one entry", world =>
        {
            world.FromTunnel(FromRemotePod(world, 80), NodeWorld.RemotePodIdentity).IsDeliveredTo(world.ClientEntry);
            world.FromPod(world.TcpTo(world.RemotePod, 80, 50000, TcpFlags.Syn | TcpFlags.Ack)).IsSentThroughTunnel();
            world.FromTunnel(FromRemotePod(world, 80, TcpFlags.Ack), NodeWorld.RemotePodIdentity).IsDeliveredTo(world.ClientEntry).IsSilent();
            Assert.Equal((1, (uint)NodeWorld.RemoteTunnel), (world.ConnectionCount, world.Connection.Initiator.PolicyId));
        }),
        new("The answer of a pod of another node needs no rule", world =>
        {
            world.CloseClient(EndpointFlags.IngressEnforced);
            world.FromPod(world.TcpTo(world.RemotePod, 40000, 80, TcpFlags.Syn)).IsSentThroughTunnel();
            world.FromTunnel(NodeWorld.Between(world.RemotePod, world.Client, Tcp, TcpSegment(80, 40000, TcpFlags.Syn | TcpFlags.Ack)), NodeWorld.RemotePodIdentity).IsDeliveredTo(world.ClientEntry);
        }),
        new("A pod of another node whose labels change is judged anew with its next packet", world =>
        {
            world.CloseClient();
            world.Rule(1, TrafficDirection.Ingress, NodeWorld.RemotePodIdentity, Class(Tcp, 80), Class(Tcp, 80));
            world.FromTunnel(FromRemotePod(world, 80), NodeWorld.RemotePodIdentity).IsDeliveredTo(world.ClientEntry);
            world.FromTunnel(FromRemotePod(world, 80, TcpFlags.Ack), 3333).IsDropped(DropReason.Policy);
        }),
        new("A pod that moves to another node is followed within a tick", world =>
        {
            world.FromPod(world.TcpTo(world.RemotePod, 40000, 80, TcpFlags.Syn)).IsSentThroughTunnel();
            world.Know(world.RemotePod, NodeWorld.RemotePodIdentity, NodeWorld.OtherTunnel);
            world.ChangeConnection(entry => entry with { LastSeen = entry.LastSeen - 1 });
            world.FromPod(world.TcpTo(world.RemotePod, 40000, 80, TcpFlags.Ack)).IsSentThroughTunnel();
            Assert.Equal((uint)NodeWorld.OtherTunnel, world.Connection.Responder.PolicyId);
        }),
        new("An error about an open connection comes by the tunnel without a rule", world =>
        {
            world.Rule(1, TrafficDirection.Egress, NodeWorld.RemotePodIdentity, 0, AnyClass);
            world.CloseClient();
            var sent = world.UdpTo(world.RemotePod, 40000, 53);
            world.FromPod(sent).IsSentThroughTunnel();
            world.FromTunnel(MasqueradeErrorCases.Error(world, world.RemotePod, world.Client, sent), NodeWorld.RemotePodIdentity).IsDeliveredTo(world.ClientEntry);
            world.FromTunnel(MasqueradeErrorCases.Error(world, world.RemotePod, world.Client, world.UdpTo(world.RemotePod, 40001, 53)), NodeWorld.RemotePodIdentity).IsDropped(DropReason.Policy);
        }),
        new("Every fragment by the tunnel follows the first one's verdict", world =>
        {
            world.CloseClient();
            world.Rule(1, TrafficDirection.Ingress, NodeWorld.RemotePodIdentity, Class(Udp, 53), Class(Udp, 53));
            var whole = NodeWorld.Between(world.RemotePod, world.Client, Udp, UdpDatagram(50000, 53, payload: 24));
            world.FromTunnel(MasqueradeErrorCases.Fragment(whole, 16, 32, more: false, identification: 601), NodeWorld.RemotePodIdentity).IsDropped(DropReason.FragmentNotFound);
            world.FromTunnel(MasqueradeErrorCases.Fragment(whole, 0, 16, more: true, identification: 601), NodeWorld.RemotePodIdentity).IsDeliveredTo(world.ClientEntry);
            world.FromTunnel(MasqueradeErrorCases.Fragment(whole, 16, 32, more: false, identification: 601), NodeWorld.RemotePodIdentity).IsDeliveredTo(world.ClientEntry);
        }),

        new("A packet that came by no tunnel is dropped", world => world.FromTunnelWithoutKey(FromRemotePod(world, 80)).IsDropped(DropReason.NoTunnelKey)),
        new("A packet from nobody of the cluster is dropped", world => world.FromTunnel(FromRemotePod(world, 80), NodeWorld.RemotePodIdentity, world.Outside).IsDropped(DropReason.UnknownSender)),
        new("A packet of a tunnel that a pod made itself is dropped", world => world.FromTunnel(FromRemotePod(world, 80), NodeWorld.RemotePodIdentity, world.RemotePod).IsDropped(DropReason.UnknownSender)),
        new("A packet of a tunnel that this node made itself is dropped", world => world.FromTunnel(FromRemotePod(world, 80), NodeWorld.RemotePodIdentity, world.Node).IsDropped(DropReason.UnknownSender)),
        new("A tunnel over the other family names its sender as well", world =>
        {
            var sender = IPAddress.Parse(world.IsIPv6 ? "172.30.0.2" : "fd30::2");
            world.FromTunnel(FromRemotePod(world, 80), NodeWorld.RemotePodIdentity, sender).IsDropped(DropReason.UnknownSender);
            world.Know(sender, NodeWorld.RemoteNodeIdentity, NodeWorld.RemoteTunnel);
            world.FromTunnel(FromRemotePod(world, 80), NodeWorld.RemotePodIdentity, sender).IsDeliveredTo(world.ClientEntry);
        }),
        new("A node with labels of its own may send", world =>
        {
            world.Know(world.RemoteNode, 0x02000005, NodeWorld.RemoteTunnel);
            world.FromTunnel(FromRemotePod(world, 80), NodeWorld.RemotePodIdentity).IsDeliveredTo(world.ClientEntry);
        }),
        new("A packet to nobody here is dropped", world =>
        {
            world.FromTunnel(NodeWorld.Between(world.RemotePod, world.OtherPod, Tcp, TcpSegment(1, 80, TcpFlags.Syn)), NodeWorld.RemotePodIdentity).IsDropped(DropReason.NoLocalEndpoint);
            world.FromTunnel(NodeWorld.Between(world.RemotePod, world.Outside, Tcp, TcpSegment(1, 80, TcpFlags.Syn)), NodeWorld.RemotePodIdentity).IsDropped(DropReason.NoLocalEndpoint);
        }),
        new("A packet to a pod that is gone is dropped", world =>
        {
            world.Datapath.Endpoints.Delete(world.ClientIfindex);
            world.FromTunnel(FromRemotePod(world, 80), NodeWorld.RemotePodIdentity).IsDropped(DropReason.NoLocalEndpoint);
        }),
        new("A packet to the node goes to the stack, judged by the node's policy", world =>
        {
            var packet = NodeWorld.Between(world.RemotePod, world.Node, Tcp, TcpSegment(50000, 22, TcpFlags.Syn));
            var said = world.FromTunnel(packet, NodeWorld.RemotePodIdentity).IsPassed().Event;
            Assert.Equal((NodeWorld.RemotePodIdentity, HostIdentity), (said.SourceIdentity, said.DestinationIdentity));
            world.CloseHost();
            world.FromTunnel(NodeWorld.Between(world.RemotePod, world.Node, Tcp, TcpSegment(50001, 22, TcpFlags.Syn)), NodeWorld.RemotePodIdentity).IsDropped(DropReason.Policy);
        }),
        new("Discovery is no tunnel's", world =>
            world.FromTunnel(NodeWorld.Between(world.RemotePod, world.Client, Icmp6, IcmpMessage(135, body: new byte[16]), hopLimit: 255), NodeWorld.RemotePodIdentity).IsDropped(DropReason.ForbiddenIcmp6), PacketFamilies.IPv6),
        new("A frame of another protocol is no tunnel's", world =>
            world.FromTunnelFrame(Ethernet(StrangerMac, ServerMac, 0x0806, Arp(1, StrangerMac, IPAddress.Any, default, IPAddress.Any)), NodeWorld.RemotePodIdentity).IsDropped(DropReason.UnsupportedL3)),
        new("A packet by the tunnel that cannot be read is dropped", world =>
        {
            world.FromTunnel(Ip(world.RemotePod, world.Client, Tcp, TcpSegment(1, 80, TcpFlags.Syn)[..19]), NodeWorld.RemotePodIdentity).IsDropped(DropReason.InvalidL4Header);
            world.FromTunnel(Ip(world.RemotePod, world.Client, Tcp, TcpSegment(1, 80, TcpFlags.Syn), lengthError: 1), NodeWorld.RemotePodIdentity).IsDropped(DropReason.Invalid);
        }),
        new("A remote pod's last hop is enough", world =>
            world.FromTunnel(NodeWorld.Between(world.RemotePod, world.Client, Udp, UdpDatagram(1, 53), hopLimit: 1), NodeWorld.RemotePodIdentity).IsDeliveredTo(world.ClientEntry)),
        .. Into(),
    ];

    private static byte[] FromRemotePod(NodeWorld world, ushort port, TcpFlags flags = TcpFlags.Syn) => NodeWorld.Between(world.RemotePod, world.Client, Tcp, TcpSegment(50000, port, flags));

    /// <summary>What may stand in the tunnel's header, and what it makes the sender.</summary>
    private static IEnumerable<NodeCase> Identities()
    {
        foreach (var (identifier, what) in new[] { (0u, "nobody"), (1u, "this node"), (0x1000000u, "a prefix of the sender's node"), (0xffffffffu, "more than there are identities") })
        {
            yield return new($"A tunnel that says the sender is {what} ({identifier}) is not believed", world =>
                world.FromTunnel(FromRemotePod(world, 80), identifier).IsDropped(DropReason.InvalidIdentity));
        }

        foreach (var (identifier, what) in new[] { (3u, "unmanaged"), (4u, "health"), (5u, "init"), (256u, "the first allocated"), (0xffffffu, "the last allocated") })
        {
            yield return new($"A tunnel that says the sender is {what} ({identifier}) is believed", world =>
                Assert.Equal(identifier, world.FromTunnel(FromRemotePod(world, 80), identifier).IsDeliveredTo(world.ClientEntry).Event.SourceIdentity));
        }

        foreach (var (identifier, what) in new[] { (2u, "world"), (6u, "a node"), (7u, "the API server"), (8u, "ingress"), (9u, "world-ipv4"), (10u, "world-ipv6"), (255u, "reserved") })
        {
            yield return new($"A tunnel that says the sender is {what} ({identifier}) leaves it to the ipcache to say who that is here", world =>
            {
                Assert.Equal(NodeWorld.RemotePodIdentity, world.FromTunnel(FromRemotePod(world, 80), identifier).IsDeliveredTo(world.ClientEntry).Event.SourceIdentity);
                var stranger = NodeWorld.Between(world.Outside, world.Client, Tcp, TcpSegment(50000, 80, TcpFlags.Syn));
                Assert.Equal(world.WorldIdentity, world.FromTunnel(stranger, identifier).IsDeliveredTo(world.ClientEntry).Event.SourceIdentity);
                var api = NodeWorld.Between(world.OtherNode, world.Client, Tcp, TcpSegment(50000, 80, TcpFlags.Syn));
                var lent = identifier == 2; // a node that brings somebody outside to a service
                Assert.Equal(lent ? world.WorldIdentity : NodeWorld.ApiServerIdentity, world.FromTunnel(api, identifier).IsDeliveredTo(world.ClientEntry).Event.SourceIdentity);
            });
        }
    }

    private static IEnumerable<NodeCase> Into()
    {
        yield return new("The longest packet that fits goes into the tunnel, one byte more is left to the stack, which splits it or says so", world =>
        {
            world.FromPod(OfLength(world, NodeFeaturesConfig.TunnelMtu)).IsSentThroughTunnel();
            world.FromPod(OfLength(world, NodeFeaturesConfig.TunnelMtu + 1)).IsLeftToStack(PacketMark.Judged);
        });
        yield return new("A tunnel to a node whose address is not known is a drop, with the reason", world =>
        {
            world.Know(world.RemotePod, NodeWorld.RemotePodIdentity, tunnel: 9);
            var drop = world.FromPod(world.TcpTo(world.RemotePod, 40000, 80, TcpFlags.Syn)).IsDropped(DropReason.NoTunnelEndpoint);
            Assert.Equal((ClientIdentity, TrafficDirection.Egress), (drop.Events[^1].SourceIdentity, drop.Events[^1].Direction));
        });
        yield return new("A tunnel beyond all that there are is a drop, with the reason", world =>
        {
            world.Know(world.RemotePod, NodeWorld.RemotePodIdentity, tunnel: 1 << 20);
            world.FromPod(world.TcpTo(world.RemotePod, 40000, 80, TcpFlags.Syn)).IsDropped(DropReason.NoTunnelEndpoint);
        });
        yield return new("What a pod's program sent into the tunnel passes untouched", world =>
            world.ToTunnel(world.TcpTo(world.RemotePod, 40000, 80, TcpFlags.Syn), PacketMark.Forwarded).Leaves(PacketMark.Forwarded).IsSilent());
        yield return new("What the node sends into the tunnel gets the tunnel's other end", world =>
            world.ToTunnel(NodeWorld.Between(world.Host, world.RemotePod, Tcp, TcpSegment(50000, 80, TcpFlags.Syn))).Leaves(PacketMark.Forwarded));
        yield return new("What the node sends into the tunnel is judged by the node's policy", world =>
        {
            world.CloseHost();
            var packet = NodeWorld.Between(world.Host, world.RemotePod, Tcp, TcpSegment(50000, 80, TcpFlags.Syn));
            var drop = world.ToTunnel(packet).IsDropped(DropReason.Policy).Event;
            Assert.Equal((HostIdentity, NodeWorld.RemotePodIdentity, TrafficDirection.Egress, (ushort)13), (drop.SourceIdentity, drop.DestinationIdentity, drop.Direction, drop.SourceEndpoint));
            HostFirewallCases.AllowOut(world, NodeWorld.RemotePodIdentity, Class(Tcp, 80));
            world.ToTunnel(packet).Leaves(PacketMark.Forwarded).Says(EventType.New);
            world.FromTunnel(NodeWorld.Between(world.RemotePod, world.Host, Tcp, TcpSegment(80, 50000, TcpFlags.Syn | TcpFlags.Ack)), NodeWorld.RemotePodIdentity).IsPassed();
        });
        yield return new("What the node sends into the tunnel is not judged without the host firewall", world =>
        {
            world.CloseHost();
            world.ToTunnel(NodeWorld.Between(world.Host, world.RemotePod, Tcp, TcpSegment(50000, 80, TcpFlags.Syn))).Leaves(PacketMark.Forwarded).IsSilent();
        }, Features: NodeFeatures.Tunnel);
        yield return new("What the stack split of a pod's packet goes into the tunnel, every piece", world =>
        {
            world.CloseHost();
            var whole = world.UdpTo(world.RemotePod, 40000, 53);
            world.ToTunnel(MasqueradeErrorCases.Fragment(whole, 0, 8, more: true), PacketMark.Judged).Leaves(PacketMark.Forwarded).IsSilent();
            world.ToTunnel(MasqueradeErrorCases.Fragment(whole, 8, 16, more: false), PacketMark.Judged).Leaves(PacketMark.Forwarded).IsSilent();
        });
        yield return new("Nothing that has no tunnel leaves by the tunnel device", world =>
        {
            world.ToTunnel(NodeWorld.Between(world.Host, world.Outside, Tcp, TcpSegment(50000, 80, TcpFlags.Syn))).IsDropped(DropReason.NoTunnelEndpoint);
            world.ToTunnel(NodeWorld.Between(world.Host, world.Server, Tcp, TcpSegment(50000, 80, TcpFlags.Syn))).IsDropped(DropReason.NoTunnelEndpoint);
        });
        yield return new("A packet of the node into the tunnel that cannot be read is dropped", world =>
            world.ToTunnel(Ip(world.Host, world.RemotePod, Tcp, TcpSegment(1, 80, TcpFlags.Syn)[..19])).IsDropped(DropReason.InvalidL4Header));
    }

    private static byte[] OfLength(NodeWorld world, int length) =>
        NodeWorld.Between(world.Client, world.RemotePod, Udp, UdpDatagram(40000, 53, payload: length - 8 - (world.IsIPv6 ? 40 : 20)));
}
