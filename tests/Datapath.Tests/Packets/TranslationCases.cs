using System.Buffers.Binary;
using System.Net;
using Axoneme.Datapath.Layout;
using static Axoneme.Datapath.Tests.Packets.MasqueradeCases;
using static Axoneme.Datapath.Tests.Packets.PacketBuilder;
using static Axoneme.Datapath.Tests.Packets.PacketReader;

namespace Axoneme.Datapath.Tests.Packets;

/// <summary>The life of a translation: how long it holds its port, what takes it away, and how it comes back.</summary>
internal static class TranslationCases
{
    private const ushort Port = 40000;
    private const ushort TooLow = 1024;
    private const uint Inserted = 516;
    private const uint Exhausted = 518;
    private const uint Conflicts = 517;
    private const NodeFeatures TwoPorts = NodeFeatures.All | NodeFeatures.TwoPorts;

    public static IEnumerable<NodeCase> All =>
    [
        new("A translation is two entries, one for each direction, which name each other", world =>
        {
            var mapped = PortOf(Tcp, world.FromPod(Request(world, Tcp, TooLow)).Packet);
            var (outKey, outward) = Entry(world, TranslationSide.Out);
            var (inKey, inward) = Entry(world, TranslationSide.In);
            Assert.Equal((IpAddressKey.From(world.Client), IpAddressKey.From(world.Outside), TooLow, (ushort)443), Read(outKey.Tuple));
            Assert.Equal((IpAddressKey.From(world.Node), IpAddressKey.From(world.Outside), mapped, (ushort)443), Read(outward.Tuple));
            Assert.Equal((outward.Tuple.Reversed(), outKey.Tuple.Reversed()), (inKey.Tuple, inward.Tuple));
        }),
        new("The last free port is found", world =>
        {
            Assert.Equal(50000, PortOf(Udp, world.FromPod(Request(world, Udp, 50000)).Packet));
            Assert.Equal(50001, PortOf(Udp, world.FromServer(Request(world, Udp, 50000, world.Server)).IsSentOut(world.Interfaces.DeviceMac).Packet));
        }, Features: TwoPorts),
        new("When every port is taken the packet is dropped, and counted", world =>
        {
            TakeBothPorts(world, Udp);
            var before = (world.Counter(Exhausted), world.Counter(Conflicts));
            var drop = world.FromServer(Request(world, Udp, 7000, world.Server)).IsDropped(DropReason.NoNatMapping);
            Assert.Equal((PacketWorld.ServerIdentity, TrafficDirection.Egress), (drop.Events[^1].SourceIdentity, drop.Events[^1].Direction));
            Assert.Equal((before.Item1 + 1, before.Item2 + 32), (world.Counter(Exhausted), world.Counter(Conflicts)));
        }, Features: TwoPorts),
        new("More translations than there is room for push out old ones, are counted, and let nothing through that policy refuses", world =>
        {
            world.CloseClient(EndpointFlags.IngressEnforced | EndpointFlags.EgressEnforced);
            world.Rule(1, TrafficDirection.Egress, world.WorldIdentity, PacketWorld.Class(Udp, 443), PacketWorld.Class(Udp, 443));
            var before = world.Counter(Inserted);
            for (ushort port = 40000; port < 41200; port++) // two entries each, room for 1024
            {
                world.FromPod(Request(world, Udp, port)).IsSentOut(world.Interfaces.DeviceMac).HasRightChecksums();
                if (port % 100 == 0)
                {
                    world.FromPod(NodeWorld.Between(world.Client, world.Outside, Udp, UdpDatagram(port, 444))).IsDropped(DropReason.Policy);
                    world.FromNetwork(Answer(world, Udp, (ushort)(port + 10000))).IsPassed(); // nobody's: the node's own
                    world.FromNetwork(Answer(world, Udp, port)).IsDeliveredTo(world.ClientEntry);
                }
            }

            Assert.Equal(before + 1200, world.Counter(Inserted));
            Assert.InRange(world.Datapath.Nat.Entries().Count, 1, 1024);
        }),
        new("When every port is taken towards one destination, another destination has them all", world =>
        {
            TakeBothPorts(world, Udp);
            world.FromServer(NodeWorld.Between(world.Server, world.Outside, Udp, UdpDatagram(7000, 444))).IsSentOut(world.Interfaces.DeviceMac);
        }, Features: TwoPorts),
        new("Ports of one protocol are not those of another", world =>
        {
            TakeBothPorts(world, Udp);
            world.FromServer(Request(world, Tcp, 7000, world.Server)).IsSentOut(world.Interfaces.DeviceMac);
        }, Features: TwoPorts),
        new("A port whose translation has been silent for a minute is given to the next", world =>
        {
            TakeBothPorts(world, Udp);
            Age(world, ticks: 57);
            world.FromServer(Request(world, Udp, 7000, world.Server)).IsSentOut(world.Interfaces.DeviceMac);
            Assert.Equal(4, world.Datapath.Nat.Entries().Count);
        }, Features: TwoPorts),
        new("A port whose translation spoke within the minute is not", world =>
        {
            TakeBothPorts(world, Udp);
            Age(world, ticks: 50);
            world.FromServer(Request(world, Udp, 7000, world.Server)).IsDropped(DropReason.NoNatMapping);
        }, Features: TwoPorts),
        new("An established TCP connection keeps its port through a long silence", world =>
        {
            TakeBothPorts(world, Tcp);
            world.FromNetwork(Answer(world, Tcp, 50000)).IsDeliveredTo(world.ClientEntry);
            world.FromNetwork(Answer(world, Tcp, 50001)).IsDeliveredTo(world.ClientEntry);
            Age(world, ticks: 7000);
            world.FromServer(Request(world, Tcp, 7000, world.Server)).IsDropped(DropReason.NoNatMapping);
        }, Features: TwoPorts),
        new("A TCP connection that both sides ended gives its port back after ten seconds", world =>
        {
            TakeBothPorts(world, Tcp);
            world.FromNetwork(Answer(world, Tcp, 50000)).IsDeliveredTo(world.ClientEntry);
            world.FromPod(world.TcpTo(world.Outside, 50000, 443, TcpFlags.Fin | TcpFlags.Ack)).IsSentOut(world.Interfaces.DeviceMac);
            world.FromNetwork(NodeWorld.Between(world.Outside, world.Node, Tcp, TcpSegment(443, 50000, TcpFlags.Fin | TcpFlags.Ack))).IsDeliveredTo(world.ClientEntry);
            Age(world, ticks: 10);
            Assert.Equal(50000, PortOf(Tcp, world.FromServer(Request(world, Tcp, 50000, world.Server)).IsSentOut(world.Interfaces.DeviceMac).Packet));
        }, Features: TwoPorts),
        new("A TCP connection that only one side ended keeps its port", world =>
        {
            TakeBothPorts(world, Tcp);
            world.FromNetwork(Answer(world, Tcp, 50000)).IsDeliveredTo(world.ClientEntry);
            world.FromNetwork(Answer(world, Tcp, 50001)).IsDeliveredTo(world.ClientEntry);
            world.FromPod(world.TcpTo(world.Outside, 50000, 443, TcpFlags.Fin | TcpFlags.Ack)).IsSentOut(world.Interfaces.DeviceMac);
            Age(world, ticks: 57);
            world.FromServer(Request(world, Tcp, 50000, world.Server)).IsDropped(DropReason.NoNatMapping);
        }, Features: TwoPorts),
        .. Resets(),
        new("A new SYN over an ended translation goes on with its port", world =>
        {
            var first = world.FromPod(Request(world, Tcp, TooLow)).Packet;
            world.FromPod(world.TcpTo(world.Outside, TooLow, 443, TcpFlags.Reset)).IsSentOut(world.Interfaces.DeviceMac);
            var second = world.FromPod(Request(world, Tcp, TooLow)).IsSentOut(world.Interfaces.DeviceMac).Packet;
            Assert.Equal(Source(first), Source(second));
            Assert.Equal(NatFlags.None, Entry(world, TranslationSide.Out).Entry.Flags);
        }),
        new("An expired translation is made anew", world =>
        {
            world.FromPod(Request(world, Udp, TooLow));
            Age(world, ticks: 60);
            var mapped = PortOf(Udp, world.FromPod(Request(world, Udp, TooLow)).IsSentOut(world.Interfaces.DeviceMac).HasRightChecksums().Packet);
            var answer = world.FromNetwork(Answer(world, Udp, mapped)).IsDeliveredTo(world.ClientEntry).Packet;
            Assert.Equal(new IPEndPoint(world.Client, TooLow), Destination(answer));
        }),
        .. Eviction(),
        new("Where conntrack forgot and the translation is still there, the pod's next packet bears the same port", world =>
        {
            var first = world.FromPod(Request(world, Tcp, TooLow)).Packet;
            ForgetConnections(world);
            var next = world.FromPod(world.TcpTo(world.Outside, TooLow, 443, TcpFlags.Ack)).IsSentOut(world.Interfaces.DeviceMac).HasRightChecksums().Packet;
            Assert.Equal(Source(first), Source(next));
            Assert.True(world.Connection.Flags.HasFlag(ConntrackFlags.Masquerade | ConntrackFlags.NotSyn));
        }),
        new("Where conntrack forgot, an answer is judged in its own direction, and forgetting opens nothing", world =>
        {
            world.CloseClient(EndpointFlags.IngressEnforced);
            world.FromPod(Request(world, Udp, Port)).IsSentOut(world.Interfaces.DeviceMac);
            ForgetConnections(world);
            world.FromNetwork(Answer(world, Udp, Port)).IsDropped(DropReason.Policy);
        }),
        new("TCP that is met in the middle and was never masqueraded is not masqueraded now", world =>
        {
            var outcome = world.FromPod(world.TcpTo(world.Outside, Port, 443, TcpFlags.Ack)).IsSentOut(world.Interfaces.DeviceMac);
            Assert.Equal(world.Client, SourceAddress(outcome.Packet));
            Assert.Empty(world.Datapath.Nat.Entries());
        }),
        .. TheNodesOwn(),
    ];

