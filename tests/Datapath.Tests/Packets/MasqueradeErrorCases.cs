using System.Net;
using Axoneme.Datapath.Layout;
using static Axoneme.Datapath.Tests.Packets.MasqueradeCases;
using static Axoneme.Datapath.Tests.Packets.PacketBuilder;
using static Axoneme.Datapath.Tests.Packets.PacketReader;

namespace Axoneme.Datapath.Tests.Packets;

/// <summary>ICMP errors about masqueraded packets, and masqueraded packets in pieces: the translation reaches what is inside.</summary>
internal static class MasqueradeErrorCases
{
    private const ushort Port = 40000;
    private const ushort TooLow = 1024;

    public static IEnumerable<NodeCase> All =>
    [
        .. EachProtocol(),
        .. EachType(),
        new("A router's error about a masqueraded packet of which eight bytes are left finds the pod", world =>
        {
            var sent = world.FromPod(Request(world, Tcp, TooLow)).Packet;
            var header = world.IsIPv6 ? 40 : 20;
            var told = Inner(world.FromNetwork(Error(world, Router(world), world.Node, sent[..(header + 8)])).IsDeliveredTo(world.ClientEntry).HasRightChecksums().Packet);
            Assert.Equal((world.Client, TooLow), (SourceAddress(told), PortOf(Tcp, told)));
        }),
        new("An error about a packet with IPv4 options finds the ports behind them", world =>
        {
            world.FromPod(Request(world, Udp, Port)).IsSentOut(world.Interfaces.DeviceMac);
            var inner = Checksums.Complete(Ip(world.Node, world.Outside, Udp, UdpDatagram(Port, 443), options: [1, 1, 1, 0, 0, 0, 0, 0]));
            var told = Inner(world.FromNetwork(Error(world, Router(world), world.Node, inner)).IsDeliveredTo(world.ClientEntry).HasRightChecksums().Packet);
            Assert.Equal(new IPEndPoint(world.Client, Port), Source(told));
        }, PacketFamilies.IPv4),
        new("An error without the ports of what it is about is the node's", world =>
        {
            var sent = world.FromPod(Request(world, Udp, Port)).Packet;
            AssertIsTheNodes(world, Error(world, Router(world), world.Node, sent[..((world.IsIPv6 ? 40 : 20) + 3)]));
        }),
        new("An error about nothing that was sent is the node's", world =>
            AssertIsTheNodes(world, Error(world, Router(world), world.Node, Request(world, Udp, Port, world.Node)))),
        new("An error about another sender's packet is the node's", world =>
        {
            world.FromPod(Request(world, Udp, Port)).IsSentOut(world.Interfaces.DeviceMac);
            AssertIsTheNodes(world, Error(world, Router(world), world.Node, Request(world, Udp, Port, world.RemoteNode)));
        }),
        new("An error about a later fragment is the node's: it has no ports", world =>
        {
            world.FromPod(Request(world, Udp, Port)).IsSentOut(world.Interfaces.DeviceMac);
            var inner = Checksums.Complete(Ip(world.Node, world.Outside, Udp, UdpDatagram(Port, 443), fragment: 1));
            AssertIsTheNodes(world, Error(world, Router(world), world.Node, inner));
        }, PacketFamilies.IPv4),
        new("An error about the node's own packet that kept its port is left as it is", world =>
        {
            var sent = world.ToNetwork(Request(world, Udp, Port, world.Node)).Packet;
            AssertIsTheNodes(world, Error(world, Router(world), world.Node, sent));
        }),
        new("An error about the node's own packet that got another port names the first", world =>
        {
            world.FromPod(Request(world, Udp, Port)).IsSentOut(world.Interfaces.DeviceMac);
            var sent = world.ToNetwork(Request(world, Udp, Port, world.Node)).Packet;
            var told = Inner(world.FromNetwork(Error(world, Router(world), world.Node, sent)).IsPassed().HasRightChecksums().Packet);
            Assert.Equal(new IPEndPoint(world.Node, Port), Source(told));
        }),
        new("A pod's error about what nobody sent it cannot be masqueraded", world =>
            world.FromPod(Error(world, world.Client, world.Outside, NodeWorld.Between(world.Outside, world.Client, Udp, UdpDatagram(443, Port)))).IsDropped(DropReason.NoNatMapping)),
        new("A pod's error about a connection that somebody outside began bears the pod's own address", world =>
        {
            var received = NodeWorld.Between(world.Outside, world.Client, Udp, UdpDatagram(443, Port));
            world.FromNetwork(received).IsDeliveredTo(world.ClientEntry);
            var error = Error(world, world.Client, world.Outside, received);
            var outcome = world.FromPod(error).IsSentOut(world.Interfaces.DeviceMac).HasRightChecksums();
            Assert.Equal(world.Client, SourceAddress(outcome.Packet));
            Assert.Equal(received, Inner(outcome.Packet));
        }),
        new("A router's error about a masqueraded connection is not asked for a rule", world =>
        {
            world.Rule(1, TrafficDirection.Egress, world.WorldIdentity, 0, PacketWorld.AnyClass);
            world.CloseClient();
            var sent = world.FromPod(Request(world, Udp, TooLow)).IsSentOut(world.Interfaces.DeviceMac).Packet;
            world.FromNetwork(Error(world, Router(world), world.Node, sent)).IsDeliveredTo(world.ClientEntry).IsSilent();
        }),
        .. Pieces(),
    ];

