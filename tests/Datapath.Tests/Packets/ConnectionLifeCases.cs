using Axoneme.Datapath.Layout;
using static Axoneme.Datapath.Tests.Packets.PacketBuilder;
using static Axoneme.Datapath.Tests.Packets.PacketWorld;

namespace Axoneme.Datapath.Tests.Packets;

/// <summary>How connections of each protocol begin, end, time out and begin again on the same ports.</summary>
internal static class ConnectionLifeCases
{
    private const ushort Port = 40000;

    public static IEnumerable<PacketCase> All =>
    [
        .. Timeouts(),
        .. ReusedPorts(),
        new("A SYN that is sent again is the same connection", world =>
        {
            Open(world);
            world.FromClient(world.Tcp(Port, 80, TcpFlags.Syn)).IsDelivered().IsSilent();
            Assert.Equal(1, world.ConnectionCount);
        }),
        new("A simultaneous open is two connections that are judged each, and the last one to begin is remembered", world =>
        {
            Open(world);
            world.Rule(2, TrafficDirection.Egress, ClientIdentity, Class(Tcp, Port), Class(Tcp, Port)).Rule(1, TrafficDirection.Ingress, ServerIdentity, Class(Tcp, Port), Class(Tcp, Port));
            world.FromServer(world.TcpReply(80, Port, TcpFlags.Syn)).IsDelivered().Says(EventType.New);
            world.FromClient(world.Tcp(Port, 80, TcpFlags.Syn | TcpFlags.Ack)).IsDelivered();
            world.FromServer(world.TcpReply(80, Port, TcpFlags.Syn | TcpFlags.Ack)).IsDelivered();
            Assert.Equal(1, world.ConnectionCount);
        }),
        new("A connection that one side ended goes on in the other direction", world =>
        {
            Establish(world);
            world.FromClient(world.Tcp(Port, 80, TcpFlags.Fin | TcpFlags.Ack)).IsDelivered().Says(EventType.Active);
            world.FromServer(world.TcpReply(80, Port, TcpFlags.Ack)).IsDelivered().IsSilent();
            world.ChangeConnection(entry => entry with { LastSeen = entry.LastSeen - 100 });
            world.FromServer(world.TcpReply(80, Port, TcpFlags.Ack)).IsDelivered();
        }),
        new("A SYN on a connection that one side ended opens none", world =>
        {
            Establish(world);
            world.FromClient(world.Tcp(Port, 80, TcpFlags.Fin | TcpFlags.Ack)).IsDelivered();
            Assert.DoesNotContain(world.FromClient(world.Tcp(Port, 80, TcpFlags.Syn)).IsDelivered().Events, e => e.Type == EventType.New);
        }),
        new("A reset of the server closes the connection", world =>
        {
            Open(world);
            world.FromServer(world.TcpReply(80, Port, TcpFlags.Reset | TcpFlags.Ack)).IsDelivered().Says(EventType.Closed);
            Assert.True(world.Connection.Flags.HasFlag(ConntrackFlags.Reset | ConntrackFlags.ClosedReported));
        }),
        new("A SYN behind a reset is judged by the policy of now", world =>
        {
            Establish(world);
            world.FromServer(world.TcpReply(80, Port, TcpFlags.Reset)).IsDelivered();
            world.Datapath.Policy.Delete(PolicyKey.Of(2, TrafficDirection.Ingress, ClientIdentity));
            world.FromClient(world.Tcp(Port, 80, TcpFlags.Syn)).IsDropped(DropReason.Policy);
        }),
        new("A SYN of the server behind the end of a connection is the server's own", world =>
        {
            Establish(world);
            world.FromClient(world.Tcp(Port, 80, TcpFlags.Reset)).IsDelivered();
            world.FromServer(world.TcpReply(80, Port, TcpFlags.Syn)).IsDropped(DropReason.Policy);
        }),
        new("A SYN with a reset opens nothing that outlives ten seconds", world =>
        {
            Establish(world);
            world.FromClient(world.Tcp(Port, 80, TcpFlags.Syn | TcpFlags.Reset)).IsDelivered().Says(EventType.Closed);
            Assert.True(world.Connection.Flags.HasFlag(ConntrackFlags.Reset));
        }),
        new("A SYN-ACK of nobody who was asked is judged in its own direction", world =>
            world.FromServer(world.TcpReply(80, Port, TcpFlags.Syn | TcpFlags.Ack)).IsDropped(DropReason.Policy)),
        new("A connection of a pod with itself is judged in both directions", world =>
        {
            byte[] Self(ushort source, ushort destination, TcpFlags flags) => Ip(world.Client, world.Client, Tcp, TcpSegment(source, destination, flags));
            world.FromClient(Self(Port, 80, TcpFlags.Syn)).IsDropped(DropReason.Policy);
            world.Rule(1, TrafficDirection.Egress, ClientIdentity, Class(Tcp, 80), Class(Tcp, 80)).Rule(1, TrafficDirection.Ingress, ClientIdentity, Class(Tcp, 80), Class(Tcp, 80));
            world.FromClient(Self(Port, 80, TcpFlags.Syn)).IsDelivered();
            world.FromClient(Self(80, Port, TcpFlags.Syn | TcpFlags.Ack)).IsDelivered();
            Assert.Equal(1, world.ConnectionCount);
        }),
        new("Two protocols on the same ports are two connections", world =>
        {
            Open(world);
            world.FromClient(Ip(world.Client, world.Server, Udp, UdpDatagram(Port, 80))).IsDropped(DropReason.Policy);
            world.Rules(1, TrafficDirection.Egress, ServerIdentity, 700, One(Class(Tcp, 80)), One(Class(Udp, 80)));
            world.Rules(2, TrafficDirection.Ingress, ClientIdentity, 702, One(Class(Tcp, 80)), One(Class(Udp, 80)));
            world.FromClient(Ip(world.Client, world.Server, Udp, UdpDatagram(Port, 80))).IsDelivered().Says(EventType.New);
            Assert.Equal(2, world.ConnectionCount);
        }),
        new("More connections than there is room for push out old ones, and none that policy refuses gets in", world =>
        {
            world.AllowClientToServer(Class(Tcp, 80));
            for (ushort port = 20000; port < 22100; port++) // room for 1024
            {
                world.FromClient(world.Tcp(port, 80, TcpFlags.Syn)).IsDelivered();
                if (port % 100 == 0)
                {
                    world.FromClient(world.Tcp(port, 81, TcpFlags.Syn)).IsDropped(DropReason.Policy);
                    world.FromServer(world.TcpReply(80, (ushort)(port - 15000), TcpFlags.Ack)).IsDropped(DropReason.Policy);
                }
            }

            Assert.InRange(world.ConnectionCount, 1, 1024);
        }),
        .. Forbidden(),
    ];

