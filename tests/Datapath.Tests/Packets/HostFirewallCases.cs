using System.Net;
using Axoneme.Datapath.Layout;
using static Axoneme.Datapath.Tests.Packets.PacketBuilder;
using static Axoneme.Datapath.Tests.Packets.PacketWorld;

namespace Axoneme.Datapath.Tests.Packets;

/// <summary>The node as an endpoint: both directions of its own traffic, whichever way it goes.</summary>
internal static class HostFirewallCases
{
    private const uint AnyIdentity = 0;
    private const NodeFeatures Native = NodeFeatures.HostFirewall | NodeFeatures.Masquerade;

    public static IEnumerable<NodeCase> All =>
    [
        new("Nothing allows it: a connection from outside to the node is dropped", world =>
        {
            world.CloseHost();
            var drop = world.FromNetwork(ToNode(world, 22)).IsDropped(DropReason.Policy).Event;
            Assert.Equal((world.WorldIdentity, HostIdentity, TrafficDirection.Ingress, (ushort)13, 0u), (drop.SourceIdentity, drop.DestinationIdentity, drop.Direction, drop.DestinationEndpoint, drop.IngressRule));
            Assert.Equal(0, world.ConnectionCount);
        }),
        new("A rule for the node lets a connection in, and its answers out", world =>
        {
            world.CloseHost();
            AllowIn(world, world.WorldIdentity, Class(Tcp, 22));
            var said = world.FromNetwork(ToNode(world, 22)).IsPassed().Says(EventType.New).Event;
            Assert.Equal((HostIdentity, 31u), (said.DestinationIdentity, said.IngressRule));
            world.ToNetwork(FromNode(world, world.Outside, 22, 50000, TcpFlags.Syn | TcpFlags.Ack)).Leaves();
            world.FromNetwork(ToNode(world, 22, TcpFlags.Ack)).IsPassed().IsSilent();
            world.ToNetwork(FromNode(world, world.Outside, 22, 50000, TcpFlags.Ack)).Leaves().IsSilent();
            Assert.Equal(1, world.ConnectionCount);
        }),
        new("Another port than the node's rule allows is dropped", world =>
        {
            world.CloseHost();
            AllowIn(world, world.WorldIdentity, Class(Tcp, 22));
            world.FromNetwork(ToNode(world, 23)).IsDropped(DropReason.Policy);
        }),
        new("A deny rule for the node names itself", world =>
        {
            world.Rule(NodeWorld.HostPolicy, TrafficDirection.Ingress, world.WorldIdentity, Class(Tcp, 22), Class(Tcp, 22), verdict: 0, rule: 41);
            Assert.Equal(41u, world.FromNetwork(ToNode(world, 22)).IsDropped(DropReason.PolicyDeny).Event.IngressRule);
            world.FromNetwork(ToNode(world, 23)).IsPassed();
        }),
        new("Nothing allows it: a connection of the node to outside is dropped", world =>
        {
            world.CloseHost();
            var drop = world.ToNetwork(FromNode(world, world.Outside, 50000, 443, TcpFlags.Syn)).IsDropped(DropReason.Policy).Event;
            Assert.Equal((HostIdentity, world.WorldIdentity, TrafficDirection.Egress, (ushort)13), (drop.SourceIdentity, drop.DestinationIdentity, drop.Direction, drop.SourceEndpoint));
        }),
        new("A rule for the node lets its connection out, and the answers in", world =>
        {
            world.CloseHost();
            AllowOut(world, world.WorldIdentity, Class(Tcp, 443));
            world.ToNetwork(FromNode(world, world.Outside, 1000, 443, TcpFlags.Syn)).Leaves().Says(EventType.New);
            world.FromNetwork(NodeWorld.Between(world.Outside, world.Node, Tcp, TcpSegment(443, 1000, TcpFlags.Syn | TcpFlags.Ack))).IsPassed();
            world.FromNetwork(NodeWorld.Between(world.Outside, world.Node, Tcp, TcpSegment(443, 1001, TcpFlags.Syn | TcpFlags.Ack))).IsDropped(DropReason.Policy);
        }),
        new("A connection between nodes knows who the other node is", world =>
        {
            world.CloseHost();
            AllowIn(world, NodeWorld.RemoteNodeIdentity, Class(Tcp, 4240));
            var said = world.FromNetwork(NodeWorld.Between(world.RemoteNode, world.Node, Tcp, TcpSegment(50000, 4240, TcpFlags.Syn))).IsPassed().Event;
            Assert.Equal(NodeWorld.RemoteNodeIdentity, said.SourceIdentity);
            world.FromNetwork(NodeWorld.Between(world.OtherNode, world.Node, Tcp, TcpSegment(50000, 4240, TcpFlags.Syn))).IsDropped(DropReason.Policy);
        }),
        new("A connection of the node to the API server is judged by who that is", world =>
        {
            world.CloseHost();
            AllowOut(world, NodeWorld.ApiServerIdentity, Class(Tcp, 6443));
            world.ToNetwork(FromNode(world, world.OtherNode, 50000, 6443, TcpFlags.Syn)).Leaves();
            world.ToNetwork(FromNode(world, world.RemoteNode, 50000, 6443, TcpFlags.Syn)).IsDropped(DropReason.Policy);
        }),
        new("Every address of the node is the node", world =>
        {
            world.CloseHost();
            world.FromNetwork(NodeWorld.Between(world.Outside, world.Host, Tcp, TcpSegment(50000, 22, TcpFlags.Syn))).IsDropped(DropReason.Policy);
        }),

        new("Without an entry for the node nothing of it is judged", world =>
        {
            world.Datapath.Endpoints.Delete(EndpointEntry.HostInterface);
            world.FromNetwork(ToNode(world, 22)).IsPassed().IsSilent();
            world.ToNetwork(FromNode(world, world.Outside, 1000, 443, TcpFlags.Syn)).Leaves().IsSilent();
            world.FromPod(world.TcpTo(world.Host, 40000, 22, TcpFlags.Syn)).IsLeftToStack(PacketMark.Judged);
            world.ToPod(NodeWorld.Between(world.Host, world.Client, Tcp, TcpSegment(1, 80, TcpFlags.Syn))).IsPassed();
        }),
        new("Without the host firewall nothing of the node is judged", world =>
        {
            world.CloseHost();
            world.FromNetwork(ToNode(world, 22)).IsPassed().IsSilent();
            world.ToNetwork(FromNode(world, world.Outside, 1000, 443, TcpFlags.Syn)).Leaves().IsSilent();
            world.FromPod(world.TcpTo(world.Host, 40000, 22, TcpFlags.Syn)).IsLeftToStack(PacketMark.Judged);
            world.ToPod(NodeWorld.Between(world.Host, world.Client, Tcp, TcpSegment(1, 80, TcpFlags.Syn))).IsPassed();
        }, Features: NodeFeatures.Tunnel | NodeFeatures.Masquerade),
        new("An entry for the node that appears judges its open connections", world =>
        {
            world.Datapath.Endpoints.Delete(EndpointEntry.HostInterface);
            world.FromPod(world.TcpTo(world.Host, 40000, 22, TcpFlags.Syn)).IsLeftToStack(PacketMark.Judged);
            world.CloseHost();
            world.FromPod(world.TcpTo(world.Host, 40000, 22, TcpFlags.Ack)).IsDropped(DropReason.Policy);
        }),

        new("A pod's connection to the node is judged by the node's policy too", world =>
        {
            world.CloseHost();
            var drop = world.FromPod(world.TcpTo(world.Host, 40000, 22, TcpFlags.Syn)).IsDropped(DropReason.Policy).Event;
            Assert.Equal((ClientIdentity, HostIdentity, TrafficDirection.Ingress, (ushort)11, (ushort)13), (drop.SourceIdentity, drop.DestinationIdentity, drop.Direction, drop.SourceEndpoint, drop.DestinationEndpoint));
        }),
        new("A pod's connection to the node that both allow goes to the stack, and the answer to the pod", world =>
        {
            world.CloseHost();
            world.CloseClient();
            AllowIn(world, ClientIdentity, Class(Tcp, 22));
            world.Rule(1, TrafficDirection.Egress, HostIdentity, Class(Tcp, 22), Class(Tcp, 22), rule: 33);
            var said = world.FromPod(world.TcpTo(world.Host, 40000, 22, TcpFlags.Syn)).IsLeftToStack(PacketMark.Judged).Event;
            Assert.Equal((33u, 31u), (said.EgressRule, said.IngressRule));
            world.ToPod(NodeWorld.Between(world.Host, world.Client, Tcp, TcpSegment(22, 40000, TcpFlags.Syn | TcpFlags.Ack))).IsPassed();
            Assert.Equal(1, world.ConnectionCount);
        }),
        new("The node's connection to a pod is judged by the node's policy too", world =>
        {
            world.CloseHost();
            var drop = world.ToPod(NodeWorld.Between(world.Host, world.Client, Tcp, TcpSegment(50000, 80, TcpFlags.Syn))).IsDropped(DropReason.Policy).Event;
            Assert.Equal((HostIdentity, TrafficDirection.Egress), (drop.SourceIdentity, drop.Direction));
            AllowOut(world, ClientIdentity, Class(Tcp, 80));
            world.ToPod(NodeWorld.Between(world.Host, world.Client, Tcp, TcpSegment(50000, 80, TcpFlags.Syn))).IsPassed();
            world.FromPod(world.TcpTo(world.Host, 80, 50000, TcpFlags.Syn | TcpFlags.Ack)).IsLeftToStack(PacketMark.Judged);
        }),
        new("The node's connection to a pod is judged by the pod's policy too", world =>
        {
            world.CloseClient();
            var drop = world.ToPod(NodeWorld.Between(world.Host, world.Client, Tcp, TcpSegment(50000, 80, TcpFlags.Syn))).IsDropped(DropReason.Policy).Event;
            Assert.Equal((HostIdentity, ClientIdentity, TrafficDirection.Ingress), (drop.SourceIdentity, drop.DestinationIdentity, drop.Direction));
        }),
        new("The node's policy is nothing to traffic between a pod and the world", world =>
        {
            world.CloseHost();
            world.FromPod(world.TcpTo(world.Outside, 40000, 443, TcpFlags.Syn)).IsSentOut(world.Interfaces.DeviceMac);
            world.FromNetwork(NodeWorld.Between(world.Outside, world.Node, Tcp, TcpSegment(443, 40000, TcpFlags.Syn | TcpFlags.Ack))).IsDeliveredTo(world.ClientEntry);
            world.FromNetwork(NodeWorld.Between(world.Outside, world.Server, Tcp, TcpSegment(50000, 80, TcpFlags.Syn))).IsDeliveredTo(world.ServerEntry);
        }),
        .. Changes(),

        new("The tunnel's own packets are exempt: what they carry is judged instead", world =>
        {
            world.CloseHost();
            world.FromNetwork(NodeWorld.Between(world.RemoteNode, world.Node, Udp, UdpDatagram(50000, 8472))).IsPassed().IsSilent();
            world.ToNetwork(NodeWorld.Between(world.Node, world.RemoteNode, Udp, UdpDatagram(50000, 8472))).Leaves().IsSilent();
        }),
        new("The tunnel's port of another protocol is judged", world =>
        {
            world.CloseHost();
            world.FromNetwork(NodeWorld.Between(world.RemoteNode, world.Node, Tcp, TcpSegment(50000, 8472, TcpFlags.Syn))).IsDropped(DropReason.Policy);
        }),
        new("The tunnel's port as a source is judged", world =>
        {
            world.CloseHost();
            world.FromNetwork(NodeWorld.Between(world.Outside, world.Node, Udp, UdpDatagram(8472, 53))).IsDropped(DropReason.Policy);
        }),
        new("Without a tunnel its port is a port like any other", world =>
        {
            world.CloseHost();
            world.FromNetwork(NodeWorld.Between(world.RemoteNode, world.Node, Udp, UdpDatagram(50000, 8472))).IsDropped(DropReason.Policy);
            world.ToNetwork(NodeWorld.Between(world.Node, world.RemoteNode, Udp, UdpDatagram(50000, 8472))).IsDropped(DropReason.Policy);
        }, Features: Native),

        new("A ping of the node is judged by its type", world =>
        {
            world.CloseHost();
            var ping = NodeWorld.Between(world.Outside, world.Node, world.IcmpProtocol, IcmpMessage(world.EchoRequest, id: 5));
            world.FromNetwork(ping).IsDropped(DropReason.Policy);
            AllowIn(world, AnyIdentity, Class(world.IcmpProtocol, world.EchoRequest));
            world.FromNetwork(ping).IsPassed();
            world.ToNetwork(NodeWorld.Between(world.Node, world.Outside, world.IcmpProtocol, IcmpMessage(world.EchoReply, id: 5))).Leaves();
        }),
        new("An ICMP error about the node's connection comes in without a rule, about nothing it does not", world =>
        {
            world.CloseHost();
            AllowOut(world, AnyIdentity, Class(Udp, 53));
            var sent = NodeWorld.Between(world.Node, world.Outside, Udp, UdpDatagram(1000, 53));
            world.ToNetwork(sent).Leaves();
            world.FromNetwork(MasqueradeErrorCases.Error(world, MasqueradeErrorCases.Router(world), world.Node, sent)).IsPassed();
            var never = NodeWorld.Between(world.Node, world.Outside, Udp, UdpDatagram(1001, 53));
            world.FromNetwork(MasqueradeErrorCases.Error(world, MasqueradeErrorCases.Router(world), world.Node, never)).IsDropped(DropReason.Policy);
        }),
        new("An ICMP error of the node about a connection to it goes out without a rule", world =>
        {
            world.CloseHost();
            AllowIn(world, AnyIdentity, Class(Udp, 53));
            var received = NodeWorld.Between(world.Outside, world.Node, Udp, UdpDatagram(1000, 53));
            world.FromNetwork(received).IsPassed();
            world.ToNetwork(MasqueradeErrorCases.Error(world, world.Node, world.Outside, received)).Leaves();
        }),
        new("A packet to the node that cannot be read is dropped with the reason", world =>
        {
            var drop = world.FromNetwork(Ip(world.Outside, world.Node, Tcp, TcpSegment(1, 22, TcpFlags.Syn)[..19])).IsDropped(DropReason.InvalidL4Header).Event;
            Assert.Equal((HostIdentity, TrafficDirection.Ingress), (drop.DestinationIdentity, drop.Direction));
        }),
        new("A packet of the node that cannot be read is dropped with the reason", world =>
            world.ToNetwork(Ip(world.Node, world.Outside, Tcp, TcpSegment(1, 22, TcpFlags.Syn)[..19])).IsDropped(DropReason.InvalidL4Header)),
        new("A packet to the node that cannot be read is the stack's to refuse without the host firewall", world =>
            world.FromNetwork(Ip(world.Outside, world.Node, Tcp, TcpSegment(1, 22, TcpFlags.Syn)[..19])).IsPassed().IsSilent(), Features: NodeFeatures.Masquerade),
        new("A packet of others that cannot be read is none of our business", world =>
        {
            world.CloseHost();
            world.FromNetwork(Ip(world.Outside, world.Intranet, Tcp, TcpSegment(1, 22, TcpFlags.Syn)[..19])).IsPassed().IsSilent();
            world.ToNetwork(Ip(world.Outside, world.Intranet, Tcp, TcpSegment(1, 22, TcpFlags.Syn)[..19])).Leaves().IsSilent();
        }),
        new("Traffic of others that the node forwards is none of our business", world =>
        {
            world.CloseHost();
            var packet = NodeWorld.Between(world.Outside, world.Intranet, Tcp, TcpSegment(1, 22, TcpFlags.Syn));
            world.FromNetwork(packet).IsPassed().IsSilent();
            Assert.Equal(packet, world.ToNetwork(packet, arrivedOn: world.Interfaces.OtherDevice).Leaves().IsSilent().Packet);
            Assert.Equal(0, world.ConnectionCount);
        }),
        .. Link(),
        .. Pieces(),
    ];