    internal static (NatKey Key, NatEntry Entry) Entry(NodeWorld world, TranslationSide side) => world.Translation(side);

    internal static void ForgetConnections(NodeWorld world)
    {
        foreach (var (key, _) in world.Datapath.Conntrack4.Entries())
        {
            world.Datapath.Conntrack4.Delete(key);
        }

        foreach (var (key, _) in world.Datapath.Conntrack6.Entries())
        {
            world.Datapath.Conntrack6.Delete(key);
        }
    }

    /// <summary>As if nothing had been heard of any translation for so long.</summary>
    internal static void Age(NodeWorld world, uint ticks)
    {
        foreach (var (key, entry) in world.Datapath.Nat.Entries())
        {
            world.Datapath.Nat.Put(key, entry with { LastSeen = entry.LastSeen - ticks, Way = entry.Way with { Tick = entry.Way.Tick - ticks } });
        }
    }

    private static (IpAddressKey Source, IpAddressKey Destination, ushort SourcePort, ushort DestinationPort) Read(PacketTuple tuple) =>
        (tuple.Source, tuple.Destination, Host(tuple.SourcePort), Host(tuple.DestinationPort));

    private static ushort Host(ushort networkOrder) => BinaryPrimitives.ReverseEndianness(networkOrder);

    private static void TakeBothPorts(NodeWorld world, byte protocol)
    {
        world.FromPod(Request(world, protocol, 50000)).IsSentOut(world.Interfaces.DeviceMac);
        world.FromPod(Request(world, protocol, 50001)).IsSentOut(world.Interfaces.DeviceMac);
    }