    private static PolicyRangeEntry One(uint trafficClass) => new(trafficClass, trafficClass, 1, 30);

    private static void Open(PacketWorld world)
    {
        world.AllowClientToServer(Class(Tcp, 80));
        world.FromClient(world.Tcp(Port, 80, TcpFlags.Syn)).IsDelivered();
    }

    private static void Establish(PacketWorld world)
    {
        Open(world);
        world.FromServer(world.TcpReply(80, Port, TcpFlags.Syn | TcpFlags.Ack)).IsDelivered();
    }

    private static byte[] There(PacketWorld world, byte protocol) => protocol == Icmp
        ? Ip(world.Client, world.Server, world.IcmpProtocol, IcmpMessage(world.EchoRequest, id: 53))
        : Ip(world.Client, world.Server, protocol, protocol switch
        {
            Tcp => TcpSegment(Port, 53, TcpFlags.Syn),
            Sctp => SctpPacket(Port, 53, SctpChunk.Init),
            _ => UdpDatagram(Port, 53),
        });

    private static byte[] Back(PacketWorld world, byte protocol) => protocol == Icmp
        ? Ip(world.Server, world.Client, world.IcmpProtocol, IcmpMessage(world.EchoReply, id: 53))
        : Ip(world.Server, world.Client, protocol, protocol switch
        {
            Tcp => TcpSegment(53, Port, TcpFlags.Syn | TcpFlags.Ack),
            Sctp => SctpPacket(53, Port, SctpChunk.InitAck),
            _ => UdpDatagram(53, Port),
        });

    private static uint ClassOf(PacketWorld world, byte protocol) => protocol switch
    {
        Icmp => Class(world.IcmpProtocol, world.EchoRequest),
        47 => Class(47, 0),
        _ => Class(protocol, 53),
    };

    private static (string Name, byte Protocol)[] Protocols => [("TCP", Tcp), ("UDP", Udp), ("SCTP", Sctp), ("an echo", Icmp), ("UDP-Lite", 136), ("GRE", 47)];