    /// <summary>An ICMP error of a kind that ends nothing: "fragmentation needed" (IPv4), "packet too big" (IPv6).</summary>
    internal static byte[] Error(PacketWorld world, IPAddress sender, IPAddress receiver, byte[] about, byte? type = null) =>
        NodeWorld.Between(sender, receiver, world.IcmpProtocol, IcmpMessage(type ?? (world.IsIPv6 ? (byte)2 : (byte)3), world.IsIPv6 ? (byte)0 : (byte)4, body: about));

    internal static IPAddress Router(PacketWorld world) => IPAddress.Parse(world.IsIPv6 ? "2001:db8:77::1" : "198.51.100.1");

    private static IEnumerable<NodeCase> EachProtocol()
    {
        foreach (var (name, protocol) in Protocols)
        {
            foreach (var port in protocol is Tcp or Udp ? new[] { Port, TooLow } : [Port])
            {
                var change = port == TooLow ? " from another port" : "";
                yield return new($"{name}{change}: a router's error about what the pod sent reaches the pod and names it", world =>
                {
                    var request = Request(world, protocol, port);
                    var sent = world.FromPod(request).IsSentOut(world.Interfaces.DeviceMac).Packet;
                    var outcome = world.FromNetwork(Error(world, Router(world), world.Node, sent)).IsDeliveredTo(world.ClientEntry).HasRightChecksums();
                    Assert.Equal((Router(world), world.Client), (SourceAddress(outcome.Packet), DestinationAddress(outcome.Packet)));
                    var told = Inner(outcome.Packet);
                    Assert.Equal((world.Client, world.Outside, port), (SourceAddress(told), DestinationAddress(told), PortOf(protocol, told)));
                    AssertHeaderRight(told);
                });
                yield return new($"{name}{change}: the pod's error about the answer leaves under the node's address, inside and outside", world =>
                {
                    var mapped = PortOf(protocol, world.FromPod(Request(world, protocol, port)).IsSentOut(world.Interfaces.DeviceMac).Packet);
                    var received = world.FromNetwork(Answer(world, protocol, mapped)).IsDeliveredTo(world.ClientEntry).Packet;
                    var outcome = world.FromPod(Error(world, world.Client, world.Outside, received)).IsSentOut(world.Interfaces.DeviceMac).HasRightChecksums();
                    Assert.Equal((world.Node, world.Outside), (SourceAddress(outcome.Packet), DestinationAddress(outcome.Packet)));
                    var told = Inner(outcome.Packet);
                    Assert.Equal((world.Outside, world.Node), (SourceAddress(told), DestinationAddress(told)));
                    Assert.Equal(mapped, protocol == Icmp ? EchoId(told) : (ushort)Destination(told).Port);
                    AssertHeaderRight(told);
                });
            }
        }
    }

    private static IEnumerable<NodeCase> EachType()
    {
        foreach (var (name, four, six) in new (string, byte, byte)[] { ("unreachable", 3, 1), ("time exceeded", 11, 3), ("parameter problem", 12, 4) })
        {
            yield return new($"A router's \"{name}\" about a masqueraded packet finds the pod", world =>
            {
                var sent = world.FromPod(Request(world, Udp, TooLow)).Packet;
                var outcome = world.FromNetwork(Error(world, Router(world), world.Node, sent, world.IsIPv6 ? six : four)).IsDeliveredTo(world.ClientEntry).HasRightChecksums();
                Assert.Equal(new IPEndPoint(world.Client, TooLow), Source(Inner(outcome.Packet)));
            });
        }

        yield return new("An ICMP message that is no error keeps what is inside it", world =>
        {
            var sent = world.FromPod(Request(world, Udp, Port)).Packet;
            AssertIsTheNodes(world, Error(world, Router(world), world.Node, sent, type: world.IsIPv6 ? (byte)140 : (byte)5));
        });
    }

