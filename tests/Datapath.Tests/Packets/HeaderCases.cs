using Axoneme.Datapath.Layout;
using static Axoneme.Datapath.Tests.Packets.PacketBuilder;
using static Axoneme.Datapath.Tests.Packets.PacketWorld;

namespace Axoneme.Datapath.Tests.Packets;

/// <summary>Frames that end anywhere, headers of every length, extension headers in every order.</summary>
internal static class HeaderCases
{
    private const byte HopByHop = 0;
    private const byte Routing = 43;
    private const byte Fragment = 44;
    private const byte Esp = 50;
    private const byte Authentication = 51;
    private const byte NoNextHeader = 59;
    private const byte DestinationOptions = 60;
    private const byte UdpLite = 136;

    public static IEnumerable<PacketCase> All =>
    [
        .. Truncated(),
        .. Extensions(),
        new("A header length that swallows a part of the TCP header does not make the rest one", world =>
        {
            Open(world);
            world.FromClient(Ip(world.Client, world.Server, Tcp, TcpSegment(1, 80, TcpFlags.Syn), headerWords: 6)).IsDropped(DropReason.InvalidL4Header);
        }, PacketFamilies.IPv4),
        new("A total length shorter than the header is dropped", world =>
            world.FromClient(Ip(world.Client, world.Server, Tcp, TcpSegment(1, 80, TcpFlags.Syn), lengthError: -21)).IsDropped(DropReason.Invalid), PacketFamilies.IPv4),
        new("A total length of nothing is dropped", world =>
        {
            var packet = world.Tcp(1, 80, TcpFlags.Syn);
            packet[2] = packet[3] = 0;
            world.FromClient(packet).IsDropped(DropReason.Invalid);
        }, PacketFamilies.IPv4),
        new("A total length of the header alone leaves no room for ports", world =>
        {
            var packet = world.Tcp(1, 80, TcpFlags.Syn);
            packet[2] = 0;
            packet[3] = 20;
            world.FromClient(packet).IsDropped(DropReason.InvalidL4Header);
        }, PacketFamilies.IPv4),
        new("A payload length of nothing leaves no room for ports", world =>
        {
            var packet = world.Tcp(1, 80, TcpFlags.Syn);
            packet[4] = packet[5] = 0;
            world.FromClient(packet).IsDropped(DropReason.InvalidL4Header);
        }, PacketFamilies.IPv6),
        new("A jumbogram is dropped: no interface here is that long", world =>
        {
            Open(world);
            byte[] jumbo = [Tcp, 0, 0xc2, 4, 0, 1, 0, 0, .. TcpSegment(1, 80, TcpFlags.Syn)];
            var packet = Ip(world.Client, world.Server, HopByHop, jumbo);
            packet[4] = packet[5] = 0;
            world.FromClient(packet).IsDropped(DropReason.InvalidExtensionHeader);
        }, PacketFamilies.IPv6),
        .. IPv4Flags(),
        .. EveryOptionLength(),
        new("UDP-Lite is judged by its port", world =>
        {
            world.AllowClientToServer(Class(UdpLite, 5000));
            world.FromClient(Ip(world.Client, world.Server, UdpLite, UdpDatagram(1, 5000))).IsDelivered();
            world.FromClient(Ip(world.Client, world.Server, UdpLite, UdpDatagram(1, 5001))).IsDropped(DropReason.Policy);
        }),
        new("An SCTP header too short for its ports is dropped", world =>
            world.FromClient(Ip(world.Client, world.Server, Sctp, UdpDatagram(1, 2)[..7])).IsDropped(DropReason.InvalidL4Header)),
        new("A protocol without ports needs no byte behind the IP header", world =>
        {
            world.Rule(1, TrafficDirection.Egress, ServerIdentity, 0, AnyClass).Rule(2, TrafficDirection.Ingress, ClientIdentity, 0, AnyClass);
            world.FromClient(Ip(world.Client, world.Server, 47, [])).IsDelivered();
        }),
        new("A packet that ends with its last header says so and is judged by that", world =>
        {
            world.AllowClientToServer(Class(NoNextHeader, 0));
            world.FromClient(Ip(world.Client, world.Server, NoNextHeader, [])).IsDelivered();
            world.FromClient(Ip(world.Client, world.Server, DestinationOptions, Extension(NoNextHeader, 0, []))).IsDelivered();
        }, PacketFamilies.IPv6),
        new("What stands behind the last header is no header", world =>
        {
            Open(world);
            world.FromClient(Ip(world.Client, world.Server, NoNextHeader, TcpSegment(1, 80, TcpFlags.Syn))).IsDropped(DropReason.Policy);
        }, PacketFamilies.IPv6),
        new("What is encrypted is judged as such", world =>
        {
            Open(world);
            world.FromClient(Ip(world.Client, world.Server, Esp, TcpSegment(1, 80, TcpFlags.Syn))).IsDropped(DropReason.Policy);
            world.AllowClientToServer(Class(Esp, 0));
            world.FromClient(Ip(world.Client, world.Server, Esp, TcpSegment(1, 80, TcpFlags.Syn))).IsDelivered();
        }),
        new("What is encapsulated in the other family is judged as such", world =>
        {
            Open(world);
            world.FromClient(Ip(world.Client, world.Server, world.IsIPv6 ? (byte)4 : (byte)41, world.Tcp(1, 80, TcpFlags.Syn))).IsDropped(DropReason.Policy);
        }),
        new("The other family's packet under this family's type is dropped", world =>
        {
            Open(world);
            var packet = Ethernet(ClientMac, GatewayMac, world.IsIPv6 ? (ushort)0x0800 : (ushort)0x86DD, [.. world.Tcp(1, 80, TcpFlags.Syn), .. new byte[40]]);
            world.FromClientFrame(packet).IsDropped(DropReason.Invalid);
        }),
    ];

