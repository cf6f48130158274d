using System.Net;
using Axoneme.Datapath.Layout;
using static Axoneme.Datapath.Tests.Packets.PacketBuilder;
using static Axoneme.Datapath.Tests.Packets.PacketWorld;

namespace Axoneme.Datapath.Tests.Packets;

/// <summary>A pod speaks with its own MAC and addresses, or not at all.</summary>
internal static class SpoofingCases
{
    private const ushort ArpType = 0x0806;
    private const ushort IPv6Type = 0x86DD;
    private static readonly IPAddress AllNodes = IPAddress.Parse("ff02::1");
    private static readonly IPAddress LinkLocal = IPAddress.Parse("fe80::ff:fe00:2"); // EUI-64 of 02:00:00:00:00:02
    private static readonly IPAddress OtherLinkLocal = IPAddress.Parse("fe80::ff:fe00:66");

    public static IEnumerable<PacketCase> All =>
    [
        new("A foreign source MAC is dropped", world =>
        {
            Open(world);
            world.FromClient(world.Tcp(40000, 80, TcpFlags.Syn), source: StrangerMac).IsDropped(DropReason.InvalidSourceMac);
        }),
        new("A foreign source address is dropped", world =>
        {
            Open(world);
            world.FromClient(Ip(world.Outside, world.Server, Tcp, TcpSegment(40000, 80, TcpFlags.Syn))).IsDropped(DropReason.InvalidSourceIp);
        }),
        new("Another pod's source address is dropped, though its connection is open", world =>
        {
            Open(world);
            world.FromClient(world.Tcp(40000, 80, TcpFlags.Syn)).IsDelivered();
            world.FromClient(world.TcpReply(80, 40000, TcpFlags.Ack)).IsDropped(DropReason.InvalidSourceIp);
        }),
        new("The drop says who sent it, not who it claimed to be", world =>
        {
            var drop = world.FromClient(Ip(world.Server, world.Host, Tcp, TcpSegment(1, 2, TcpFlags.Syn))).IsDropped(DropReason.InvalidSourceIp).Event;
            Assert.Equal((ClientIdentity, (ushort)11), (drop.SourceIdentity, drop.SourceEndpoint));
        }),
        new("A pod without an address of this family cannot send in it", world =>
        {
            Open(world);
            world.SetClient(world.ClientEntry with { Ipv4 = 0, Ipv6 = default });
            world.FromClient(world.Tcp(40000, 80, TcpFlags.Syn)).IsDropped(DropReason.InvalidSourceIp);
        }),
        new("The unspecified address is no source", world =>
        {
            world.SetClient(world.ClientEntry with { Ipv4 = 0, Ipv6 = default });
            world.FromClient(Ip(world.IsIPv6 ? IPAddress.IPv6Any : IPAddress.Any, world.Server, Tcp, TcpSegment(1, 2, TcpFlags.Syn))).IsDropped(DropReason.InvalidSourceIp);
        }),
        new("A pod of this node cannot reach another through the stack, whatever source the packet bears", world =>
        {
            world.Rule(2, TrafficDirection.Ingress, ClientIdentity, 0, AnyClass);
            world.ToServer(world.Tcp(40000, 80, TcpFlags.Syn)).IsDropped(DropReason.InvalidSourceIp);
        }),
        new("A forged local source from outside is dropped on an open connection too", world =>
        {
            Open(world);
            world.FromClient(world.Tcp(40000, 80, TcpFlags.Syn)).IsDelivered();
            world.ToServer(world.Tcp(40000, 80, TcpFlags.Ack)).IsDropped(DropReason.InvalidSourceIp);
        }),
        new("Nobody outside may bear the node's address, which may always reach its pods", world =>
        {
            world.Rule(2, TrafficDirection.Ingress, HostIdentity, 0, AnyClass);
            var packet = Ip(world.Host, world.Server, Tcp, TcpSegment(40000, 80, TcpFlags.Syn));
            world.ForwardedToServer(packet).IsDropped(DropReason.InvalidSourceIp);
            world.ToServer(packet).IsPassed();
            world.ForwardedToServer(packet).IsDropped(DropReason.InvalidSourceIp);
        }),
        new("A packet at the wrong pod's door is dropped", world =>
        {
            world.Rule(2, TrafficDirection.Ingress, HostIdentity, 0, AnyClass);
            world.ToServer(Ip(world.Host, world.Client, Tcp, TcpSegment(1, 2, TcpFlags.Syn))).IsDropped(DropReason.StaleOrUnroutableIp);
        }),
        new("A spoofed first fragment leaves nothing behind for others to follow", world =>
        {
            world.Rule(2, TrafficDirection.Ingress, 0, 0, AnyClass);
            world.FromClient(FirstFragment(world, world.Outside)).IsDropped(DropReason.InvalidSourceIp);
            world.ToServer(LaterFragment(world, world.Outside)).IsDropped(DropReason.FragmentNotFound);
        }),

        new("An ARP request is answered with the gateway's MAC", world =>
        {
            var gateway = IPAddress.Parse("169.254.1.1");
            var outcome = world.FromClientFrame(Ethernet(ClientMac, StrangerMac, ArpType, Arp(1, ClientMac, world.Client, default, gateway)));
            Assert.Equal(Redirect, outcome.Verdict);
            Assert.Equal(Ethernet(GatewayMac, ClientMac, ArpType, Arp(2, GatewayMac, gateway, ClientMac, world.Client)), outcome.Output);
        }, PacketFamilies.IPv4),
        new("An ARP probe (sender 0.0.0.0) is answered", world =>
            Assert.Equal(Redirect, world.FromClientFrame(Ethernet(ClientMac, StrangerMac, ArpType, Arp(1, ClientMac, IPAddress.Any, default, world.Server))).Verdict), PacketFamilies.IPv4),
        new("An ARP probe for the pod's own address is not answered: nobody else has it", world =>
            world.FromClientFrame(Ethernet(ClientMac, StrangerMac, ArpType, Arp(1, ClientMac, IPAddress.Any, default, world.Client))).IsPassed(), PacketFamilies.IPv4),
        new("ARP with a foreign sender address is dropped", world =>
            world.FromClientFrame(Ethernet(ClientMac, StrangerMac, ArpType, Arp(2, ClientMac, world.Server, GatewayMac, world.Host))).IsDropped(DropReason.InvalidSourceIp), PacketFamilies.IPv4),
        new("ARP with a foreign sender MAC is dropped", world =>
            world.FromClientFrame(Ethernet(ClientMac, StrangerMac, ArpType, Arp(2, StrangerMac, world.Client, GatewayMac, world.Host))).IsDropped(DropReason.InvalidSourceMac), PacketFamilies.IPv4),
        new("ARP for another kind of address is dropped", world =>
        {
            var arp = Arp(1, ClientMac, world.Client, default, world.Host);
            arp[5] = 5;
            world.FromClientFrame(Ethernet(ClientMac, StrangerMac, ArpType, arp)).IsDropped(DropReason.Invalid);
        }, PacketFamilies.IPv4),
        new("ARP cut short is dropped", world =>
            world.FromClientFrame(Ethernet(ClientMac, StrangerMac, ArpType, Arp(1, ClientMac, world.Client, default, world.Host)[..20])).IsDropped(DropReason.Invalid), PacketFamilies.IPv4),
        new("The host's ARP reaches the pod", world =>
            world.ToServerFrame(Ethernet(ServerGatewayMac, ServerMac, ArpType, Arp(1, ServerGatewayMac, world.Host, default, world.Server))).IsPassed(), PacketFamilies.IPv4),

        new("A neighbour solicitation from the pod's address passes", world => Discovery(world, 135, world.Client, Target(world.Host), Option(1, ClientMac)).IsPassed(), PacketFamilies.IPv6),
        new("A neighbour solicitation from the pod's link-local address passes", world => Discovery(world, 135, LinkLocal, Target(world.Host), Option(1, ClientMac)).IsPassed(), PacketFamilies.IPv6),
        new("Duplicate address detection (source ::) passes", world => Discovery(world, 135, IPAddress.IPv6Any, Target(world.Client), []).IsPassed(), PacketFamilies.IPv6),
        new("A solicitation from somebody else's address is dropped", world => Discovery(world, 135, world.Server, Target(world.Host), []).IsDropped(DropReason.InvalidSourceIp), PacketFamilies.IPv6),
        new("A solicitation from somebody else's link-local address is dropped", world => Discovery(world, 135, OtherLinkLocal, Target(world.Host), []).IsDropped(DropReason.InvalidSourceIp), PacketFamilies.IPv6),
        new("A solicitation that offers a foreign MAC is dropped", world => Discovery(world, 135, world.Client, Target(world.Host), Option(1, StrangerMac)).IsDropped(DropReason.InvalidSourceMac), PacketFamilies.IPv6),
        new("A foreign MAC behind another option is found", world => Discovery(world, 135, world.Client, Target(world.Host), [.. Option(14, ClientMac), .. Option(1, StrangerMac)]).IsDropped(DropReason.InvalidSourceMac), PacketFamilies.IPv6),
        new("An option of length 0 is dropped", world => Discovery(world, 135, world.Client, Target(world.Host), new byte[8]).IsDropped(DropReason.Invalid), PacketFamilies.IPv6),
        new("An advertisement for the pod's own address passes", world => Discovery(world, 136, world.Client, Target(world.Client), Option(2, ClientMac)).IsPassed(), PacketFamilies.IPv6),
        new("An advertisement for another's address is dropped", world => Discovery(world, 136, world.Client, Target(world.Server), Option(2, ClientMac)).IsDropped(DropReason.InvalidSourceIp), PacketFamilies.IPv6),
        new("An advertisement with a foreign MAC is dropped", world => Discovery(world, 136, world.Client, Target(world.Client), Option(2, StrangerMac)).IsDropped(DropReason.InvalidSourceMac), PacketFamilies.IPv6),
        new("Discovery from further than the link (hop limit below 255) is dropped", world => Discovery(world, 135, world.Client, Target(world.Host), [], hopLimit: 254).IsDropped(DropReason.Invalid), PacketFamilies.IPv6),
        new("A router solicitation passes", world => world.FromClientFrame(Link(LinkLocal, IcmpMessage(133, body: Option(1, ClientMac)))).IsPassed(), PacketFamilies.IPv6),
        new("A router advertisement of a pod is dropped", world => world.FromClientFrame(Link(LinkLocal, IcmpMessage(134, body: new byte[8]))).IsDropped(DropReason.ForbiddenIcmp6), PacketFamilies.IPv6),
        new("A redirect of a pod is dropped", world => world.FromClientFrame(Link(LinkLocal, IcmpMessage(137, body: new byte[32]))).IsDropped(DropReason.ForbiddenIcmp6), PacketFamilies.IPv6),
        new("A multicast listener report passes", world => world.FromClientFrame(Link(LinkLocal, IcmpMessage(143))).IsPassed(), PacketFamilies.IPv6),
        new("A multicast query of a pod is dropped", world => world.FromClientFrame(Link(LinkLocal, IcmpMessage(130))).IsDropped(DropReason.ForbiddenIcmp6), PacketFamilies.IPv6),
        new("Other traffic from the link-local address is no pod's", world => world.FromClient(Ip(LinkLocal, world.Server, Udp, UdpDatagram(1, 2))).IsDropped(DropReason.InvalidSourceIp), PacketFamilies.IPv6),
        new("Discovery addressed beyond the link is judged like anything else", world =>
            world.FromClient(Ip(world.Client, world.Server, Icmp6, IcmpMessage(135, body: Target(world.Server)), hopLimit: 255)).IsDropped(DropReason.Policy), PacketFamilies.IPv6),
        new("The host's discovery reaches the pod", world =>
            world.ToServerFrame(Ethernet(ServerGatewayMac, ServerMac, IPv6Type, Ip(OtherLinkLocal, world.Server, Icmp6, IcmpMessage(135, body: Target(world.Server)), hopLimit: 255))).IsPassed(), PacketFamilies.IPv6),
    ];