    internal static byte[] ToNode(NodeWorld world, ushort port, TcpFlags flags = TcpFlags.Syn) => NodeWorld.Between(world.Outside, world.Node, Tcp, TcpSegment(50000, port, flags));

    internal static byte[] FromNode(NodeWorld world, IPAddress destination, ushort source, ushort port, TcpFlags flags) => NodeWorld.Between(world.Node, destination, Tcp, TcpSegment(source, port, flags));

    internal static void AllowIn(NodeWorld world, uint identity, uint trafficClass) => world.Rule(NodeWorld.HostPolicy, TrafficDirection.Ingress, identity, trafficClass, trafficClass, rule: 31);

    internal static void AllowOut(NodeWorld world, uint identity, uint trafficClass) => world.Rule(NodeWorld.HostPolicy, TrafficDirection.Egress, identity, trafficClass, trafficClass, rule: 32);

    /// <summary>The node's policy changes under its open connections.</summary>
    private static IEnumerable<NodeCase> Changes()
    {
        (string What, Action<NodeWorld> Change)[] changes =
        [
            ("another policy", world => world.SetHost(world.HostEntry with { PolicyId = 9, Flags = EndpointFlags.IngressEnforced | EndpointFlags.EgressEnforced })),
            ("another revision of its policy", world => world.SetHost(world.HostEntry with { PolicyRevision = 2, Flags = EndpointFlags.IngressEnforced | EndpointFlags.EgressEnforced })),
        ];
        foreach (var (what, change) in changes)
        {
            yield return new($"When the node gets {what} that forbids it, a connection from outside ends from either side", world =>
            {
                world.FromNetwork(ToNode(world, 22)).IsPassed();
                change(world);
                world.ToNetwork(FromNode(world, world.Outside, 22, 50000, TcpFlags.Ack)).IsDropped(DropReason.Policy);
                world.FromNetwork(ToNode(world, 22, TcpFlags.Ack)).IsDropped(DropReason.Policy);
            });
            yield return new($"When the node gets {what} that forbids it, its own connection ends from either side", world =>
            {
                world.ToNetwork(FromNode(world, world.Outside, 1000, 443, TcpFlags.Syn)).Leaves();
                change(world);
                world.FromNetwork(NodeWorld.Between(world.Outside, world.Node, Tcp, TcpSegment(443, 1000, TcpFlags.Ack))).IsDropped(DropReason.Policy);
                world.ToNetwork(FromNode(world, world.Outside, 1000, 443, TcpFlags.Ack)).IsDropped(DropReason.Policy);
            });
            yield return new($"When the node gets {what} that forbids it, a pod's connection to it ends from either side", world =>
            {
                world.FromPod(world.TcpTo(world.Host, 40000, 22, TcpFlags.Syn)).IsLeftToStack(PacketMark.Judged);
                change(world);
                world.ToPod(NodeWorld.Between(world.Host, world.Client, Tcp, TcpSegment(22, 40000, TcpFlags.Ack))).IsDropped(DropReason.Policy);
                world.FromPod(world.TcpTo(world.Host, 40000, 22, TcpFlags.Ack)).IsDropped(DropReason.Policy);
            });
        }

        yield return new("When the node's policy changes and still allows it, the connection goes on and it is told", world =>
        {
            world.FromNetwork(ToNode(world, 22)).IsPassed();
            AllowIn(world, world.WorldIdentity, Class(Tcp, 22));
            world.SetHost(world.HostEntry with { PolicyRevision = 2, Flags = EndpointFlags.IngressEnforced | EndpointFlags.EgressEnforced });
            Assert.Equal(31u, world.ToNetwork(FromNode(world, world.Outside, 22, 50000, TcpFlags.Ack)).Leaves().Says(EventType.Rejudged).Event.IngressRule);
            world.FromNetwork(ToNode(world, 22, TcpFlags.Ack)).IsPassed().IsSilent();
        });
    }