    private static void Open(PacketWorld world) => world.AllowClientToServer(Class(Tcp, 80));

    /// <summary>Every place where a frame can end: none of them is a packet, none of them is let through, and none stops the program.</summary>
    private static IEnumerable<PacketCase> Truncated()
    {
        (string Name, Func<PacketWorld, byte[]> Make)[] packets =
        [
            ("TCP", world => world.Tcp(1, 80, TcpFlags.Syn)),
            ("UDP", world => Ip(world.Client, world.Server, Udp, UdpDatagram(1, 53, payload: 0))),
            ("SCTP", world => Ip(world.Client, world.Server, Sctp, UdpDatagram(1, 53, payload: 0))),
            ("an echo", world => Ip(world.Client, world.Server, world.IcmpProtocol, IcmpMessage(world.EchoRequest))),
        ];
        foreach (var (name, make) in packets)
        {
            yield return new($"A frame with {name} that ends anywhere is dropped", world =>
            {
                world.Rule(1, TrafficDirection.Egress, 0, 0, AnyClass).Rule(2, TrafficDirection.Ingress, 0, 0, AnyClass);
                var whole = make(world);
                for (var length = world.IsIPv6 ? 40 : 20; length < whole.Length; length++) // the kernel itself runs none without a whole IP header
                {
                    world.FromClient(whole[..length]).IsDropped(DropReason.Invalid);
                    world.ToServer(whole[..length]).IsDropped(DropReason.Invalid);
                }

                world.FromClient(whole).IsDelivered();
            });
            yield return new($"A packet with {name} that ends anywhere, and says so, is dropped", world =>
            {
                world.Rule(1, TrafficDirection.Egress, 0, 0, AnyClass).Rule(2, TrafficDirection.Ingress, 0, 0, AnyClass);
                var whole = make(world);
                var header = world.IsIPv6 ? 40 : 20;
                for (var length = header; length < whole.Length; length++)
                {
                    world.FromClient(Ip(world.Client, world.Server, whole[world.IsIPv6 ? 6 : 9], whole[header..length])).IsDropped(DropReason.InvalidL4Header);
                }
            });
        }

        yield return new("A packet with extension headers that ends anywhere, and says so, is dropped", world =>
        {
            world.Rule(1, TrafficDirection.Egress, 0, 0, AnyClass).Rule(2, TrafficDirection.Ingress, 0, 0, AnyClass);
            var headers = Extension(Routing, 0, Extension(DestinationOptions, 1, Extension(Tcp, 0, TcpSegment(1, 80, TcpFlags.Syn))));
            for (var length = 0; length < headers.Length; length++)
            {
                var outcome = world.FromClient(Ip(world.Client, world.Server, HopByHop, headers[..length]));
                outcome.IsDropped(length < 32 ? DropReason.InvalidExtensionHeader : DropReason.InvalidL4Header);
            }

            world.FromClient(Ip(world.Client, world.Server, HopByHop, headers)).IsDelivered();
        }, PacketFamilies.IPv6);
    }