    /// <summary>A datagram that is sent, and answered, in two pieces.</summary>
    private static IEnumerable<NodeCase> Pieces()
    {
        yield return new("Every fragment leaves under the node's address, and the whole has the right checksum", world =>
        {
            var whole = NodeWorld.Between(world.Client, world.Outside, Udp, UdpDatagram(TooLow, 443, payload: 24));
            var first = world.FromPod(Fragment(whole, 0, 16, more: true)).IsSentOut(world.Interfaces.DeviceMac).Packet;
            var last = world.FromPod(Fragment(whole, 16, 32, more: false)).IsSentOut(world.Interfaces.DeviceMac).Packet;
            Assert.Equal((world.Node, world.Node), (SourceAddress(first), SourceAddress(last)));
            AssertWhole(first, last);
            Assert.InRange(Source(first).Port, 32768, 65535);
        });
        yield return new("Every fragment of an answer finds the pod, and the whole has the right checksum", world =>
        {
            var mapped = PortOf(Udp, world.FromPod(Request(world, Udp, TooLow)).Packet);
            var whole = NodeWorld.Between(world.Outside, world.Node, Udp, UdpDatagram(443, mapped, payload: 24));
            var first = world.FromNetwork(Fragment(whole, 0, 16, more: true)).IsDeliveredTo(world.ClientEntry).Packet;
            var last = world.FromNetwork(Fragment(whole, 16, 32, more: false)).IsDeliveredTo(world.ClientEntry).Packet;
            Assert.Equal((world.Client, world.Client), (DestinationAddress(first), DestinationAddress(last)));
            AssertWhole(first, last);
            Assert.Equal(TooLow, Destination(first).Port);
        });
        yield return new("Fragments that the stack makes of a pod's packet leave under the node's address", world =>
        {
            var whole = NodeWorld.Between(world.Client, world.Outside, Udp, UdpDatagram(Port, 443, payload: 24));
            var first = world.ToNetwork(Fragment(whole, 0, 16, more: true), PacketMark.Masquerade).Leaves(PacketMark.Masquerade).Packet;
            var last = world.ToNetwork(Fragment(whole, 16, 32, more: false), PacketMark.Masquerade).Leaves(PacketMark.Masquerade).Packet;
            Assert.Equal((world.Node, world.Node), (SourceAddress(first), SourceAddress(last)));
            AssertWhole(first, last);
        });
        yield return new("A fragment that the stack sends before the first is dropped, never sent as it is", world =>
        {
            var whole = NodeWorld.Between(world.Client, world.Outside, Udp, UdpDatagram(Port, 443, payload: 24));
            world.ToNetwork(Fragment(whole, 16, 32, more: false, identification: 4711), PacketMark.Masquerade).IsDropped(DropReason.FragmentNotFound);
        });
        yield return new("Every fragment of a ping leaves under the node's address", world =>
        {
            var whole = NodeWorld.Between(world.Client, world.Outside, world.IcmpProtocol, IcmpMessage(world.EchoRequest, id: 9, body: new byte[24]));
            var first = world.FromPod(Fragment(whole, 0, 16, more: true)).IsSentOut(world.Interfaces.DeviceMac).Packet;
            var last = world.FromPod(Fragment(whole, 16, 32, more: false)).IsSentOut(world.Interfaces.DeviceMac).Packet;
            Assert.Equal((world.Node, world.Node), (SourceAddress(first), SourceAddress(last)));
            AssertWhole(first, last);
        });
        yield return new("Every fragment of a ping's answer finds the pod", world =>
        {
            world.FromPod(Request(world, Icmp, 9)).IsSentOut(world.Interfaces.DeviceMac);
            var whole = NodeWorld.Between(world.Outside, world.Node, Icmp, IcmpMessage(0, id: 9, body: new byte[24]));
            var first = world.FromNetwork(Fragment(whole, 0, 16, more: true)).IsDeliveredTo(world.ClientEntry).Packet;
            var last = world.FromNetwork(Fragment(whole, 16, 32, more: false)).IsDeliveredTo(world.ClientEntry).Packet;
            AssertWhole(first, last);
        }, PacketFamilies.IPv4);
    }

    /// <summary>A piece of a packet: these bytes of what is behind its IP header.</summary>
    internal static byte[] Fragment(byte[] whole, int from, int to, bool more, uint identification = 77)
    {
        var isIPv4 = whole[0] >> 4 == 4;
        var payload = Payload(whole)[from..to];
        return isIPv4
            ? Checksums.Complete(Ip(SourceAddress(whole), DestinationAddress(whole), whole[9], payload, fragment: (ushort)(from / 8 | (more ? 0x2000 : 0)), identification: (ushort)identification))
            : Ip(SourceAddress(whole), DestinationAddress(whole), 44, FragmentHeader(whole[6], (ushort)(from / 8), more, identification, payload));
    }

    internal static void AssertWhole(byte[] first, byte[] last)
    {
        var isIPv4 = first[0] >> 4 == 4;
        var whole = Ip(SourceAddress(first), DestinationAddress(first), isIPv4 ? first[9] : first[40], [.. Payload(first), .. Payload(last)]);
        Checksums.AssertRight(isIPv4 ? WithHeaderChecksum(whole) : whole);
        if (isIPv4)
        {
            Checksums.AssertRight(first);
            Checksums.AssertRight(last);
        }
    }

    /// <summary>It goes on to the node's stack as it came.</summary>
    private static void AssertIsTheNodes(NodeWorld world, byte[] packet) => Assert.Equal(packet, world.FromNetwork(packet).IsPassed().Packet);

    /// <summary>The IPv4 header of the packet inside; its own L4 checksum is nobody's to mend.</summary>
    private static void AssertHeaderRight(byte[] packet)
    {
        if (packet[0] >> 4 == 4)
        {
            Assert.Equal(WithHeaderChecksum(packet)[..20], packet[..20]);
        }
    }

    private static byte[] WithHeaderChecksum(byte[] packet)
    {
        var right = Checksums.Complete(packet);
        return [.. right[..20], .. packet[20..]];
    }
}
