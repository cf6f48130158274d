using System.Net;
using Axoneme.Datapath.Layout;
using static Axoneme.Datapath.Tests.Packets.PacketBuilder;
using static Axoneme.Datapath.Tests.Packets.PacketReader;

namespace Axoneme.Datapath.Tests.Packets;

/// <summary>What leaves the cluster leaves under the node's address, and its answers find back.</summary>
internal static class MasqueradeCases
{
    private const ushort Kept = 40000;   // may be given to anybody
    private const ushort TooLow = 1024;  // may not

    public static IEnumerable<NodeCase> All =>
    [
        .. EachProtocol(),
        .. Untranslatable(),
        new("A UDP datagram without a checksum stays one without", world =>
        {
            var packet = world.UdpTo(world.Outside, TooLow, 53);
            packet[^10] = packet[^9] = 0; // of 8 bytes of header the last two, before 8 bytes of payload
            var outcome = world.FromPod(packet).IsSentOut(world.Interfaces.DeviceMac).HasRightChecksums();
            Assert.Equal(new byte[2], outcome.Packet[^10..^8]);
        }),
        new("A UDP checksum that comes out as zero is written as all ones, since zero means none", world =>
        {
            var expected = WithChecksumZero(port => NodeWorld.Between(world.Node, world.Outside, Udp, UdpDatagramWith(Kept, 53, port), hopLimit: 63));
            var sent = Payload(expected).ToArray();
            var packet = NodeWorld.Between(world.Client, world.Outside, Udp, sent);
            Assert.Equal(expected, world.FromPod(packet).IsSentOut(world.Interfaces.DeviceMac).Packet);
        }),
        new("A destination that is excepted is reached under the pod's own address", world =>
        {
            var outcome = world.FromPod(world.UdpTo(world.Intranet, Kept, 53)).IsSentOut(world.Interfaces.DeviceMac).HasRightChecksums();
            Assert.Equal(new IPEndPoint(world.Client, Kept), Source(outcome.Packet));
            Assert.Empty(world.Datapath.Nat.Entries());
        }),
        new("An exception ends at its prefix", world =>
        {
            var next = IPAddress.Parse(world.IsIPv6 ? "fd99:0:0:1::9" : "10.100.0.9");
            Assert.Equal(world.Node, SourceAddress(world.FromPod(world.UdpTo(next, Kept, 53)).IsSentOut(world.Interfaces.DeviceMac).Packet));
        }),
        new("A node of the cluster is reached under the pod's own address", world =>
            Assert.Equal(world.Client, SourceAddress(world.FromPod(world.UdpTo(world.RemoteNode, Kept, 53)).IsSentToUnknownNeighbour().Packet)),
            Features: NodeFeatures.Masquerade),
        new("The answer of a pod to a connection that somebody outside began bears the pod's own address", world =>
        {
            world.FromNetwork(NodeWorld.Between(world.Outside, world.Client, Tcp, TcpSegment(50000, 80, TcpFlags.Syn))).IsDeliveredTo(world.ClientEntry);
            var answer = world.FromPod(world.TcpTo(world.Outside, 80, 50000, TcpFlags.Syn | TcpFlags.Ack)).IsSentOut(world.Interfaces.DeviceMac).HasRightChecksums();
            Assert.Equal(new IPEndPoint(world.Client, 80), Source(answer.Packet));
            Assert.Empty(world.Datapath.Nat.Entries());
        }),
        new("A device without an address to masquerade with sends what it is given", world =>
        {
            world.SetDevice(masquerade: null);
            Assert.Equal(world.Client, SourceAddress(world.FromPod(world.UdpTo(world.Outside, Kept, 53)).IsSentOut(world.Interfaces.DeviceMac).Packet));
        }),
        new("Without masquerading a pod is seen outside under its own address", world =>
            Assert.Equal(world.Client, SourceAddress(world.FromPod(world.UdpTo(world.Outside, Kept, 53)).IsSentOut(world.Interfaces.DeviceMac).Packet)),
            Features: NodeFeatures.Tunnel | NodeFeatures.HostFirewall),
        new("A neighbour that nobody knows yet gets a masqueraded packet, too", world =>
            Assert.Equal(world.Node, SourceAddress(world.FromPod(world.UdpTo(world.UnknownNeighbour, Kept, 53)).IsSentToUnknownNeighbour().HasRightChecksums().Packet))),
        new("What the stack sends on for a pod is masqueraded when it leaves", world =>
        {
            world.CloseHost();
            var outcome = world.ToNetwork(world.UdpTo(world.Outside, TooLow, 53), PacketMark.Masquerade).Leaves(PacketMark.Masquerade).HasRightChecksums();
            Assert.Equal(world.Node, SourceAddress(outcome.Packet));
            Assert.InRange(Source(outcome.Packet).Port, 32768, 65535);
        }),
        new("What was judged and sent on already is neither judged nor masqueraded again", world =>
        {
            world.CloseClient();
            world.CloseHost();
            foreach (var packet in new[] { world.UdpTo(world.Outside, Kept, 53), Request(world, Udp, Kept, world.Node) })
            {
                Assert.Equal(packet, world.ToNetwork(packet, PacketMark.Forwarded).Leaves(PacketMark.Forwarded).IsSilent().Packet);
                Assert.Equal(packet, world.ToNetwork(packet, PacketMark.Judged).Leaves(PacketMark.Judged).IsSilent().Packet);
            }

            Assert.Equal((0, 0), (world.ConnectionCount, world.Datapath.Nat.Entries().Count));
        }),
        new("A masqueraded packet that cannot be read is dropped when it leaves, never sent as it is", world =>
            world.ToNetwork(Ip(world.Client, world.Outside, Tcp, TcpSegment(Kept, 80, TcpFlags.Syn)[..19]), PacketMark.Masquerade).IsDropped(DropReason.InvalidL4Header)),
        new("An answer from another port than was asked is not the pod's", world =>
        {
            world.FromPod(world.UdpTo(world.Outside, Kept, 53)).IsSentOut(world.Interfaces.DeviceMac);
            Assert.Equal(world.Node, DestinationAddress(world.FromNetwork(NodeWorld.Between(world.Outside, world.Node, Udp, UdpDatagram(54, Kept))).IsPassed().Packet));
        }),
        new("An answer from another host than was asked is not the pod's", world =>
        {
            world.FromPod(world.UdpTo(world.Outside, Kept, 53)).IsSentOut(world.Interfaces.DeviceMac);
            Assert.Equal(world.Node, DestinationAddress(world.FromNetwork(NodeWorld.Between(world.Intranet, world.Node, Udp, UdpDatagram(53, Kept))).IsPassed().Packet));
        }),
        new("A SYN from whom a masqueraded pod talks to is judged as a connection of its own", world =>
        {
            world.CloseClient(EndpointFlags.IngressEnforced);
            world.FromPod(world.TcpTo(world.Outside, Kept, 80, TcpFlags.Syn)).IsSentOut(world.Interfaces.DeviceMac);
            world.FromNetwork(NodeWorld.Between(world.Outside, world.Node, Tcp, TcpSegment(80, Kept, TcpFlags.Syn))).IsDropped(DropReason.Policy);
        }),
        new("A pod that policy keeps from the world is not masqueraded, and takes no port", world =>
        {
            world.CloseClient();
            world.FromPod(world.UdpTo(world.Outside, Kept, 53)).IsDropped(DropReason.Policy);
            Assert.Empty(world.Datapath.Nat.Entries());
        }),
        new("A changed policy ends a masqueraded connection, from either side", world =>
        {
            world.FromPod(world.TcpTo(world.Outside, Kept, 80, TcpFlags.Syn)).IsSentOut(world.Interfaces.DeviceMac);
            world.SetClient(world.ClientEntry with { Flags = EndpointFlags.EgressEnforced, PolicyRevision = 2 });
            world.FromNetwork(NodeWorld.Between(world.Outside, world.Node, Tcp, TcpSegment(80, Kept, TcpFlags.Syn | TcpFlags.Ack))).IsDropped(DropReason.Policy);
            world.FromPod(world.TcpTo(world.Outside, Kept, 80, TcpFlags.Ack)).IsDropped(DropReason.Policy);
        }),
        new("A masqueraded connection that a changed policy still allows goes on under the same port", world =>
        {
            var first = world.FromPod(world.TcpTo(world.Outside, TooLow, 80, TcpFlags.Syn)).IsSentOut(world.Interfaces.DeviceMac);
            world.SetClient(world.ClientEntry with { PolicyRevision = 2 });
            var second = world.FromPod(world.TcpTo(world.Outside, TooLow, 80, TcpFlags.Ack)).IsSentOut(world.Interfaces.DeviceMac).Says(EventType.Rejudged).HasRightChecksums();
            Assert.Equal(Source(first.Packet), Source(second.Packet));
        }),
        new("An established masqueraded connection says nothing", world =>
        {
            world.FromPod(world.TcpTo(world.Outside, Kept, 80, TcpFlags.Syn)).IsSentOut(world.Interfaces.DeviceMac).Says(EventType.New);
            var reply = NodeWorld.Between(world.Outside, world.Node, Tcp, TcpSegment(80, Kept, TcpFlags.Ack));
            world.FromNetwork(reply).IsDeliveredTo(world.ClientEntry);
            world.FromPod(world.TcpTo(world.Outside, Kept, 80, TcpFlags.Ack)).IsSentOut(world.Interfaces.DeviceMac).IsSilent();
            world.FromNetwork(reply).IsDeliveredTo(world.ClientEntry).IsSilent();
        }),
    ];

