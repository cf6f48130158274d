using Axoneme.Datapath.Layout;
using static Axoneme.Datapath.Tests.Packets.PacketBuilder;
using static Axoneme.Datapath.Tests.Packets.PacketWorld;

namespace Axoneme.Datapath.Tests.Packets;

/// <summary>Policy holds for every fragment: one that comes before the first cannot be judged and is dropped.</summary>
internal static class FragmentCases
{
    private static uint _identification = 1000; // the kernel remembers what earlier cases sent

    public static IEnumerable<PacketCase> All =>
    [
        .. EachProtocol(),
        new("After the first has come, fragments in any order follow it", world =>
        {
            Allow(world, Udp);
            var id = Next();
            world.FromClient(Piece(world, Udp, id, 0, more: true)).IsDelivered();
            foreach (var offset in new ushort[] { 6, 2, 8, 4 })
            {
                world.FromClient(Piece(world, Udp, id, offset, more: offset != 8)).IsDelivered();
            }
        }),
        new("A fragment that comes again follows its first one again", world =>
        {
            Allow(world, Udp);
            var id = Next();
            world.FromClient(Piece(world, Udp, id, 0, more: true)).IsDelivered();
            world.FromClient(Piece(world, Udp, id, 2, more: false)).IsDelivered();
            world.FromClient(Piece(world, Udp, id, 0, more: true)).IsDelivered();
            world.FromClient(Piece(world, Udp, id, 2, more: false)).IsDelivered();
        }),
        new("Fragments of two packets at a time follow each its own", world =>
        {
            Allow(world, Udp);
            var (allowed, refused) = (Next(), Next());
            world.FromClient(Piece(world, Udp, allowed, 0, more: true)).IsDelivered();
            world.FromClient(Piece(world, Udp, refused, 0, more: true, port: 54)).IsDropped(DropReason.Policy);
            world.FromClient(Piece(world, Udp, allowed, 2, more: false)).IsDelivered();
            world.FromClient(Piece(world, Udp, refused, 2, more: false)).IsDropped(DropReason.Policy);
        }),
        new("The same id towards another destination is another packet", world =>
        {
            Allow(world, Udp);
            var id = Next();
            world.FromClient(Piece(world, Udp, id, 0, more: true)).IsDelivered();
            var elsewhere = Piece(world, Udp, id, 2, more: false);
            world.Host.GetAddressBytes().CopyTo(elsewhere, world.IsIPv6 ? 24 : 16);
            world.FromClient(elsewhere).IsDropped(DropReason.FragmentNotFound);
        }),
        new("The same id of another protocol is another packet", world =>
        {
            Allow(world, Udp);
            var id = Next();
            world.FromClient(Piece(world, Udp, id, 0, more: true)).IsDelivered();
            world.FromClient(Piece(world, Tcp, id, 2, more: false)).IsDropped(DropReason.FragmentNotFound);
        }, PacketFamilies.IPv4),
        new("A first fragment that comes again with another port does not take the others along", world =>
        {
            Allow(world, Udp);
            var id = Next();
            world.FromClient(Piece(world, Udp, id, 0, more: true)).IsDelivered();
            world.FromClient(Piece(world, Udp, id, 0, more: true, port: 54)).IsDropped(DropReason.Policy);
            world.FromClient(Piece(world, Udp, id, 2, more: false)).IsDropped(DropReason.Policy);
        }),
        new("A later fragment that reaches back over the first is one that follows it", world =>
        {
            Allow(world, Tcp);
            var id = Next();
            world.FromClient(Piece(world, Tcp, id, 0, more: true)).IsDelivered();
            world.FromClient(Piece(world, Tcp, id, 1, more: false)).IsDelivered();
            Assert.False(world.Connection.Flags.HasFlag(ConntrackFlags.Reset)); // whatever its bytes say, they are no flags
        }),
        new("A first fragment too short for its header is dropped, and what follows it", world =>
        {
            Allow(world, Tcp);
            var id = Next();
            world.FromClient(Piece(world, Tcp, id, 0, more: true, bytes: 16)).IsDropped(DropReason.InvalidL4Header);
            world.FromClient(Piece(world, Tcp, id, 2, more: false)).IsDropped(DropReason.FragmentNotFound);
        }),
        new("A later fragment opens nothing when its connection is forgotten: it is judged in its own direction", world =>
        {
            Allow(world, Tcp);
            var id = Next();
            world.FromClient(world.Tcp(40000, 53, TcpFlags.Syn)).IsDelivered();
            world.FromServer(Reply(world, id, 0, more: true)).IsDelivered();
            world.FromServer(Reply(world, id, 3, more: false)).IsDelivered();
            foreach (var (key, _) in world.Datapath.Conntrack4.Entries())
            {
                world.Datapath.Conntrack4.Delete(key);
            }

            foreach (var (key, _) in world.Datapath.Conntrack6.Entries())
            {
                world.Datapath.Conntrack6.Delete(key);
            }

            world.FromServer(Reply(world, id, 6, more: false)).IsDropped(DropReason.Policy);
        }),
        new("Fragments that come through the stack follow the first one that did", world =>
        {
            world.Rule(2, TrafficDirection.Ingress, HostIdentity, Class(Udp, 53), Class(Udp, 53));
            var id = Next();
            byte[] From(ushort offset, bool more) => With(Piece(world, Udp, id, offset, more), world.Host, world.IsIPv6);
            world.ToServer(From(2, more: false)).IsDropped(DropReason.FragmentNotFound);
            world.ToServer(From(0, more: true)).IsPassed();
            world.ToServer(From(2, more: false)).IsPassed();
        }),
        new("Fragments of a policy that changes are judged anew", world =>
        {
            Allow(world, Udp);
            var id = Next();
            world.FromClient(Piece(world, Udp, id, 0, more: true)).IsDelivered();
            world.SetServer(world.ServerEntry with { PolicyId = 9 });
            world.FromClient(Piece(world, Udp, id, 2, more: false)).IsDropped(DropReason.Policy);
        }),
        new("An ICMP message that is no echo has no fragments", world =>
        {
            world.Rule(1, TrafficDirection.Egress, 0, 0, AnyClass).Rule(2, TrafficDirection.Ingress, 0, 0, AnyClass);
            var id = Next();
            var message = IcmpMessage(world.IsIPv6 ? (byte)200 : (byte)13, body: new byte[16]);
            world.FromClient(Raw(world, world.IcmpProtocol, id, 0, more: true, message)).IsDropped(DropReason.FragmentNotFound);
            world.FromClient(Raw(world, world.IcmpProtocol, id, 3, more: false, new byte[8])).IsDropped(DropReason.FragmentNotFound);
        }),
        new("An atomic fragment leaves nothing for others to follow", world =>
        {
            Allow(world, Udp);
            var id = Next();
            world.FromClient(Raw(world, Udp, id, 0, more: false, UdpDatagram(40000, 53))).IsDelivered();
            world.FromClient(Piece(world, Udp, id, 2, more: false)).IsDropped(DropReason.FragmentNotFound);
        }, PacketFamilies.IPv6),
        new("An atomic fragment in front of other headers is a whole packet", world =>
        {
            Allow(world, Tcp);
            world.FromClient(Raw(world, 60, Next(), 0, more: false, Extension(Tcp, 1, TcpSegment(40000, 53, TcpFlags.Syn)))).IsDelivered();
            world.FromClient(Raw(world, 60, Next(), 0, more: false, Extension(Tcp, 1, TcpSegment(40000, 54, TcpFlags.Syn)))).IsDropped(DropReason.Policy);
        }, PacketFamilies.IPv6),
        new("A fragment header cut short is dropped", world =>
            world.FromClient(Ip(world.Client, world.Server, 44, FragmentHeader(Udp, 0, more: true, 5, [])[..7])).IsDropped(DropReason.InvalidExtensionHeader), PacketFamilies.IPv6),
        new("The reserved bits of a fragment header do not make a fragment", world =>
        {
            Allow(world, Udp);
            var packet = Raw(world, Udp, Next(), 0, more: false, UdpDatagram(40000, 53));
            packet[43] |= 6;
            world.FromClient(packet).IsDelivered();
        }, PacketFamilies.IPv6),
        new("Fragments behind hop-by-hop options follow the first one", world =>
        {
            Allow(world, Udp);
            var id = Next();
            byte[] Behind(ushort offset, bool more, byte[] payload) => Ip(world.Client, world.Server, 0, Extension(44, 0, FragmentHeader(Udp, offset, more, id, payload)));
            world.FromClient(Behind(0, true, UdpDatagram(40000, 53))).IsDelivered();
            world.FromClient(Behind(2, false, new byte[8])).IsDelivered();
        }, PacketFamilies.IPv6),
    ];