    private static IEnumerable<PacketCase> Timeouts()
    {
        (string What, byte Protocol, bool Answered, TcpFlags Closing, uint Ticks)[] table =
        [
            ("TCP without an answer", Tcp, false, TcpFlags.None, 56), ("TCP with an answer", Tcp, true, TcpFlags.None, 7451), ("TCP that was reset", Tcp, true, TcpFlags.Reset, 9),
            ("TCP that both ended", Tcp, true, TcpFlags.Fin, 9), ("UDP without an answer", Udp, false, TcpFlags.None, 56), ("UDP with an answer", Udp, true, TcpFlags.None, 56),
            ("SCTP with an answer", Sctp, true, TcpFlags.None, 56), ("an answered echo", Icmp, true, TcpFlags.None, 56), ("GRE with an answer", 47, true, TcpFlags.None, 56),
        ];
        foreach (var (what, protocol, answered, closing, ticks) in table)
        {
            yield return new($"The connection of {what} is forgotten {ticks} ticks after its last packet, and not before", world =>
            {
                void Age(uint by) => world.ChangeConnection(entry => entry with { LastSeen = entry.LastSeen - by });
                void Begin()
                {
                    world.AllowClientToServer(ClassOf(world, protocol));
                    world.FromClient(There(world, protocol)).IsDelivered();
                    if (answered)
                    {
                        world.FromServer(Back(world, protocol)).IsDelivered();
                    }

                    if (closing != TcpFlags.None)
                    {
                        world.FromClient(world.Tcp(Port, 53, closing | TcpFlags.Ack)).IsDelivered();
                        world.FromServer(world.TcpReply(53, Port, closing | TcpFlags.Ack)).IsDelivered();
                    }
                }

                Begin();
                Age(ticks - 4); // ticks may pass meanwhile
                world.FromServer(Back(world, protocol)).IsDelivered();
                world.Reset();
                Begin();
                Age(ticks + 1);
                world.FromServer(Back(world, protocol)).IsDropped(DropReason.Policy);
            });
        }
    }

    private static IEnumerable<PacketCase> ReusedPorts()
    {
        foreach (var (name, protocol) in Protocols)
        {
            yield return new($"The same ports of {name} again, after the first connection was forgotten, are a connection of their own", world =>
            {
                world.AllowClientToServer(ClassOf(world, protocol));
                world.FromClient(There(world, protocol)).IsDelivered().Says(EventType.New);
                world.ChangeConnection(entry => entry with { LastSeen = entry.LastSeen - 60 });
                world.FromClient(There(world, protocol)).IsDelivered().Says(EventType.New);
                Assert.Equal(1, world.ConnectionCount);
            });
        }
    }

    /// <summary>
    /// A policy forbids what was open, and is taken back: the same packet from the same ports passes again, whether the policy gets its old number
    /// back or another, and whatever was said in between.
    /// </summary>
    private static IEnumerable<PacketCase> Forbidden()
    {
        (string What, Func<PacketWorld, PacketWorld> Forbid, Func<PacketWorld, PacketWorld> Allow)[] ways =
        [
            ("by the receiver's policy", world => Server(world, 9, 1), world => Server(world, 2, 1)),
            ("by a revision of the receiver's policy", world => Server(Closed(world), 2, 2), world => Server(Opened(world), 2, 3)),
            ("by the sender's policy", world => Client(world, 9, 1), world => Client(world, 1, 1)),
            ("by both", world => Client(Server(world, 9, 1), 9, 1), world => Client(Server(world, 2, 2), 1, 2)),
        ];
        foreach (var (name, protocol) in Protocols)
        {
            foreach (var (what, forbid, allow) in ways)
            {
                yield return new($"{name} that was forbidden for a while {what} passes again from the same port", world =>
                {
                    world.AllowClientToServer(ClassOf(world, protocol));
                    foreach (var answer in new[] { false, true })
                    {
                        world.FromClient(There(world, protocol)).IsDelivered();
                        if (answer)
                        {
                            world.FromServer(Back(world, protocol)).IsDelivered();
                        }

                        forbid(world);
                        world.FromClient(There(world, protocol)).IsDropped(DropReason.Policy);
                        if (answer)
                        {
                            world.FromServer(Back(world, protocol)).IsDropped(DropReason.Policy);
                            world.FromServer(Ip(world.Server, world.Client, world.IcmpProtocol, IcmpMessage(world.Unreachable, 2, body: There(world, protocol))));
                        }

                        world.FromClient(There(world, protocol)).IsDropped(DropReason.Policy);
                        allow(world);
                        world.AllowClientToServer(ClassOf(world, protocol));
                        world.FromClient(There(world, protocol)).IsDelivered();
                        world.FromServer(Back(world, protocol)).IsDelivered();
                    }
                });
            }
        }
    }

    private static PacketWorld Closed(PacketWorld world)
    {
        world.Datapath.Policy.Delete(PolicyKey.Of(2, TrafficDirection.Ingress, ClientIdentity));
        return world;
    }

    private static PacketWorld Opened(PacketWorld world) => world.Rule(2, TrafficDirection.Ingress, ClientIdentity, 0, AnyClass);

    private static PacketWorld Server(PacketWorld world, uint policy, uint revision)
    {
        world.SetServer(world.ServerEntry with { PolicyId = policy, PolicyRevision = revision });
        return world;
    }

    private static PacketWorld Client(PacketWorld world, uint policy, uint revision)
    {
        world.SetClient(world.ClientEntry with { PolicyId = policy, PolicyRevision = revision });
        return world;
    }
}
