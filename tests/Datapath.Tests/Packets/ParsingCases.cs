using static Axoneme.Datapath.Tests.Packets.PacketBuilder;
using static Axoneme.Datapath.Tests.Packets.PacketWorld;

namespace Axoneme.Datapath.Tests.Packets;

/// <summary>Headers that are short, long, or lie. A packet that cannot be read is dropped, with the reason.</summary>
internal static class ParsingCases
{
    public static IEnumerable<PacketCase> All =>
    [
        new("A wrong IP version is dropped", world => world.FromClient(Ip(world.Client, world.Server, Tcp, TcpSegment(1, 80, TcpFlags.Syn), version: 5)).IsDropped(DropReason.Invalid)),
        new("An IPv4 header length below 5 words is dropped", world => world.FromClient(Ip(world.Client, world.Server, Tcp, TcpSegment(1, 80, TcpFlags.Syn), headerWords: 4)).IsDropped(DropReason.Invalid), PacketFamilies.IPv4),
        new("An IPv4 header length beyond the packet is dropped", world => world.FromClient(Ip(world.Client, world.Server, Tcp, TcpSegment(1, 80, TcpFlags.Syn), headerWords: 15)).IsDropped(DropReason.Invalid), PacketFamilies.IPv4),
        new("A length beyond the frame is dropped", world => world.FromClient(Ip(world.Client, world.Server, Tcp, TcpSegment(1, 80, TcpFlags.Syn), lengthError: 1)).IsDropped(DropReason.Invalid)),
        new("A TCP header behind the packet's stated end is padding, not a header", world => world.FromClient(Ip(world.Client, world.Server, Tcp, TcpSegment(1, 80, TcpFlags.Syn), lengthError: -1)).IsDropped(DropReason.InvalidL4Header)),
        new("A TCP header cut short is dropped", world => world.FromClient(Ip(world.Client, world.Server, Tcp, TcpSegment(1, 80, TcpFlags.Syn)[..19])).IsDropped(DropReason.InvalidL4Header)),
        new("A TCP header length below 5 words is dropped", world => world.FromClient(Ip(world.Client, world.Server, Tcp, TcpSegment(1, 80, TcpFlags.Syn, headerWords: 4))).IsDropped(DropReason.InvalidL4Header)),
        new("A UDP header cut short is dropped", world => world.FromClient(Ip(world.Client, world.Server, Udp, UdpDatagram(1, 2)[..7])).IsDropped(DropReason.InvalidL4Header)),
        new("An ICMP header cut short is dropped", world => world.FromClient(Ip(world.Client, world.Server, world.IcmpProtocol, IcmpMessage(world.EchoRequest)[..7])).IsDropped(DropReason.InvalidL4Header)),
        new("The other family's ICMP is dropped", world => world.FromClient(Ip(world.Client, world.Server, world.IsIPv6 ? Icmp : Icmp6, IcmpMessage(8))).IsDropped(DropReason.UnknownProtocol)),
        new("A trailer behind the IP packet does no harm", world =>
        {
            world.AllowClientToServer(Class(Tcp, 80));
            world.FromClient([.. world.Tcp(1, 80, TcpFlags.Syn), .. new byte[30]]).IsDelivered();
        }),
        new("Long TCP options do no harm", world =>
        {
            world.AllowClientToServer(Class(Tcp, 80));
            world.FromClient(Ip(world.Client, world.Server, Tcp, TcpSegment(1, 80, TcpFlags.Syn, headerWords: 15, payload: 100))).IsDelivered();
        }),
        new("The longest IPv4 options are stepped over", world =>
        {
            world.AllowClientToServer(Class(Tcp, 80));
            world.FromClient(Ip(world.Client, world.Server, Tcp, TcpSegment(1, 80, TcpFlags.Syn), options: new byte[40])).IsDelivered();
            world.FromClient(Ip(world.Client, world.Server, Tcp, TcpSegment(1, 81, TcpFlags.Syn), options: new byte[40])).IsDropped(DropReason.Policy);
        }, PacketFamilies.IPv4),
        new("A frame of another protocol is dropped", world => world.FromClientFrame(Ethernet(ClientMac, GatewayMac, 0x88CC, new byte[46])).IsDropped(DropReason.UnsupportedL3)),
        new("A VLAN tag is dropped", world => world.FromClientFrame(Ethernet(ClientMac, GatewayMac, 0x8100, [0, 5, 8, 0, .. world.Tcp(1, 80, TcpFlags.Syn)])).IsDropped(DropReason.UnsupportedL3)),
        new("The pod receives no frame of another protocol", world => world.ToServerFrame(Ethernet(ServerGatewayMac, ServerMac, 0x88CC, new byte[46])).IsDropped(DropReason.UnsupportedL3)),

        new("Fragments follow the first one's verdict", world =>
        {
            world.AllowClientToServer(Class(Udp, 53));
            world.FromClient(SpoofingCases.FirstFragment(world, world.Client)).IsDelivered();
            world.FromClient(SpoofingCases.LaterFragment(world, world.Client, more: true)).IsDelivered();
            world.FromClient(SpoofingCases.LaterFragment(world, world.Client)).IsDelivered();
        }),
        new("Fragments of a refused packet are refused", world =>
        {
            world.FromClient(SpoofingCases.FirstFragment(world, world.Client)).IsDropped(DropReason.Policy);
            world.FromClient(SpoofingCases.LaterFragment(world, world.Client)).IsDropped(DropReason.Policy);
        }),
        new("A fragment before the first one is dropped", world =>
        {
            world.AllowClientToServer(Class(Udp, 53));
            var late = world.IsIPv6
                ? Ip(world.Client, world.Server, 44, FragmentHeader(Udp, 2, more: false, 12345, new byte[8]))
                : Ip(world.Client, world.Server, Udp, new byte[8], fragment: 2, identification: 12345);
            world.FromClient(late).IsDropped(DropReason.FragmentNotFound);
        }),
        new("Fragments of a ping follow the first one's verdict", world =>
        {
            world.AllowClientToServer(Class(world.IcmpProtocol, world.EchoRequest));
            world.FromClient(IcmpFragment(world, IcmpMessage(world.EchoRequest, id: 5), first: true)).IsDelivered();
            world.FromClient(IcmpFragment(world, new byte[8], first: false)).IsDelivered();
        }),
        new("A fragmented ICMP error is dropped: it must come whole to be told what it is about", world =>
        {
            world.SetClient(world.ClientEntry with { Flags = Axoneme.Datapath.Layout.EndpointFlags.None });
            world.FromClient(IcmpFragment(world, IcmpMessage(world.Unreachable), first: true)).IsDropped(DropReason.FragmentNotFound);
        }),

        .. Extensions(),
        new("Seven extension headers are too many", world =>
        {
            world.AllowClientToServer(Class(Tcp, 80));
            var packet = TcpSegment(1, 80, TcpFlags.Syn);
            packet = Extension(Tcp, 0, packet);
            for (var i = 0; i < 6; i++)
            {
                packet = Extension(60, 0, packet);
            }

            world.FromClient(Ip(world.Client, world.Server, 60, packet)).IsDropped(DropReason.InvalidExtensionHeader);
        }, PacketFamilies.IPv6),
        new("An extension header that points beyond the packet is dropped", world =>
        {
            var packet = Extension(Tcp, 0, TcpSegment(1, 80, TcpFlags.Syn));
            packet[1] = 200;
            world.FromClient(Ip(world.Client, world.Server, 60, packet)).IsDropped(DropReason.InvalidExtensionHeader);
        }, PacketFamilies.IPv6),
        new("An extension header cut short is dropped", world => world.FromClient(Ip(world.Client, world.Server, 60, [6, 0, 0])).IsDropped(DropReason.InvalidExtensionHeader), PacketFamilies.IPv6),
        new("Two fragment headers are dropped", world =>
            world.FromClient(Ip(world.Client, world.Server, 44, FragmentHeader(44, 0, more: true, 1, FragmentHeader(Udp, 0, more: true, 2, UdpDatagram(1, 53))))).IsDropped(DropReason.InvalidExtensionHeader), PacketFamilies.IPv6),
        new("An atomic fragment is a whole packet", world =>
        {
            world.AllowClientToServer(Class(Icmp6, 128));
            world.FromClient(Ip(world.Client, world.Server, 44, FragmentHeader(Icmp6, 0, more: false, 1, IcmpMessage(128)))).IsDelivered();
        }, PacketFamilies.IPv6),
    ];

