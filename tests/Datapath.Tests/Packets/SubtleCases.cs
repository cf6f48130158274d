using System.Net;
using Axoneme.Datapath.Layout;
using static Axoneme.Datapath.Tests.Packets.MasqueradeCases;
using static Axoneme.Datapath.Tests.Packets.MasqueradeErrorCases;
using static Axoneme.Datapath.Tests.Packets.PacketBuilder;
using static Axoneme.Datapath.Tests.Packets.PacketReader;
using static Axoneme.Datapath.Tests.Packets.PacketWorld;
using static Axoneme.Datapath.Tests.Packets.TranslationCases;

namespace Axoneme.Datapath.Tests.Packets;

/// <summary>What only an unlucky moment or a careful attacker brings about.</summary>
internal static class SubtleCases
{
    private const ushort Port = 40000;
    private const ushort TooLow = 1024;
    private const EndpointFlags Closed = EndpointFlags.IngressEnforced | EndpointFlags.EgressEnforced;

    public static IEnumerable<NodeCase> All => [.. Forged(), .. Connections(), .. Translations(), .. Errors(), .. Fragments(), .. Told()];

    /// <summary>Senders that are believed though nobody looked.</summary>
    private static IEnumerable<NodeCase> Forged()
    {
        yield return new("What the node forwards for a stranger opens nothing in the name of a pod", world =>
        {
            world.CloseClient(EndpointFlags.IngressEnforced);
            world.ToNetwork(NodeWorld.Between(world.Client, world.Outside, Udp, UdpDatagram(80, 4000)), arrivedOn: world.Interfaces.Device);
            world.FromNetwork(NodeWorld.Between(world.Outside, world.Client, Udp, UdpDatagram(4000, 80))).IsDropped(DropReason.Policy);
        });
        yield return new("What the node forwards for a stranger opens nothing in the name of the node", world =>
        {
            world.CloseHost(EndpointFlags.IngressEnforced);
            world.ToNetwork(NodeWorld.Between(world.Node, world.Outside, Udp, UdpDatagram(80, 4000)), arrivedOn: world.Interfaces.Device);
            world.FromNetwork(NodeWorld.Between(world.Outside, world.Node, Udp, UdpDatagram(4000, 80))).IsDropped(DropReason.Policy);
        });
        yield return new("What the node forwards for a stranger does not enter the tunnel as a pod of this node", world =>
            world.ToTunnel(NodeWorld.Between(world.Client, world.RemotePod, Udp, UdpDatagram(1, 53)), arrivedOn: world.Interfaces.Device).IsDropped(DropReason.InvalidSourceIp));
        yield return new("What the node forwards for a stranger does not enter the tunnel as a pod of another node", world =>
            world.ToTunnel(NodeWorld.Between(world.OtherPod, world.RemotePod, Udp, UdpDatagram(1, 53)), arrivedOn: world.Interfaces.Device).IsDropped(DropReason.InvalidSourceIp));
        yield return new("What the node forwards for a stranger does not enter the tunnel as the node", world =>
            world.ToTunnel(NodeWorld.Between(world.Host, world.RemotePod, Udp, UdpDatagram(1, 53)), arrivedOn: world.Interfaces.Device).IsDropped(DropReason.InvalidSourceIp));
        yield return new("On an open connection of the tunnel, a packet in clear is forged", world =>
        {
            world.FromTunnel(FromRemotePod(world, TcpFlags.Syn), NodeWorld.RemotePodIdentity).IsDeliveredTo(world.ClientEntry);
            world.FromNetwork(FromRemotePod(world, TcpFlags.Ack)).IsDropped(DropReason.InvalidSourceIp);
        });
        yield return new("On an open connection of the tunnel, a packet from nobody of the cluster is dropped", world =>
        {
            world.FromTunnel(FromRemotePod(world, TcpFlags.Syn), NodeWorld.RemotePodIdentity).IsDeliveredTo(world.ClientEntry);
            world.FromTunnel(FromRemotePod(world, TcpFlags.Ack), NodeWorld.RemotePodIdentity, world.Outside).IsDropped(DropReason.UnknownSender);
        });
        yield return new("An error by the tunnel from nobody of the cluster is dropped, though its connection is open", world =>
        {
            var sent = world.UdpTo(world.RemotePod, Port, 53);
            world.FromPod(sent).IsSentThroughTunnel();
            world.FromTunnel(Error(world, world.RemotePod, world.Client, sent), NodeWorld.RemotePodIdentity, world.Outside).IsDropped(DropReason.UnknownSender);
        });
        yield return new("Without the host firewall, too, nobody but a node of the cluster reaches the node by the tunnel", world =>
            world.FromTunnel(NodeWorld.Between(world.RemotePod, world.Node, Udp, UdpDatagram(1, 53)), NodeWorld.RemotePodIdentity, world.Outside).IsDropped(DropReason.UnknownSender),
            Features: NodeFeatures.Tunnel);
        yield return new("A closed node is closed to its pods at its link-local address, too", world =>
        {
            world.CloseHost();
            world.FromPod(NodeWorld.Between(world.Client, IPAddress.Parse("fe80::1"), Tcp, TcpSegment(Port, 22, TcpFlags.Syn))).IsDropped(DropReason.Policy);
        }, PacketFamilies.IPv6);
    }