    /// <summary>What a link needs to be a link passes whatever policy says.</summary>
    private static IEnumerable<NodeCase> Link()
    {
        yield return new("ARP passes a closed node", world =>
        {
            world.CloseHost();
            var arp = Arp(1, NodeWorld.RouterMac, world.RemoteNode, default, world.Node);
            world.FromNetworkFrame(Ethernet(NodeWorld.RouterMac, world.Interfaces.DeviceMac, 0x0806, arp)).IsPassed().IsSilent();
            world.ToNetworkFrame(Ethernet(world.Interfaces.DeviceMac, NodeWorld.RouterMac, 0x0806, arp)).Leaves().IsSilent();
        }, PacketFamilies.IPv4);
        foreach (var type in new byte[] { 133, 134, 135, 136, 137, 130, 131, 132, 143 })
        {
            yield return new($"Discovery message {type} passes a closed node", world =>
            {
                world.CloseHost();
                world.FromNetwork(NodeWorld.Between(world.RemoteNode, world.Node, Icmp6, IcmpMessage(type, body: new byte[16]), hopLimit: 255)).IsPassed().IsSilent();
                world.ToNetwork(NodeWorld.Between(world.Node, world.RemoteNode, Icmp6, IcmpMessage(type, body: new byte[16]), hopLimit: 255)).Leaves().IsSilent();
            }, PacketFamilies.IPv6);
        }

        yield return new("A frame of another protocol passes", world =>
        {
            world.CloseHost();
            world.FromNetworkFrame(Ethernet(NodeWorld.RouterMac, world.Interfaces.DeviceMac, 0x88CC, new byte[46])).IsPassed().IsSilent();
            world.ToNetworkFrame(Ethernet(world.Interfaces.DeviceMac, NodeWorld.RouterMac, 0x88CC, new byte[46])).Leaves().IsSilent();
        });
        yield return new("A VLAN's packet is seen on the VLAN's own interface", world =>
        {
            world.CloseHost();
            byte[] tagged = [0, 5, 8, 0, .. ToNode(world, 22)];
            world.FromNetworkFrame(Ethernet(NodeWorld.RouterMac, world.Interfaces.DeviceMac, 0x8100, tagged)).IsPassed().IsSilent();
        }, PacketFamilies.IPv4);
        yield return new("What goes to everybody is not addressed to the node alone, and passes", world =>
        {
            world.CloseHost();
            var everybody = IPAddress.Parse(world.IsIPv6 ? "ff02::fb" : "224.0.0.251");
            world.FromNetwork(NodeWorld.Between(world.RemoteNode, everybody, Udp, UdpDatagram(5353, 5353))).IsPassed().IsSilent();
        });
        yield return new("A broadcast is not addressed to the node alone, and passes", world =>
        {
            world.CloseHost();
            world.FromNetwork(NodeWorld.Between(IPAddress.Any, IPAddress.Broadcast, Udp, UdpDatagram(68, 67))).IsPassed().IsSilent();
        }, PacketFamilies.IPv4);
    }