    /// <summary>The packet of a protocol and its answer; in <paramref name="port"/>'s place the id of an echo.</summary>
    internal static byte[] Request(NodeWorld world, byte protocol, ushort port, IPAddress? sender = null) => protocol switch
    {
        Tcp => NodeWorld.Between(sender ?? world.Client, world.Outside, Tcp, TcpSegment(port, 443, TcpFlags.Syn, payload: 3)),
        Udp => NodeWorld.Between(sender ?? world.Client, world.Outside, Udp, UdpDatagram(port, 443, payload: 5)),
        Sctp => NodeWorld.Between(sender ?? world.Client, world.Outside, Sctp, SctpPacket(port, 443, SctpChunk.Init)),
        _ => NodeWorld.Between(sender ?? world.Client, world.Outside, world.IcmpProtocol, IcmpMessage(world.EchoRequest, id: port, body: [1, 2, 3])),
    };

    internal static byte[] Answer(NodeWorld world, byte protocol, ushort port) => protocol switch
    {
        Tcp => NodeWorld.Between(world.Outside, world.Node, Tcp, TcpSegment(443, port, TcpFlags.Syn | TcpFlags.Ack, payload: 3)),
        Udp => NodeWorld.Between(world.Outside, world.Node, Udp, UdpDatagram(443, port, payload: 5)),
        Sctp => NodeWorld.Between(world.Outside, world.Node, Sctp, SctpPacket(443, port, SctpChunk.InitAck)),
        _ => NodeWorld.Between(world.Outside, world.Node, world.IcmpProtocol, IcmpMessage(world.EchoReply, id: port, body: [1, 2, 3])),
    };