    private static uint Next() => Interlocked.Increment(ref _identification);

    private static void Allow(PacketWorld world, byte protocol) => world.AllowClientToServer(Class(protocol, protocol is Icmp or Icmp6 ? world.EchoRequest : (ushort)53));

    private static byte[] Whole(PacketWorld world, byte protocol, ushort port) => protocol switch
    {
        Tcp => TcpSegment(40000, port, TcpFlags.Syn, payload: 100),
        Icmp or Icmp6 => IcmpMessage(world.EchoRequest, id: port, body: new byte[100]),
        _ => UdpDatagram(40000, port, payload: 100),
    };

    private static byte[] Piece(PacketWorld world, byte protocol, uint id, ushort offset, bool more, ushort port = 53, int bytes = 24) =>
        Raw(world, protocol, id, offset, more, offset == 0 ? Whole(world, protocol, port)[..bytes] : [.. Enumerable.Repeat((byte)0xff, bytes)]);

    private static byte[] Raw(PacketWorld world, byte protocol, uint id, ushort offset, bool more, byte[] payload) => world.IsIPv6
        ? Ip(world.Client, world.Server, 44, FragmentHeader(protocol, offset, more, id, payload))
        : Ip(world.Client, world.Server, protocol, payload, fragment: (ushort)(offset | (more ? 0x2000 : 0)), identification: (ushort)id);