    private static IEnumerable<PacketCase> Extensions()
    {
        byte[][] orders =
        [
            [HopByHop, DestinationOptions, Routing], [Routing, DestinationOptions, HopByHop], [DestinationOptions, HopByHop, Routing],
            [DestinationOptions, DestinationOptions, DestinationOptions], [Routing, Routing, Routing], [HopByHop, HopByHop, HopByHop],
            [HopByHop, DestinationOptions, Routing, HopByHop, DestinationOptions, Routing],
        ];
        foreach (var order in orders)
        {
            yield return new($"The port behind extension headers {string.Join(", ", order)} is found", world =>
            {
                Open(world);
                world.FromClient(Chain(world, order, 80)).IsDelivered();
                world.FromClient(Chain(world, order, 81)).IsDropped(DropReason.Policy);
            }, PacketFamilies.IPv6);
        }

        foreach (var length in new byte[] { 1, 7, 30, 255 })
        {
            yield return new($"The port behind {(length + 1) * 8} bytes of options is found", world =>
            {
                Open(world);
                world.FromClient(Ip(world.Client, world.Server, DestinationOptions, Extension(Tcp, length, TcpSegment(1, 80, TcpFlags.Syn)))).IsDelivered();
                world.FromClient(Ip(world.Client, world.Server, DestinationOptions, Extension(Tcp, length, TcpSegment(1, 81, TcpFlags.Syn)))).IsDropped(DropReason.Policy);
            }, PacketFamilies.IPv6);
        }

        foreach (var words in new byte[] { 0, 1, 4, 10 })
        {
            yield return new($"The port behind an authentication header of {(words + 2) * 4} bytes is found", world =>
            {
                Open(world);
                byte[] header = [Tcp, words, .. new byte[(words + 2) * 4 - 2]];
                world.FromClient(Ip(world.Client, world.Server, Authentication, [.. header, .. TcpSegment(1, 80, TcpFlags.Syn)])).IsDelivered();
                world.FromClient(Ip(world.Client, world.Server, Authentication, [.. header, .. TcpSegment(1, 81, TcpFlags.Syn)])).IsDropped(DropReason.Policy);
            }, PacketFamilies.IPv6);
        }

        yield return new("An authentication header that points beyond the packet is dropped", world =>
            world.FromClient(Ip(world.Client, world.Server, Authentication, [Tcp, 200, .. new byte[22]])).IsDropped(DropReason.InvalidExtensionHeader), PacketFamilies.IPv6);
        yield return new("The echo behind extension headers is found", world =>
        {
            world.AllowClientToServer(Class(Icmp6, 128));
            world.FromClient(Ip(world.Client, world.Server, DestinationOptions, Extension(Icmp6, 0, IcmpMessage(128)))).IsDelivered();
            world.FromClient(Ip(world.Client, world.Server, DestinationOptions, Extension(Icmp6, 0, IcmpMessage(200)))).IsDropped(DropReason.Policy);
        }, PacketFamilies.IPv6);
        yield return new("Discovery hidden behind an extension header is judged as such", world =>
        {
            var router = Extension(Icmp6, 0, IcmpMessage(134, body: new byte[8]));
            world.FromClient(Ip(world.Client, System.Net.IPAddress.Parse("ff02::1"), DestinationOptions, router, hopLimit: 255)).IsDropped(DropReason.ForbiddenIcmp6);
        }, PacketFamilies.IPv6);
    }

    private static byte[] Chain(PacketWorld world, byte[] order, ushort port)
    {
        var packet = TcpSegment(1, port, TcpFlags.Syn);
        byte next = Tcp;
        foreach (var header in order.Reverse())
        {
            packet = Extension(next, 0, packet);
            next = header;
        }

        return Ip(world.Client, world.Server, next, packet);
    }

    /// <summary>Bits that say nothing about where the packet begins.</summary>
    private static IEnumerable<PacketCase> IPv4Flags()
    {
        foreach (var (name, flags) in new (string, ushort)[] { ("\"don't fragment\"", 0x4000), ("the reserved bit", 0x8000) })
        {
            yield return new($"A packet with {name} is a whole packet", world =>
            {
                Open(world);
                world.FromClient(Ip(world.Client, world.Server, Tcp, TcpSegment(1, 80, TcpFlags.Syn), fragment: flags)).IsDelivered();
            }, PacketFamilies.IPv4);
        }
    }

    private static IEnumerable<PacketCase> EveryOptionLength()
    {
        yield return new("The port behind IPv4 options of every length is found", world =>
        {
            Open(world);
            for (var length = 0; length <= 40; length += 4)
            {
                world.FromClient(Ip(world.Client, world.Server, Tcp, TcpSegment(1, 80, TcpFlags.Syn), options: new byte[length])).IsDelivered();
                world.FromClient(Ip(world.Client, world.Server, Tcp, TcpSegment(1, 81, TcpFlags.Syn), options: new byte[length])).IsDropped(DropReason.Policy);
            }
        }, PacketFamilies.IPv4);
    }
}