    /// <summary>The port a packet leaves from, or the id of an echo.</summary>
    internal static ushort PortOf(byte protocol, byte[] packet) => protocol == Icmp ? EchoId(packet) : (ushort)Source(packet).Port;

    internal static (string Name, byte Protocol)[] Protocols => [("TCP", Tcp), ("UDP", Udp), ("SCTP", Sctp), ("An echo over ICMP", Icmp)];

    private static IEnumerable<NodeCase> EachProtocol()
    {
        foreach (var (name, protocol) in Protocols)
        {
            yield return new($"{name} leaves under the node's address and the pod's own port, and the answer comes back", world =>
            {
                var outcome = world.FromPod(Request(world, protocol, Kept)).IsSentOut(world.Interfaces.DeviceMac).HasRightChecksums();
                Assert.Equal((world.Node, Kept), (SourceAddress(outcome.Packet), PortOf(protocol, outcome.Packet)));
                var answer = world.FromNetwork(Answer(world, protocol, Kept)).IsDeliveredTo(world.ClientEntry).HasRightChecksums();
                Assert.Equal(world.Client, DestinationAddress(answer.Packet));
                Assert.Equal((1, 2), (world.ConnectionCount, world.Datapath.Nat.Entries().Count));
            });
            yield return new($"{name}: the connection is the pod's, as events and conntrack have it", world =>
            {
                var said = world.FromPod(Request(world, protocol, Kept)).IsSentOut(world.Interfaces.DeviceMac).Says(EventType.New).Event;
                Assert.Equal((PacketWorld.ClientIdentity, world.WorldIdentity, IpAddressKey.From(world.Client), (ushort)11), (said.SourceIdentity, said.DestinationIdentity, said.Source, said.SourceEndpoint));
                var reply = world.FromNetwork(Answer(world, protocol, Kept)).IsDeliveredTo(world.ClientEntry).Says(EventType.Active).Event;
                Assert.Equal((IpAddressKey.From(world.Client), (byte)1, TrafficDirection.Ingress), (reply.Destination, reply.IsReply, reply.Direction));
                Assert.True(world.Connection.Flags.HasFlag(ConntrackFlags.Masquerade));
            });
            yield return new($"{name}: of two pods with the same port one keeps it and both get their answers", world =>
            {
                var first = world.FromPod(Request(world, protocol, Kept)).IsSentOut(world.Interfaces.DeviceMac).Packet;
                var second = world.FromServer(Request(world, protocol, Kept, world.Server));
                Assert.Equal(Kept, PortOf(protocol, first));
                if (protocol == Sctp)
                {
                    second.IsDropped(DropReason.NoNatMapping); // its checksum covers the port, which therefore stays
                    return;
                }

                var other = PortOf(protocol, second.IsSentOut(world.Interfaces.DeviceMac).HasRightChecksums().Packet);
                Assert.NotEqual(Kept, other);
                Assert.Equal(world.Client, DestinationAddress(world.FromNetwork(Answer(world, protocol, Kept)).IsDeliveredTo(world.ClientEntry).Packet));
                var answer = world.FromNetwork(Answer(world, protocol, other)).IsDeliveredTo(world.ServerEntry).HasRightChecksums().Packet;
                Assert.Equal(world.Server, DestinationAddress(answer));
                Assert.Equal(Kept, protocol == Icmp ? EchoId(answer) : Destination(answer).Port);
            });
            yield return new($"{name}: two pods may have the same port towards different destinations", world =>
            {
                world.FromPod(Request(world, protocol, Kept)).IsSentOut(world.Interfaces.DeviceMac);
                var elsewhere = Request(world, protocol, Kept, world.Server);
                var offset = world.IsIPv6 ? 39 : 19;
                elsewhere[offset] = 8;
                Assert.Equal(Kept, PortOf(protocol, world.FromServer(Checksums.Complete(elsewhere)).IsSentOut(world.Interfaces.DeviceMac).Packet));
            });
        }

        foreach (var (name, protocol) in new[] { ("TCP", Tcp), ("UDP", Udp) })
        {
            yield return new($"{name} from a port that is not to be given away leaves from one that is, and the answer finds the first", world =>
            {
                var outcome = world.FromPod(Request(world, protocol, TooLow)).IsSentOut(world.Interfaces.DeviceMac).HasRightChecksums();
                Assert.InRange(PortOf(protocol, outcome.Packet), 32768, 65535);
                var answer = world.FromNetwork(Answer(world, protocol, PortOf(protocol, outcome.Packet))).IsDeliveredTo(world.ClientEntry).HasRightChecksums();
                Assert.Equal(new IPEndPoint(world.Client, TooLow), Destination(answer.Packet));
            });
        }

        yield return new("SCTP and its checksum, which covers the ports, are left as they are", world =>
        {
            var packet = Request(world, Sctp, TooLow);
            Assert.Equal(Payload(packet), Payload(world.FromPod(packet).IsSentOut(world.Interfaces.DeviceMac).HasRightChecksums().Packet));
        });
        yield return new("The id of an echo is kept, whatever it is", world =>
            Assert.Equal(7, EchoId(world.FromPod(Request(world, Icmp, 7)).IsSentOut(world.Interfaces.DeviceMac).HasRightChecksums().Packet)));
    }