    private static IEnumerable<NodeCase> Connections()
    {
        yield return new("A connection that a SYN-ACK brought back ends when its right direction is denied", world =>
        {
            world.FromServer(NodeWorld.Between(world.Server, world.Client, Tcp, TcpSegment(80, Port, TcpFlags.Syn | TcpFlags.Ack))).IsDeliveredTo(world.ClientEntry);
            DenyServer(world, Tcp);
            world.FromPod(world.TcpTo(world.Server, Port, 80, TcpFlags.Ack)).IsDropped(DropReason.PolicyDeny);
        });
        yield return new("A connection that another CPU has just seen, a tick later, is not expired", world =>
        {
            world.CloseClient();
            world.SetServer(world.ServerEntry with { Flags = Closed });
            world.AllowClientToServer(Class(Tcp, 80));
            world.FromPod(world.TcpTo(world.Server, Port, 80, TcpFlags.Syn)).IsDeliveredTo(world.ServerEntry);
            world.ChangeConnection(entry => entry with { LastSeen = entry.LastSeen + 20 });
            world.FromServer(NodeWorld.Between(world.Server, world.Client, Tcp, TcpSegment(80, Port, TcpFlags.Syn | TcpFlags.Ack))).IsDeliveredTo(world.ClientEntry);
        });
        yield return new("A pod that only the tunnel knows stays who it is when policy changes", world =>
        {
            var newcomer = IPAddress.Parse(world.IsIPv6 ? "fd01::99" : "10.244.1.99");
            world.FromTunnel(NodeWorld.Between(newcomer, world.Client, Tcp, TcpSegment(50000, 80, TcpFlags.Syn)), 4444).IsDeliveredTo(world.ClientEntry);
            world.SetClient(world.ClientEntry with { PolicyRevision = 2 });
            world.FromPod(world.TcpTo(newcomer, 80, 50000, TcpFlags.Ack)).IsSentThroughTunnel();
        });
    }