    private static IEnumerable<NodeCase> Resets()
    {
        (string Who, Action<NodeWorld> Reset)[] ways =
        [
            ("the pod", world => world.FromPod(world.TcpTo(world.Outside, 50000, 443, TcpFlags.Reset)).IsSentOut(world.Interfaces.DeviceMac)),
            ("the other side", world => world.FromNetwork(NodeWorld.Between(world.Outside, world.Node, Tcp, TcpSegment(443, 50000, TcpFlags.Reset))).IsDeliveredTo(world.ClientEntry)),
        ];
        foreach (var (who, reset) in ways)
        {
            yield return new($"A TCP connection that {who} reset gives its port back after ten seconds, and not before", world =>
            {
                TakeBothPorts(world, Tcp);
                world.FromNetwork(Answer(world, Tcp, 50000)).IsDeliveredTo(world.ClientEntry);
                reset(world);
                Age(world, ticks: 5);
                world.FromServer(Request(world, Tcp, 50000, world.Server)).IsDropped(DropReason.NoNatMapping);
                Age(world, ticks: 5);
                world.FromServer(Request(world, Tcp, 50000, world.Server)).IsSentOut(world.Interfaces.DeviceMac);
            }, Features: TwoPorts);
        }
    }

    private static IEnumerable<NodeCase> Eviction()
    {
        foreach (var (name, protocol) in Protocols)
        {
            var port = protocol is Tcp or Udp ? TooLow : Port;
            yield return new($"{name}: the entry of what comes back, evicted, is made again by the pod's next packet", world =>
            {
                var mapped = PortOf(protocol, world.FromPod(Request(world, protocol, port)).Packet);
                world.Datapath.Nat.Delete(Entry(world, TranslationSide.In).Key);
                Age(world, ticks: 1);
                Assert.Equal(mapped, PortOf(protocol, world.FromPod(Request(world, protocol, port)).IsSentOut(world.Interfaces.DeviceMac).Packet));
                Assert.Equal(world.Client, DestinationAddress(world.FromNetwork(Answer(world, protocol, mapped)).IsDeliveredTo(world.ClientEntry).Packet));
            });
            yield return new($"{name}: the entry of what goes out, evicted, is made again by the next answer", world =>
            {
                var mapped = PortOf(protocol, world.FromPod(Request(world, protocol, port)).Packet);
                world.Datapath.Nat.Delete(Entry(world, TranslationSide.Out).Key);
                Age(world, ticks: 1);
                world.FromNetwork(Answer(world, protocol, mapped)).IsDeliveredTo(world.ClientEntry);
                Assert.Equal(mapped, PortOf(protocol, world.FromPod(Request(world, protocol, port)).IsSentOut(world.Interfaces.DeviceMac).HasRightChecksums().Packet));
                Assert.Equal(2, world.Datapath.Nat.Entries().Count);
            });
        }
    }