    internal static byte[] FirstFragment(PacketWorld world, IPAddress source) => world.IsIPv6
        ? Ip(source, world.Server, 44, FragmentHeader(Udp, 0, more: true, 99, UdpDatagram(40000, 53)))
        : Ip(source, world.Server, Udp, UdpDatagram(40000, 53), fragment: 0x2000, identification: 99);

    internal static byte[] LaterFragment(PacketWorld world, IPAddress source, bool more = false) => world.IsIPv6
        ? Ip(source, world.Server, 44, FragmentHeader(Udp, 2, more, 99, new byte[8]))
        : Ip(source, world.Server, Udp, new byte[8], fragment: (ushort)(2 | (more ? 0x2000 : 0)), identification: 99);

    private static void Open(PacketWorld world) => world.AllowClientToServer(Class(Tcp, 80));

    private static byte[] Target(IPAddress address) => address.GetAddressBytes();

    private static byte[] Option(byte type, MacAddress mac) => [type, 1, .. mac.ToArray()];

    private static byte[] Link(IPAddress source, byte[] icmp, byte hopLimit = 255) =>
        Ethernet(ClientMac, StrangerMac, IPv6Type, Ip(source, AllNodes, Icmp6, icmp, hopLimit: hopLimit));

    private static PacketOutcome Discovery(PacketWorld world, byte type, IPAddress source, byte[] target, byte[] options, byte hopLimit = 255) =>
        world.FromClientFrame(Link(source, IcmpMessage(type, body: [.. target, .. options]), hopLimit));
}