    private static IEnumerable<NodeCase> Translations()
    {
        yield return new("A SYN that is sent again does not make an answered connection one without an answer", world =>
        {
            world.FromPod(Request(world, Tcp, Port)).IsSentOut(world.Interfaces.DeviceMac);
            world.FromNetwork(Answer(world, Tcp, Port)).IsDeliveredTo(world.ClientEntry);
            world.FromPod(Request(world, Tcp, Port)).IsSentOut(world.Interfaces.DeviceMac);
            world.FromNetwork(Answer(world, Tcp, Port)).IsDeliveredTo(world.ClientEntry);
            Assert.Equal(NatFlags.ReplySeen, Entry(world, TranslationSide.Out).Entry.Flags);
        });
        yield return new("An entry that is made again remembers that there are answers", world =>
        {
            world.FromPod(Request(world, Tcp, Port)).IsSentOut(world.Interfaces.DeviceMac);
            world.FromNetwork(Answer(world, Tcp, Port)).IsDeliveredTo(world.ClientEntry);
            world.Datapath.Nat.Delete(Entry(world, TranslationSide.Out).Key);
            world.FromPod(world.TcpTo(world.Outside, Port, 443, TcpFlags.Ack)).IsSentOut(world.Interfaces.DeviceMac);
            world.FromNetwork(Answer(world, Tcp, Port)).IsDeliveredTo(world.ClientEntry);
            Assert.Equal(NatFlags.ReplySeen, Entry(world, TranslationSide.Out).Entry.Flags);
        });
        yield return new("The entry of what goes out, evicted, is made again with the same port by the pod's next packet", world =>
        {
            var mapped = PortOf(Udp, world.FromPod(Request(world, Udp, TooLow)).Packet);
            world.Datapath.Nat.Delete(Entry(world, TranslationSide.Out).Key);
            Assert.Equal(mapped, PortOf(Udp, world.FromPod(Request(world, Udp, TooLow)).IsSentOut(world.Interfaces.DeviceMac).Packet));
        });
        yield return new("A port that eviction gave to another is no longer the first one's", world =>
        {
            world.FromPod(Request(world, Udp, Port)).IsSentOut(world.Interfaces.DeviceMac);
            world.Datapath.Nat.Delete(Entry(world, TranslationSide.In).Key);
            Assert.Equal(Port, PortOf(Udp, world.FromServer(Request(world, Udp, Port, world.Server)).Packet));
            Age(world, ticks: 1);
            Assert.NotEqual(Port, PortOf(Udp, world.FromPod(Request(world, Udp, Port)).IsSentOut(world.Interfaces.DeviceMac).Packet));
        });
        yield return new("A port whose translation another CPU has just seen, a tick later, is not given away", world =>
        {
            world.FromPod(Request(world, Udp, 50000)).IsSentOut(world.Interfaces.DeviceMac);
            world.FromPod(Request(world, Udp, 50001)).IsSentOut(world.Interfaces.DeviceMac);
            foreach (var (key, entry) in world.Datapath.Nat.Entries())
            {
                if (key.Direction == NatDirection.Out)
                {
                    world.Datapath.Nat.Delete(key);
                }
                else
                {
                    world.Datapath.Nat.Put(key, entry with { LastSeen = entry.LastSeen + 20 });
                }
            }

            world.FromServer(Request(world, Udp, 7000, world.Server)).IsDropped(DropReason.NoNatMapping);
        }, Features: NodeFeatures.All | NodeFeatures.TwoPorts);
        yield return new("When the device gets another address, what leaves bears it", world =>
        {
            world.FromPod(Request(world, Udp, Port)).IsSentOut(world.Interfaces.DeviceMac);
            world.SetDevice(world.RemoteNode);
            Assert.Equal(world.RemoteNode, SourceAddress(world.FromPod(Request(world, Udp, Port)).IsSentOut(world.Interfaces.DeviceMac).Packet));
        });
        yield return new("What the stack sends for a pod to the tunnel's port outside is masqueraded like anything else", world =>
            Assert.Equal(world.Node, SourceAddress(world.ToNetwork(world.UdpTo(world.Outside, Port, 8472), PacketMark.Masquerade).Packet)));
        yield return new("A reset that the node answers a stranger with takes no port", world =>
        {
            world.ToNetwork(NodeWorld.Between(world.Node, world.Outside, Tcp, TcpSegment(Port, 50000, TcpFlags.Reset | TcpFlags.Ack))).Leaves();
            Assert.Empty(world.Datapath.Nat.Entries());
        });
    }

