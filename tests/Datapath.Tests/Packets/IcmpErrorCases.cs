using System.Net;
using Axoneme.Datapath.Layout;
using static Axoneme.Datapath.Tests.Packets.PacketBuilder;
using static Axoneme.Datapath.Tests.Packets.PacketWorld;

namespace Axoneme.Datapath.Tests.Packets;

/// <summary>An ICMP error follows the connection it is about, and nothing else than what it is about.</summary>
internal static class IcmpErrorCases
{
    public static IEnumerable<PacketCase> All =>
    [
        .. Types(),
        .. Protocols(),
        new("An error about an answer follows the connection, too", world =>
        {
            OpenUdp(world);
            world.FromServer(Ip(world.Server, world.Client, Udp, UdpDatagram(53, 40000))).IsDelivered();
            var answer = Ip(world.Server, world.Client, Udp, UdpDatagram(53, 40000));
            world.FromClient(Error(world, world.Client, world.Server, answer)).IsDelivered();
        }),
        new("An error leaves the connection as it was", world =>
        {
            var sent = OpenUdp(world);
            var before = world.Connection;
            world.FromServer(Error(world, world.Server, world.Client, sent)).IsDelivered().IsSilent();
            Assert.Equal(before with { LastSeen = 0 }, world.Connection with { LastSeen = 0 });
        }),
        new("An error about a packet that ends anywhere is judged by its type where the ports are gone", world =>
        {
            var sent = OpenUdp(world);
            var header = world.IsIPv6 ? 40 : 20;
            for (var length = 0; length < header + 6; length++)
            {
                world.FromServer(Error(world, world.Server, world.Client, sent[..length])).IsDropped(DropReason.Policy);
            }

            world.FromServer(Error(world, world.Server, world.Client, sent[..(header + 6)])).IsDelivered();
        }),
        new("An error about the other family's packet is judged by its type", world =>
        {
            OpenUdp(world);
            var other = world.IsIPv6
                ? Ip(IPAddress.Parse("10.244.0.2"), IPAddress.Parse("10.244.0.3"), Udp, UdpDatagram(40000, 53))
                : Ip(IPAddress.Parse("fd00::2"), IPAddress.Parse("fd00::3"), Udp, UdpDatagram(40000, 53));
            world.FromServer(Error(world, world.Server, world.Client, other)).IsDropped(DropReason.Policy);
        }),
        new("An error about a packet whose header length lies is judged by its type", world =>
        {
            OpenUdp(world);
            var inner = Ip(world.Client, world.Server, Udp, UdpDatagram(40000, 53), headerWords: 4);
            world.FromServer(Error(world, world.Server, world.Client, inner)).IsDropped(DropReason.Policy);
            inner = Ip(world.Client, world.Server, Udp, UdpDatagram(40000, 53), headerWords: 15);
            world.FromServer(Error(world, world.Server, world.Client, inner)).IsDropped(DropReason.Policy);
        }, PacketFamilies.IPv4),
        new("An error about a packet with options follows the connection", world =>
        {
            OpenUdp(world);
            var inner = Ip(world.Client, world.Server, Udp, UdpDatagram(40000, 53), options: new byte[40]);
            world.FromServer(Error(world, world.Server, world.Client, inner)).IsDelivered();
        }, PacketFamilies.IPv4),
        new("An error about a first fragment follows the connection, about a later one it cannot", world =>
        {
            OpenUdp(world);
            world.FromServer(Error(world, world.Server, world.Client, Ip(world.Client, world.Server, Udp, UdpDatagram(40000, 53), fragment: 0x2000))).IsDelivered();
            world.FromServer(Error(world, world.Server, world.Client, Ip(world.Client, world.Server, Udp, UdpDatagram(40000, 53), fragment: 1))).IsDropped(DropReason.Policy);
        }, PacketFamilies.IPv4),
        new("An error about another port is judged by its type", world =>
        {
            OpenUdp(world);
            world.FromServer(Error(world, world.Server, world.Client, Ip(world.Client, world.Server, Udp, UdpDatagram(40001, 53)))).IsDropped(DropReason.Policy);
            world.FromServer(Error(world, world.Server, world.Client, Ip(world.Client, world.Server, Udp, UdpDatagram(40000, 54)))).IsDropped(DropReason.Policy);
        }),
        new("An error about another protocol is judged by its type", world =>
        {
            OpenUdp(world);
            world.FromServer(Error(world, world.Server, world.Client, Ip(world.Client, world.Server, Sctp, UdpDatagram(40000, 53)))).IsDropped(DropReason.Policy);
        }),
        new("An error about what policy refused is judged by its type", world =>
        {
            var refused = Ip(world.Client, world.Server, Udp, UdpDatagram(40000, 53));
            world.FromClient(refused).IsDropped(DropReason.Policy);
            world.FromServer(Error(world, world.Server, world.Client, refused)).IsDropped(DropReason.Policy);
        }),
        new("An error about a connection that has expired is judged by its type", world =>
        {
            var sent = OpenUdp(world);
            world.ChangeConnection(entry => entry with { LastSeen = entry.LastSeen - 60 });
            world.FromServer(Error(world, world.Server, world.Client, sent)).IsDropped(DropReason.Policy);
        }),
        new("An error of a pod whose policy changed is judged by its type until the connection has been", world =>
        {
            var sent = OpenUdp(world);
            world.SetServer(world.ServerEntry with { PolicyRevision = 2 });
            world.FromServer(Error(world, world.Server, world.Client, sent)).IsDropped(DropReason.Policy);
            world.FromClient(sent).IsDelivered();
            world.FromServer(Error(world, world.Server, world.Client, sent)).IsDelivered();
        }),
        new("An error about its own direction belongs to nobody", world =>
        {
            var sent = OpenUdp(world);
            world.FromClient(Error(world, world.Client, world.Server, sent)).IsDropped(DropReason.Policy);
        }),
        new("An error about an error is judged by its type", world =>
        {
            var error = Error(world, world.Client, world.Server, OpenUdp(world));
            world.FromServer(Error(world, world.Server, world.Client, error)).IsDropped(DropReason.Policy);
        }),
        new("An error that nothing announced is allowed by a rule for its type", world =>
        {
            var type = Class(world.IcmpProtocol, world.Unreachable);
            world.Rule(2, TrafficDirection.Egress, ClientIdentity, type, type).Rule(1, TrafficDirection.Ingress, ServerIdentity, type, type);
            world.FromServer(Error(world, world.Server, world.Client, [])).IsDelivered().Says(EventType.New);
            Assert.Equal(0, world.ConnectionCount);
        }),
        new("An error through the stack from a pod of this node does not follow its connection: pods do not go there", world =>
        {
            var sent = OpenUdp(world);
            world.ToClient(Error(world, world.Server, world.Client, sent)).IsDropped(DropReason.InvalidSourceIp);
        }),
    ];