    /// <summary>The node's own connections live in the same ports.</summary>
    private static IEnumerable<NodeCase> TheNodesOwn()
    {
        foreach (var (name, protocol) in Protocols.Where(row => row.Protocol != Sctp))
        {
            yield return new($"{name} of the node itself is sent as it is, and its port is taken", world =>
            {
                var packet = Request(world, protocol, Port, world.Node);
                Assert.Equal(packet, world.ToNetwork(packet).Leaves().Packet);
                Assert.NotEqual(Port, PortOf(protocol, world.FromPod(Request(world, protocol, Port)).IsSentOut(world.Interfaces.DeviceMac).Packet));
                var answer = Answer(world, protocol, Port);
                Assert.Equal(answer, world.FromNetwork(answer).IsPassed().Packet);
            });
            yield return new($"{name} of the node itself from a pod's port gets another, and the answer the first", world =>
            {
                world.FromPod(Request(world, protocol, Port)).IsSentOut(world.Interfaces.DeviceMac);
                var mapped = PortOf(protocol, world.ToNetwork(Request(world, protocol, Port, world.Node)).Leaves().HasRightChecksums().Packet);
                Assert.NotEqual(Port, mapped);
                var answer = world.FromNetwork(Answer(world, protocol, mapped)).IsPassed().HasRightChecksums().Packet;
                Assert.Equal((world.Node, Port), (DestinationAddress(answer), protocol == Icmp ? EchoId(answer) : (ushort)Destination(answer).Port));
                Assert.Equal(world.Client, DestinationAddress(world.FromNetwork(Answer(world, protocol, Port)).IsDeliveredTo(world.ClientEntry).Packet));
            });
        }

        yield return new("A port of the node that is given to nobody needs no entry", world =>
        {
            world.ToNetwork(Request(world, Tcp, TooLow, world.Node)).Leaves();
            Assert.Empty(world.Datapath.Nat.Entries());
        });
        yield return new("An echo reply of the node takes no id", world =>
        {
            world.ToNetwork(NodeWorld.Between(world.Node, world.Outside, world.IcmpProtocol, IcmpMessage(world.EchoReply, id: Port))).Leaves();
            Assert.Empty(world.Datapath.Nat.Entries());
        });
        yield return new("Another address of the node than the device's takes no port", world =>
        {
            world.ToNetwork(Request(world, Tcp, Port, world.Host)).Leaves();
            Assert.Empty(world.Datapath.Nat.Entries());
        });
    }
}