    private static IEnumerable<NodeCase> Errors()
    {
        yield return new("An error about a packet of the tunnel reaches a closed node", world =>
        {
            world.CloseHost();
            var outer = NodeWorld.Between(world.Node, world.RemoteNode, Udp, UdpDatagram(50000, 8472));
            world.ToNetwork(outer).Leaves();
            world.FromNetwork(Error(world, Router(world), world.Node, outer)).IsPassed();
        });
        yield return new("An error about a fragmented packet finds the connection", world =>
        {
            world.Rule(1, TrafficDirection.Egress, 0, 0, AnyClass);
            world.CloseClient();
            var whole = NodeWorld.Between(world.Client, world.Intranet, Udp, UdpDatagram(Port, 53, payload: 24));
            var first = Fragment(whole, 0, 16, more: true, identification: 701);
            world.FromPod(first).IsSentOut(world.Interfaces.DeviceMac);
            world.FromNetwork(Error(world, Router(world), world.Client, first)).IsDeliveredTo(world.ClientEntry);
        }, PacketFamilies.IPv6);
        yield return new("An error about a connection whose other end is somebody else now does not follow it", world =>
        {
            world.CloseClient(EndpointFlags.IngressEnforced | EndpointFlags.EgressEnforced);
            world.Rule(1, TrafficDirection.Egress, NodeWorld.RemotePodIdentity, PacketWorld.Class(Tcp, 80), PacketWorld.Class(Tcp, 80));
            var sent = world.TcpTo(world.RemotePod, 50000, 80, TcpFlags.Syn);
            world.FromPod(sent).IsSentOut(world.Interfaces.DeviceMac);
            world.FromNetwork(Error(world, Router(world), world.Client, sent)).IsDeliveredTo(world.ClientEntry);
            world.Know(world.RemotePod, NodeWorld.OtherPodIdentity);
            world.FromNetwork(Error(world, Router(world), world.Client, sent)).IsDropped(DropReason.Policy);
        }, Features: NodeFeatures.HostFirewall | NodeFeatures.Masquerade);
        yield return new("An error about a connection that the other end's policy has ended does not pass", world =>
        {
            var sent = NodeWorld.Between(world.Client, world.Server, Udp, UdpDatagram(Port, 53));
            world.FromPod(sent).IsDeliveredTo(world.ServerEntry);
            world.SetClient(world.ClientEntry with { Flags = Closed, PolicyRevision = 2 });
            world.FromServer(Error(world, world.Server, world.Client, sent)).IsDropped(DropReason.Policy);
        });
        yield return new("An error to a pod that is gone is a drop that is told", world =>
        {
            var sent = NodeWorld.Between(world.Client, world.Server, Udp, UdpDatagram(Port, 53));
            world.FromPod(sent).IsDeliveredTo(world.ServerEntry);
            world.Datapath.Endpoints.Delete(world.ClientIfindex);
            world.FromServer(Error(world, world.Server, world.Client, sent)).IsDropped(DropReason.NoLocalEndpoint);
        });
    }