    private static IEnumerable<NodeCase> Untranslatable()
    {
        foreach (var (name, protocol) in new (string, byte)[] { ("GRE", 47), ("ESP", 50), ("UDP-Lite", 136) })
        {
            yield return new($"{name} cannot be masqueraded and is dropped, with the reason", world =>
            {
                var drop = world.FromPod(NodeWorld.Between(world.Client, world.Outside, protocol, UdpDatagram(Kept, 53))).IsDropped(DropReason.UnknownNatProtocol);
                var said = Assert.Single(drop.Events, e => e.Type == EventType.Drop);
                Assert.Equal((PacketWorld.ClientIdentity, TrafficDirection.Egress, (ushort)11), (said.SourceIdentity, said.Direction, said.SourceEndpoint));
            });
        }

        yield return new("An ICMP query without an id that is known cannot be masqueraded", world =>
            world.FromPod(NodeWorld.Between(world.Client, world.Outside, world.IcmpProtocol, IcmpMessage(world.IsIPv6 ? (byte)200 : (byte)13))).IsDropped(DropReason.UnknownNatProtocol));
    }

    private static byte[] UdpDatagramWith(ushort source, ushort destination, ushort word)
    {
        var datagram = UdpDatagram(source, destination);
        (datagram[8], datagram[9]) = ((byte)(word >> 8), (byte)word);
        return datagram;
    }

    /// <summary>The sum of all words but this one, its complement, is what makes the checksum 0, written as all ones.</summary>
    private static byte[] WithChecksumZero(Func<ushort, byte[]> make)
    {
        var without = Payload(make(0));
        return make((ushort)(without[6] << 8 | without[7]));
    }
}