    private static IEnumerable<NodeCase> Pieces()
    {
        yield return new("Every fragment to the node follows the first one's verdict", world =>
        {
            world.CloseHost();
            var whole = NodeWorld.Between(world.Outside, world.Node, Udp, UdpDatagram(50000, 53, payload: 24));
            world.FromNetwork(MasqueradeErrorCases.Fragment(whole, 0, 16, more: true, identification: 501)).IsDropped(DropReason.Policy);
            world.FromNetwork(MasqueradeErrorCases.Fragment(whole, 16, 32, more: false, identification: 501)).IsDropped(DropReason.Policy);
            AllowIn(world, world.WorldIdentity, Class(Udp, 53));
            world.FromNetwork(MasqueradeErrorCases.Fragment(whole, 0, 16, more: true, identification: 502)).IsPassed();
            world.FromNetwork(MasqueradeErrorCases.Fragment(whole, 16, 32, more: false, identification: 502)).IsPassed();
        });
        yield return new("A fragment to the node that overtakes the first is dropped", world =>
        {
            var whole = NodeWorld.Between(world.Outside, world.Node, Udp, UdpDatagram(50000, 53, payload: 24));
            world.FromNetwork(MasqueradeErrorCases.Fragment(whole, 16, 32, more: false, identification: 503)).IsDropped(DropReason.FragmentNotFound);
        });
    }
}