    private static IEnumerable<NodeCase> Fragments()
    {
        yield return new("Every fragment of a ping's answer finds the masqueraded pod", world =>
        {
            world.FromPod(Request(world, Icmp, 9)).IsSentOut(world.Interfaces.DeviceMac);
            var whole = NodeWorld.Between(world.Outside, world.Node, Icmp6, IcmpMessage(129, id: 9, body: new byte[24]));
            world.FromNetwork(Fragment(whole, 0, 16, more: true, identification: 702)).IsDeliveredTo(world.ClientEntry);
            world.FromNetwork(Fragment(whole, 16, 32, more: false, identification: 702)).IsDeliveredTo(world.ClientEntry);
        }, PacketFamilies.IPv6);
        yield return new("Every fragment of a ping of the node is the node's, though a pod pings under the same id", world =>
        {
            world.FromPod(Request(world, Icmp, 9)).IsSentOut(world.Interfaces.DeviceMac);
            var whole = NodeWorld.Between(world.Outside, world.Node, Icmp, IcmpMessage(8, id: 9, body: new byte[24]));
            world.FromNetwork(Fragment(whole, 0, 16, more: true, identification: 703)).IsPassed();
            world.FromNetwork(Fragment(whole, 16, 32, more: false, identification: 703)).IsPassed();
        }, PacketFamilies.IPv4);
        foreach (var (name, protocol) in new (string, byte)[] { ("GRE", 47), ("ESP", 50) })
        {
            yield return new($"Fragments of {name}, which has no ports, pass where the whole would", world =>
            {
                var whole = NodeWorld.Between(world.Client, world.Server, protocol, new byte[32]);
                world.FromPod(Fragment(whole, 0, 16, more: true, identification: 704)).IsDeliveredTo(world.ServerEntry);
                world.FromPod(Fragment(whole, 16, 32, more: false, identification: 704)).IsDeliveredTo(world.ServerEntry);
            });
        }

        yield return new("Fragments of a packet whose options are in its fragments follow the first", world =>
        {
            byte[] Piece(ushort offset, bool more, byte[] payload) => Ip(world.Client, world.Server, 44, FragmentHeader(60, offset, more, 705, payload));
            world.FromPod(Piece(0, true, Extension(Udp, 0, UdpDatagram(Port, 53)))).IsDeliveredTo(world.ServerEntry);
            world.FromPod(Piece(3, false, new byte[8])).IsDeliveredTo(world.ServerEntry);
        }, PacketFamilies.IPv6);
        yield return new("Every fragment of a packet of the tunnel is exempt", world =>
        {
            world.CloseHost();
            var whole = NodeWorld.Between(world.RemoteNode, world.Node, Udp, UdpDatagram(50000, 8472, payload: 24));
            world.FromNetwork(Fragment(whole, 0, 16, more: true, identification: 706)).IsPassed();
            world.FromNetwork(Fragment(whole, 16, 32, more: false, identification: 706)).IsPassed();
        });
    }

    /// <summary>What is told and counted of a packet.</summary>
    private static IEnumerable<NodeCase> Told()
    {
        yield return new("A packet that cannot be masqueraded is told of once, as a drop", world =>
            Assert.Single(world.FromPod(NodeWorld.Between(world.Client, world.Outside, 47, new byte[8])).Events));
        yield return new("What the node's policy drops on its way into the tunnel is counted", world =>
        {
            world.CloseHost();
            var before = world.Counter((uint)DropReason.Policy << 1);
            world.ToTunnel(NodeWorld.Between(world.Host, world.RemotePod, Udp, UdpDatagram(1, 53))).IsDropped(DropReason.Policy);
            Assert.Equal(before + 1, world.Counter((uint)DropReason.Policy << 1));
        });
        yield return new("Discovery that the node sends into the tunnel is a drop that is told", world =>
            world.ToTunnel(NodeWorld.Between(world.Host, world.RemotePod, Icmp6, IcmpMessage(135, body: new byte[16]), hopLimit: 255)).IsDropped(DropReason.ForbiddenIcmp6), PacketFamilies.IPv6);
    }

    private static byte[] FromRemotePod(NodeWorld world, TcpFlags flags) => NodeWorld.Between(world.RemotePod, world.Client, Tcp, TcpSegment(50000, 80, flags));

    /// <summary>The server's policy changes and forbids what the client began.</summary>
    private static void DenyServer(NodeWorld world, byte protocol)
    {
        world.Rule(9, TrafficDirection.Ingress, ClientIdentity, Class(protocol, 80), Class(protocol, 80), verdict: 0, rule: 66);
        world.SetServer(world.ServerEntry with { PolicyId = 9 });
    }
}