    private static byte[] OpenUdp(PacketWorld world)
    {
        world.AllowClientToServer(Class(Udp, 53));
        var sent = Ip(world.Client, world.Server, Udp, UdpDatagram(40000, 53));
        world.FromClient(sent).IsDelivered();
        return sent;
    }

    private static byte[] Error(PacketWorld world, IPAddress source, IPAddress destination, byte[] about, byte? type = null) =>
        Ip(source, destination, world.IcmpProtocol, IcmpMessage(type ?? world.Unreachable, 3, body: about));

    private static IEnumerable<PacketCase> Types()
    {
        (string Name, byte Four, byte Six)[] errors = [("unreachable", 3, 1), ("time exceeded", 11, 3), ("parameter problem", 12, 4)];
        foreach (var (name, four, six) in errors)
        {
            yield return new($"The error \"{name}\" follows the connection it is about", world =>
            {
                var sent = OpenUdp(world);
                world.FromServer(Error(world, world.Server, world.Client, sent, world.IsIPv6 ? six : four)).IsDelivered().IsSilent();
            });
        }

        yield return new("The error \"packet too big\" follows the connection it is about", world =>
        {
            var sent = OpenUdp(world);
            world.FromServer(Error(world, world.Server, world.Client, sent, type: 2)).IsDelivered();
        }, PacketFamilies.IPv6);
        foreach (var type in new byte[] { 4, 5, 9, 10, 13, 17, 30 })
        {
            yield return new($"ICMP type {type} is no error, whatever is inside, and is judged by its type", world =>
            {
                var sent = OpenUdp(world);
                world.FromServer(Error(world, world.Server, world.Client, sent, type)).IsDropped(DropReason.Policy);
            }, PacketFamilies.IPv4);
        }

        foreach (var type in new byte[] { 0, 5, 100, 127, 139, 200 })
        {
            yield return new($"ICMPv6 type {type} is no error, whatever is inside, and is judged by its type", world =>
            {
                var sent = OpenUdp(world);
                world.FromServer(Error(world, world.Server, world.Client, sent, type)).IsDropped(DropReason.Policy);
            }, PacketFamilies.IPv6);
        }
    }

    private static IEnumerable<PacketCase> Protocols()
    {
        foreach (var (name, number) in new[] { ("TCP", Tcp), ("SCTP", Sctp), ("UDP-Lite", (byte)136), ("an echo", Icmp), ("GRE", (byte)47) })
        {
            yield return new($"An error about {name} follows the connection", world =>
            {
                var protocol = number == Icmp ? world.IcmpProtocol : number;
                world.AllowClientToServer(Class(protocol, number switch { Icmp => world.EchoRequest, 47 => 0, _ => 53 }));
                var sent = Ip(world.Client, world.Server, protocol, number switch
                {
                    Tcp => TcpSegment(40000, 53, TcpFlags.Syn),
                    Icmp => IcmpMessage(world.EchoRequest, id: 5),
                    _ => UdpDatagram(40000, 53),
                });
                world.FromClient(sent).IsDelivered();
                world.FromServer(Error(world, world.Server, world.Client, sent)).IsDelivered().IsSilent();
            });
        }
    }
}