    private static byte[] IcmpFragment(PacketWorld world, byte[] payload, bool first) => world.IsIPv6
        ? Ip(world.Client, world.Server, 44, FragmentHeader(Icmp6, (ushort)(first ? 0 : 1), more: first, 31, payload))
        : Ip(world.Client, world.Server, Icmp, payload, fragment: (ushort)(first ? 0x2000 : 1), identification: 31);

    private static IEnumerable<PacketCase> Extensions()
    {
        (string Name, byte Number)[] headers = [("hop-by-hop", 0), ("routing", 43), ("destination options", 60)];
        foreach (var (name, number) in headers)
        {
            yield return new($"The port behind a {name} header is found", world =>
            {
                world.AllowClientToServer(Class(Tcp, 80));
                world.FromClient(Ip(world.Client, world.Server, number, Extension(Tcp, 1, TcpSegment(1, 80, TcpFlags.Syn)))).IsDelivered();
                world.FromClient(Ip(world.Client, world.Server, number, Extension(Tcp, 1, TcpSegment(1, 81, TcpFlags.Syn)))).IsDropped(DropReason.Policy);
            }, PacketFamilies.IPv6);
        }

        yield return new("The port behind an authentication header is found", world =>
        {
            world.AllowClientToServer(Class(Tcp, 80));
            byte[] authentication = [Tcp, 4, .. new byte[22], .. TcpSegment(1, 80, TcpFlags.Syn)];
            world.FromClient(Ip(world.Client, world.Server, 51, authentication)).IsDelivered();
        }, PacketFamilies.IPv6);
        yield return new("The port behind three different headers is found", world =>
        {
            world.AllowClientToServer(Class(Udp, 53));
            world.FromClient(Ip(world.Client, world.Server, 0, Extension(60, 0, Extension(43, 2, Extension(Udp, 0, UdpDatagram(1, 53)))))).IsDelivered();
            world.FromClient(Ip(world.Client, world.Server, 0, Extension(60, 0, Extension(43, 2, Extension(Udp, 0, UdpDatagram(1, 54)))))).IsDropped(DropReason.Policy);
        }, PacketFamilies.IPv6);
    }
}