    private static byte[] Reply(PacketWorld world, uint id, ushort offset, bool more)
    {
        var payload = offset == 0 ? TcpSegment(53, 40000, TcpFlags.Ack, payload: 4) : new byte[24];
        return world.IsIPv6
            ? Ip(world.Server, world.Client, 44, FragmentHeader(Tcp, offset, more, id, payload))
            : Ip(world.Server, world.Client, Tcp, payload, fragment: (ushort)(offset | (more ? 0x2000 : 0)), identification: (ushort)id);
    }

    private static byte[] With(byte[] packet, System.Net.IPAddress source, bool ipv6)
    {
        source.GetAddressBytes().CopyTo(packet, ipv6 ? 8 : 12);
        return packet;
    }

    private static IEnumerable<PacketCase> EachProtocol()
    {
        foreach (var (name, number) in new[] { ("TCP", Tcp), ("UDP", Udp), ("SCTP", Sctp), ("UDP-Lite", (byte)136), ("an echo", Icmp) })
        {
            yield return new($"Fragments of {name} that policy allows pass, of what it refuses none", world =>
            {
                var protocol = number == Icmp ? world.IcmpProtocol : number;
                var (refused, allowed) = (Next(), Next());
                world.FromClient(Piece(world, protocol, refused, 0, more: true)).IsDropped(DropReason.Policy);
                world.FromClient(Piece(world, protocol, refused, 3, more: true)).IsDropped(DropReason.Policy);
                world.FromClient(Piece(world, protocol, refused, 6, more: false)).IsDropped(DropReason.Policy);
                Allow(world, protocol);
                world.FromClient(Piece(world, protocol, allowed, 3, more: true)).IsDropped(DropReason.FragmentNotFound);
                world.FromClient(Piece(world, protocol, allowed, 0, more: true)).IsDelivered();
                world.FromClient(Piece(world, protocol, allowed, 3, more: true)).IsDelivered();
                world.FromClient(Piece(world, protocol, allowed, 6, more: false)).IsDelivered();
                Assert.Equal(1, world.ConnectionCount);
            });
        }
    }
}
