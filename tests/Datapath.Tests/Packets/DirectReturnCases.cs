using System.Buffers.Binary;
using System.Net;
using Axoneme.Datapath.Layout;
using static Axoneme.Datapath.Tests.Packets.MasqueradeErrorCases;
using static Axoneme.Datapath.Tests.Packets.PacketBuilder;
using static Axoneme.Datapath.Tests.Packets.PacketReader;
using static Axoneme.Datapath.Tests.Packets.ServiceWorld;

namespace Axoneme.Datapath.Tests.Packets;

/// <summary>A backend on another node answers the client itself: what its node is told, and whom it believes.</summary>
internal static class DirectReturnCases
{
    private static readonly byte[] Padding4 = [1, 1, 1, 1];
    private static readonly byte[] Padding6 = [0, 0, 1, 4, 0, 0, 0, 0];

    public static IEnumerable<NodeCase> All => [.. Named(), .. Long(), .. Taken(), .. Believed(), .. Twice()];

    /// <summary>At the node that was asked.</summary>
    private static IEnumerable<NodeCase> Named()
    {
        foreach (var (way, features) in Ways)
        {
            yield return new($"What begins a TCP connection bears the frontend {way}, and nothing else of it does", world =>
            {
                world.Serve(world.Asked(), Tcp, Direct, world.There());
                Assert.Equal((true, true), (Bears(TcpFlags.Syn), Bears(TcpFlags.Syn)));
                Assert.Equal((false, false, false, false), (Bears(TcpFlags.Ack), Bears(TcpFlags.Fin | TcpFlags.Ack), Bears(TcpFlags.Reset), Bears(TcpFlags.Syn | TcpFlags.Ack)));
                Assert.DoesNotContain(world.Datapath.Nat.Entries(), entry => !entry.Value.Role.HasFlag(NatRole.Service) || entry.Value.Role.HasFlag(NatRole.BothEnds));

                bool Bears(TcpFlags flags)
                {
                    var bears = flags == TcpFlags.Syn;
                    world.GoesToOtherNode(
                        world.FromNetwork(Say(Tcp, world.Stranger(LowPort), world.Asked(), flags)), hops => Told(bears, Say(Tcp, world.Stranger(LowPort), world.There(), flags, hops), world.Asked()));
                    return bears;
                }
            }, Features: features);
            yield return new($"Each UDP datagram bears the frontend {way}", world =>
            {
                world.Serve(world.Asked(), Udp, Direct, world.There());
                for (var i = 0; i < 3; i++)
                {
                    world.GoesToOtherNode(world.FromNetwork(Say(Udp, world.Stranger(), world.Asked())), hops => Naming(Say(Udp, world.Stranger(), world.There(), hops: hops), world.Asked()));
                }
            }, Features: features);
            yield return new($"Of SCTP what begins an association bears the frontend {way}, and nothing else", world =>
            {
                world.Serve(world.Asked(), Sctp, Direct, world.There(NodePort));
                world.GoesToOtherNode(world.FromNetwork(Say(Sctp, world.Stranger(), world.Asked())), hops => Naming(Say(Sctp, world.Stranger(), world.There(NodePort), hops: hops), world.Asked()));
                world.GoesToOtherNode(
                    world.FromNetwork(Say(Sctp, world.Stranger(), world.Asked(), TcpFlags.Ack)), hops => Say(Sctp, world.Stranger(), world.There(NodePort), TcpFlags.Ack, hops));
            }, Features: features);
            yield return new($"The frontend stands before the options that are there {way}", world =>
            {
                world.Serve(world.Asked(), Tcp, Direct, world.There());
                foreach (var length in new[] { 4, 32 })
                {
                    world.GoesToOtherNode(
                        world.FromNetwork(WithOption(Say(Tcp, world.Stranger(), world.Asked()), new byte[length])),
                        hops => Naming(WithOption(Say(Tcp, world.Stranger(), world.There(), hops: hops), new byte[length]), world.Asked()));
                }
            }, PacketFamilies.IPv4, features);
            yield return new($"The frontend stands before the extension headers that are there {way}", world =>
            {
                world.Serve(world.Asked(), Tcp, Direct, world.There());
                foreach (var kind in new byte[] { 0, 60 })
                {
                    world.GoesToOtherNode(
                        world.FromNetwork(WithHeader(Say(Tcp, world.Stranger(), world.Asked()), kind, Padding6)),
                        hops => Naming(WithHeader(Say(Tcp, world.Stranger(), world.There(), hops: hops), kind, Padding6), world.Asked()));
                }
            }, PacketFamilies.IPv6, features);
            yield return new($"A header without room for the frontend is a drop that is told {way}", world =>
            {
                world.Serve(world.Asked(), Tcp, Direct, world.There());
                world.FromNetwork(WithOption(Say(Tcp, world.Stranger(), world.Asked()), new byte[36])).IsDropped(DropReason.Invalid);
                world.FromNetwork(WithOption(Say(Tcp, world.Stranger(), world.Asked()), new byte[40])).IsDropped(DropReason.Invalid);
            }, PacketFamilies.IPv4, features);
            yield return new($"The first fragment bears the frontend {way}, the others do not", world =>
            {
                world.Serve(world.Asked(), Udp, Direct, world.There());
                var whole = Say(Udp, world.Stranger(), world.Asked(), payload: 24);
                var there = Say(Udp, world.Stranger(), world.There(), payload: 24);
                world.GoesToOtherNode(
                    world.FromNetwork(Fragment(whole, 0, 16, more: true, identification: 921)), hops => Naming(WithHops(Fragment(there, 0, 16, more: true, identification: 921), hops), world.Asked()));
                world.GoesToOtherNode(world.FromNetwork(Fragment(whole, 16, 32, more: false, identification: 921)), hops => WithHops(Fragment(there, 16, 32, more: false, identification: 921), hops));
            }, Features: features);
            yield return new($"A UDP datagram without a checksum that bears the frontend stays one without {way}", world =>
            {
                world.Serve(world.Asked(), Udp, Direct, world.There());
                world.GoesToOtherNode(world.FromNetwork(Unchecked(Say(Udp, world.Stranger(), world.Asked()))), hops => Naming(Unchecked(Say(Udp, world.Stranger(), world.There(), hops: hops)), world.Asked()));
            }, PacketFamilies.IPv4, features);
            yield return new($"A client's error about an answer that it got directly reaches the backend {way}", world =>
            {
                world.Serve(world.Asked(), Udp, Direct, world.There());
                world.FromNetwork(Say(Udp, world.Stranger(), world.Asked())).IsDelivered();
                var answer = Reply(Udp, world.Asked(), world.Stranger(), hops: 63);
                foreach (var sender in new[] { world.Outside, Router(world) })
                {
                    world.GoesToOtherNode(world.FromNetwork(world.Error(sender, world.Node, answer)), hops => world.Error(sender, world.RemotePod, Renamed(answer, source: world.There()), hops));
                }
            }, Features: features);
            yield return new($"A client in the cluster is brought to the backend {way} under this node's address", world =>
            {
                world.Serve(world.Asked(), Tcp, Direct, world.There());
                var client = new IPEndPoint(world.OtherNode, ClientPort);
                world.GoesToOtherNode(world.FromNetwork(Say(Tcp, client, world.Asked())), hops => Say(Tcp, world.NodeAs(client), world.There(), hops: hops));
            }, Features: features);
        }

        yield return new("A backend here needs no frontend named", world =>
        {
            world.Serve(world.Asked(), Tcp, Direct, world.Here());
            world.FromNetwork(Say(Tcp, world.Stranger(), world.Asked())).IsDeliveredTo(world.ServerEntry).Is(Say(Tcp, world.Stranger(), world.Here()));
            world.GoesOut(world.FromServer(Reply(Tcp, world.Here(), world.Stranger())), Reply(Tcp, world.Asked(), world.Stranger(), hops: 63));
        }, Features: Routed);
        yield return new("A pod that asks a service whose backends answer themselves is answered as by any other", world =>
        {
            world.Serve(world.ClusterIp(), Tcp, Direct | Inside, world.There());
            world.GoesOut(world.FromPod(Say(Tcp, world.Pod(), world.ClusterIp())), Say(Tcp, world.Pod(), world.There(), hops: 63));
        }, Features: Routed);
        yield return new("A pod of another node that asks through the tunnel is brought to the backend under this node's address", world =>
        {
            world.Serve(world.Asked(), Tcp, Direct, new IPEndPoint(world.OtherPod, BackendPort));
            var client = new IPEndPoint(world.RemotePod, ClientPort);
            world.FromTunnel(Say(Tcp, client, world.Asked()), NodeWorld.RemotePodIdentity).IsTunnelled().Is(Say(Tcp, world.NodeAs(client), new IPEndPoint(world.OtherPod, BackendPort)));
        }, Features: Tunnelled);
        yield return new("The last hop of what bears the frontend is the stack's to tell", world =>
        {
            world.Serve(world.Asked(), Tcp, Direct, world.There());
            var left = world.FromNetwork(Say(Tcp, world.Stranger(), world.Asked(), hops: 1)).Leaves(PacketMark.Judged).Is(Naming(Say(Tcp, world.Stranger(), world.There(), hops: 1), world.Asked())).Packet;
            var error = world.ToNetwork(world.Error(world.Node, world.Outside, left, type: world.IsIPv6 ? (byte)3 : (byte)11, code: 0)).Leaves().HasRightChecksums().Packet;
            Assert.Equal(world.IsIPv6 ? world.RemotePod : world.Node, DestinationAddress(Inner(error))); // of IPv6 the ports behind the header are not looked for
        }, Features: Routed);
    }

    /// <summary>What would fit without the option.</summary>
    private static IEnumerable<NodeCase> Long()
    {
        foreach (var (way, features) in Ways)
        {
            foreach (var (name, protocol) in Protocols)
            {
                yield return new($"{name} that is too long with the frontend {way} is answered with how long it may be, in the frontend's name, and told", world =>
                {
                    world.Serve(world.Asked(), protocol, Direct, world.There());
                    var room = Room(world);
                    var packet = Unsplit(OfLength(world, protocol, world.Asked(), room));
                    var kept = (world.IsIPv6 ? 40 : 20) + (protocol == Tcp ? 20 : 8);
                    var inner = Renamed(Unsplit(OfLength(world, protocol, world.There(), room))[..kept], destination: world.Asked());
                    world.FromNetwork(packet).IsAnswered(DropReason.TooLong).Is(TooLong(world, inner, room - Bytes(world)));
                }, Features: features);
            }

            yield return new($"The longest packet that fits with the frontend goes {way}", world =>
            {
                world.Serve(world.Asked(), Udp, Direct, world.There());
                var length = Room(world) - Bytes(world);
                world.GoesToOtherNode(
                    world.FromNetwork(Unsplit(OfLength(world, Udp, world.Asked(), length))), hops => Naming(WithHops(Unsplit(OfLength(world, Udp, world.There(), length)), hops), world.Asked()));
                world.FromNetwork(Unsplit(OfLength(world, Udp, world.Asked(), length + 1))).IsAnswered(DropReason.TooLong);
            }, Features: features);
            yield return new($"What is too long with the frontend and may be split is left to the stack {way}, with the frontend in every piece", world =>
            {
                world.Serve(world.Asked(), Udp, Direct, world.There());
                world.FromNetwork(OfLength(world, Udp, world.Asked(), Room(world))).Leaves(PacketMark.Judged).Is(Naming(OfLength(world, Udp, world.There(), Room(world)), world.Asked()));
            }, PacketFamilies.IPv4, features);
            yield return new($"A first fragment that is too long with the frontend {way} is answered with how long it may be", world =>
            {
                world.Serve(world.Asked(), Udp, Direct, world.There());
                var whole = OfLength(world, Udp, world.Asked(), 3000);
                var bytes = (Room(world) - 48) / 8 * 8;
                var packet = Fragment(whole, 0, bytes, more: true, identification: 922);
                world.FromNetwork(packet).IsAnswered(DropReason.TooLong);
            }, PacketFamilies.IPv6, features);
        }
    }

    /// <summary>At the backend's node.</summary>
    private static IEnumerable<NodeCase> Taken()
    {
        foreach (var (way, features) in Ways)
        {
            foreach (var (name, protocol) in Protocols)
            {
                yield return new($"{name} that bears a frontend {way} reaches the pod without it, and the answer comes from the frontend", world =>
                {
                    world.OpenNodePort(protocol);
                    Arrive(world, Naming(Say(protocol, world.Stranger(), world.Here()), Frontend(world))).IsDeliveredTo(world.ServerEntry).Is(Say(protocol, world.Stranger(), world.Here())).Says(EventType.New);
                    world.GoesOut(world.FromServer(Reply(protocol, world.Here(), world.Stranger())), Reply(protocol, Frontend(world), world.Stranger(), hops: 63));
                    var next = Say(protocol, world.Stranger(), world.Here(), TcpFlags.Ack);
                    Arrive(world, protocol == Tcp ? next : Naming(next, Frontend(world))).IsDeliveredTo(world.ServerEntry).Is(next).IsSilent();
                    world.GoesOut(world.FromServer(Reply(protocol, world.Here(), world.Stranger(), flags: TcpFlags.Ack)), Reply(protocol, Frontend(world), world.Stranger(), 63, TcpFlags.Ack));
                    Assert.Equal((1, 2), (world.ConnectionCount, world.Datapath.Nat.Entries().Count));
                }, Features: features);
                yield return new($"{name} that bears a frontend {way} reaches the backend's node itself without it, and the answer comes from the frontend", world =>
                {
                    var backend = new IPEndPoint(world.Node, BackendPort);
                    world.OpenNodePort(protocol);
                    Arrive(world, Naming(Say(protocol, world.Stranger(), backend), Frontend(world))).IsPassed().Is(Say(protocol, world.Stranger(), backend));
                    world.ToNetwork(Reply(protocol, backend, world.Stranger())).Leaves().Is(Reply(protocol, Frontend(world), world.Stranger()));
                }, Features: features);
            }

            yield return new($"Policy judges the client behind a frontend that is named {way}", world =>
            {
                world.OpenNodePort(Tcp);
                world.CloseServer();
                var packet = Naming(Say(Tcp, world.Stranger(), world.Here()), Frontend(world));
                var drop = Arrive(world, packet).IsDropped(DropReason.Policy).Event;
                Assert.Equal((world.WorldIdentity, PacketWorld.ServerIdentity, TrafficDirection.Ingress), (drop.SourceIdentity, drop.DestinationIdentity, drop.Direction));
                world.Rule(2, TrafficDirection.Ingress, world.WorldIdentity, PacketWorld.Class(Tcp, BackendPort), PacketWorld.Class(Tcp, BackendPort));
                Arrive(world, packet).IsDeliveredTo(world.ServerEntry);
                world.GoesOut(world.FromServer(Reply(Tcp, world.Here(), world.Stranger())), Reply(Tcp, Frontend(world), world.Stranger(), hops: 63));
            }, Features: features);
            yield return new($"Other options stay when the frontend is taken off {way}", world =>
            {
                world.OpenNodePort(Tcp);
                Arrive(world, Naming(WithOption(Say(Tcp, world.Stranger(), world.Here()), Padding4), Frontend(world))).IsDeliveredTo(world.ServerEntry).Is(WithOption(Say(Tcp, world.Stranger(), world.Here()), Padding4));
            }, PacketFamilies.IPv4, features);
            yield return new($"Other extension headers stay when the frontend is taken off {way}", world =>
            {
                world.OpenNodePort(Tcp);
                foreach (var kind in new byte[] { 0, 60 })
                {
                    Arrive(world, Naming(WithHeader(Say(Tcp, world.Stranger(), world.Here()), kind, Padding6), Frontend(world))).IsDeliveredTo(world.ServerEntry)
                        .Is(WithHeader(Say(Tcp, world.Stranger(), world.Here()), kind, Padding6));
                }
            }, PacketFamilies.IPv6, features);
            yield return new($"The frontend is taken off the first fragment {way}, and the answer's fragments come from it", world =>
            {
                world.OpenNodePort(Udp);
                var whole = Say(Udp, world.Stranger(), world.Here(), payload: 24);
                var (first, last) = (Fragment(whole, 0, 16, more: true, identification: 923), Fragment(whole, 16, 32, more: false, identification: 923));
                Arrive(world, Naming(first, Frontend(world))).IsDeliveredTo(world.ServerEntry).Is(first);
                Arrive(world, last).IsDeliveredTo(world.ServerEntry).Is(last);
                var answer = Say(Udp, world.Here(), world.Stranger(), payload: 24);
                first = world.FromServer(Fragment(answer, 0, 16, more: true, identification: 924)).IsSentOut(world.Interfaces.DeviceMac).Packet;
                last = world.FromServer(Fragment(answer, 16, 32, more: false, identification: 924)).IsSentOut(world.Interfaces.DeviceMac).Packet;
                AssertWhole(first, last);
                Assert.Equal((Frontend(world), Frontend(world).Address), (Source(first), SourceAddress(last)));
            }, Features: features);
            yield return new($"A pod's error about what bore a frontend {way} names the frontend, inside and outside", world =>
            {
                world.OpenNodePort(Udp);
                var received = Arrive(world, Naming(Say(Udp, world.Stranger(), world.Here()), Frontend(world))).IsDeliveredTo(world.ServerEntry).Packet;
                world.GoesOut(world.FromServer(world.Error(world.Server, world.Outside, received)), world.Error(Frontend(world).Address, world.Outside, Renamed(received, destination: Frontend(world)), 63));
            }, Features: features);
        }

        yield return new("SCTP that bears a frontend reaches the pod without it", world =>
        {
            world.OpenNodePort(Sctp);
            world.FromNetwork(Naming(Say(Sctp, world.Stranger(), world.Here(NodePort)), Frontend(world))).IsDeliveredTo(world.ServerEntry).Is(Say(Sctp, world.Stranger(), world.Here(NodePort)));
            world.GoesOut(world.FromServer(Reply(Sctp, world.Here(NodePort), world.Stranger())), Reply(Sctp, Frontend(world), world.Stranger(), hops: 63));
        }, Features: Routed);
        yield return new("SCTP that bears a frontend with another port than the pod's is answered by a drop that is told, not by a wrong checksum", world =>
        {
            world.OpenNodePort(Sctp);
            world.FromNetwork(Naming(Say(Sctp, world.Stranger(), world.Here()), Frontend(world))).IsDeliveredTo(world.ServerEntry);
            world.FromServer(Reply(Sctp, world.Here(), world.Stranger())).IsDropped(DropReason.UnknownNatProtocol);
        }, Features: Routed);
        yield return new("An address that a service has on every node may be named", world =>
        {
            var balanced = Balanced(world);
            world.Serve(balanced, Tcp, Direct, world.There());
            world.FromNetwork(Naming(Say(Tcp, world.Stranger(), world.Here()), balanced)).IsDeliveredTo(world.ServerEntry).Is(Say(Tcp, world.Stranger(), world.Here()));
            world.GoesOut(world.FromServer(Reply(Tcp, world.Here(), world.Stranger())), Reply(Tcp, balanced, world.Stranger(), hops: 63));
        }, Features: Routed);
    }

    private static IEnumerable<NodeCase> Believed()
    {
        (string What, Func<NodeWorld, IPEndPoint> Named)[] strangers =
        [
            ("a port that no service has", world => new IPEndPoint(world.RemoteNode, OtherNodePort)),
            ("a pod of another node", world => new IPEndPoint(world.RemotePod, NodePort)),
            ("somebody outside", world => new IPEndPoint(world.OtherStranger().Address, NodePort)),
            ("the node itself, where it asks for nothing", world => new IPEndPoint(world.Node, NodePort)),
            ("a service for clients inside", world => world.ClusterIp()),
        ];
        foreach (var (what, named) in strangers)
        {
            yield return new($"An option that names {what} is left where it is, and the answer is the pod's own", world =>
            {
                world.OpenNodePort(Tcp);
                world.Serve(world.ClusterIp(), Tcp, Inside, world.Here());
                IsIgnored(world, Naming(Say(Tcp, world.Stranger(), world.Here()), named(world)));
            }, Features: Routed);
        }

        (string What, Func<byte[], IPEndPoint, byte[]> Make)[] four =
        [
            ("of another type", (packet, frontend) => Changed(Naming(packet, frontend), 20, 0x9b)),
            ("that says it is shorter", (packet, frontend) => Changed(Naming(packet, frontend), 21, 7)),
            ("that says it is longer", (packet, frontend) => Changed(Naming(packet, frontend), 21, 12)),
            ("behind another", (packet, frontend) => WithOption(Naming(packet, frontend), Padding4)),
            ("that the header cuts short", (packet, frontend) => WithOption(packet, [0x9a, 8, .. Naming(packet, frontend)[22..24]])),
        ];
        foreach (var (what, make) in four)
        {
            yield return new($"An option {what} is left where it is, and the answer is the pod's own", world =>
            {
                world.OpenNodePort(Tcp);
                IsIgnored(world, make(Say(Tcp, world.Stranger(), world.Here()), Frontend(world)));
            }, PacketFamilies.IPv4, Routed);
        }

        (string What, Func<byte[], IPEndPoint, byte[]> Make)[] six =
        [
            ("of another type", (packet, frontend) => Changed(Naming(packet, frontend), 42, 0x1c)),
            ("that says it is shorter", (packet, frontend) => Changed(Naming(packet, frontend), 43, 18)),
            ("in a longer header", (packet, frontend) => Longer(Naming(packet, frontend))),
            ("behind another header", (packet, frontend) => WithHeader(Naming(packet, frontend), 60, Padding6)),
            ("in a header for every hop", (packet, frontend) => Changed(Naming(packet, frontend), 6, 0)),
        ];
        foreach (var (what, make) in six)
        {
            yield return new($"An option of IPv6 {what} is left where it is, and the answer is the pod's own", world =>
            {
                world.OpenNodePort(Tcp);
                IsIgnored(world, make(Say(Tcp, world.Stranger(), world.Here()), Frontend(world)));
            }, PacketFamilies.IPv6, Routed);
        }

        yield return new("A segment in the middle that bears a frontend keeps it, and changes nothing", world =>
        {
            world.OpenNodePort(Tcp);
            var packet = Naming(Say(Tcp, world.Stranger(), world.Here(), TcpFlags.Ack), Frontend(world));
            world.FromNetwork(packet).IsDeliveredTo(world.ServerEntry).Is(packet);
            Assert.Empty(world.Datapath.Nat.Entries());
        }, Features: Routed);
        yield return new("A ping that bears a frontend keeps it", world =>
        {
            world.OpenNodePort(world.IcmpProtocol);
            var packet = Naming(NodeWorld.Between(world.Outside, world.Server, world.IcmpProtocol, IcmpMessage(world.EchoRequest, id: 9)), Frontend(world));
            world.FromNetwork(packet).IsDeliveredTo(world.ServerEntry).Is(packet);
            Assert.Empty(world.Datapath.Nat.Entries());
        }, Features: Routed);
        yield return new("What bears a frontend and is for nobody here passes untouched", world =>
        {
            world.OpenNodePort(Tcp);
            foreach (var receiver in new[] { world.There(), world.OtherStranger() })
            {
                var packet = Naming(Say(Tcp, world.Stranger(), receiver), Frontend(world));
                world.FromNetwork(packet).Leaves().IsSilent().Is(packet);
            }

            Assert.Empty(world.Datapath.Nat.Entries());
        }, Features: Routed);
        yield return new("A pod's packet that bears a frontend keeps it", world =>
        {
            world.OpenNodePort(Tcp);
            var packet = Naming(Say(Tcp, world.Pod(), world.Here()), Frontend(world));
            world.FromPod(packet).IsDeliveredTo(world.ServerEntry).Is(packet);
            Assert.Empty(world.Datapath.Nat.Entries());
        }, Features: Routed);
        yield return new("A client's own option does not keep what it asks a node port from the backend", world =>
        {
            world.OpenNodePort(Tcp);
            world.Serve(world.Asked(), Tcp, Outside, world.Here());
            var packet = Naming(Say(Tcp, world.Stranger(), world.Asked()), Frontend(world));
            world.FromNetwork(packet).IsDeliveredTo(world.ServerEntry).Is(Naming(Say(Tcp, world.Stranger(), world.Here()), Frontend(world)));
        }, Features: Routed);
        yield return new("What bears a frontend by the tunnel from nobody of the cluster is dropped", world =>
        {
            world.OpenNodePort(Tcp);
            world.FromTunnel(Naming(Say(Tcp, world.Stranger(), world.Here()), Frontend(world)), WorldIdentifier, world.Outside).IsDropped(DropReason.UnknownSender);
        }, Features: Tunnelled);
        yield return new("Without services a frontend that is named is left where it is", world =>
        {
            world.OpenNodePort(Tcp);
            var packet = Naming(Say(Tcp, world.Stranger(), world.Here()), Frontend(world));
            world.FromNetwork(packet).IsDeliveredTo(world.ServerEntry).Is(packet);
        });
    }

    /// <summary>One port of a client, the same backend, and two frontends.</summary>
    private static IEnumerable<NodeCase> Twice()
    {
        yield return new("Which frontend an answer comes from cannot be told while a client's port asks two: the second is dropped at the backend's node, and told", world =>
        {
            world.OpenNodePort(Tcp);
            Arrive(world, Naming(Say(Tcp, world.Stranger(), world.Here()), Frontend(world))).IsDeliveredTo(world.ServerEntry);
            Arrive(world, Naming(Say(Tcp, world.Stranger(), world.Here()), OtherFrontend(world))).IsDropped(DropReason.NoNatMapping);
            world.GoesOut(world.FromServer(Reply(Tcp, world.Here(), world.Stranger())), Reply(Tcp, Frontend(world), world.Stranger(), hops: 63));
        }, Features: Routed);
        foreach (var (end, flags) in new[] { ("ended", TcpFlags.Fin | TcpFlags.Ack), ("reset", TcpFlags.Reset) })
        {
            yield return new($"At the backend's node a client's port may ask by another frontend once the connection is {end}", world =>
            {
                world.OpenNodePort(Tcp);
                Arrive(world, Naming(Say(Tcp, world.Stranger(), world.Here()), Frontend(world))).IsDeliveredTo(world.ServerEntry);
                world.FromServer(Reply(Tcp, world.Here(), world.Stranger())).IsDelivered();
                Arrive(world, Say(Tcp, world.Stranger(), world.Here(), flags)).IsDeliveredTo(world.ServerEntry);
                world.FromServer(Reply(Tcp, world.Here(), world.Stranger(), flags: flags)).IsDelivered();
                Arrive(world, Naming(Say(Tcp, world.Stranger(), world.Here()), OtherFrontend(world))).IsDeliveredTo(world.ServerEntry);
                world.GoesOut(world.FromServer(Reply(Tcp, world.Here(), world.Stranger())), Reply(Tcp, OtherFrontend(world), world.Stranger(), hops: 63));
            }, Features: Routed);
            yield return new($"At the node that was asked a client's port may ask by another frontend once the connection is {end}", world =>
            {
                world.Serve(world.Asked(), Tcp, Direct, world.There());
                world.Serve(world.Asked(OtherNodePort), Tcp, Direct, world.There());
                world.FromNetwork(Say(Tcp, world.Stranger(), world.Asked())).IsDelivered();
                world.FromNetwork(Say(Tcp, world.Stranger(), world.Asked(), TcpFlags.Ack)).IsDelivered();
                world.FromNetwork(Say(Tcp, world.Stranger(), world.Asked(OtherNodePort))).IsDropped(DropReason.NoNatMapping);
                world.FromNetwork(Say(Tcp, world.Stranger(), world.Asked(), flags)).IsDelivered();
                world.GoesOut(world.FromNetwork(Say(Tcp, world.Stranger(), world.Asked(OtherNodePort))), Naming(Say(Tcp, world.Stranger(), world.There(), hops: 63), world.Asked(OtherNodePort)));
            }, Features: Routed);
        }

        yield return new("At the backend's node the next connection of a client's port begins with a translation that lasts", world =>
        {
            world.OpenNodePort(Tcp);
            var syn = Naming(Say(Tcp, world.Stranger(), world.Here()), Frontend(world));
            Arrive(world, syn).IsDeliveredTo(world.ServerEntry);
            world.FromServer(Reply(Tcp, world.Here(), world.Stranger(), flags: TcpFlags.Reset | TcpFlags.Ack)).IsDelivered();
            Arrive(world, syn).IsDeliveredTo(world.ServerEntry);
            world.FromServer(Reply(Tcp, world.Here(), world.Stranger())).IsDelivered();
            var entry = world.Translation(TranslationSide.ToBackend).Entry;
            Assert.False(NatClock.IsExpired(Tcp, entry.Flags, entry.LastSeen, entry.LastSeen + 1000));
        }, Features: Routed);
    }

    private static IPEndPoint Frontend(NodeWorld world) => new(world.RemoteNode, NodePort);

    /// <summary>The same port of a third node.</summary>
    private static IPEndPoint OtherFrontend(NodeWorld world) => new(world.OtherNode, NodePort);

    /// <summary>What a load balancer outside brings to any node.</summary>
    private static IPEndPoint Balanced(NodeWorld world) => new(IPAddress.Parse(world.IsIPv6 ? "2001:db8:9::1" : "203.0.113.1"), 443);

    /// <summary>From the node that was asked.</summary>
    private static PacketOutcome Arrive(NodeWorld world, byte[] packet) => world.FromOtherNode(packet, WorldIdentifier);

    private static byte[] Told(bool bears, byte[] packet, IPEndPoint frontend) => bears ? Naming(packet, frontend) : packet;

    private static int Room(NodeWorld world) => world.HasTunnel() ? NodeFeaturesConfig.TunnelMtu : 1500;

    private static int Bytes(NodeWorld world) => world.IsIPv6 ? 24 : 8;

    private static byte[] OfLength(NodeWorld world, byte protocol, IPEndPoint receiver, int length) =>
        Say(protocol, world.Stranger(), receiver, payload: length - (world.IsIPv6 ? 40 : 20) - (protocol == Tcp ? 20 : 8));

    /// <summary>IPv4: may not be split.</summary>
    private static byte[] Unsplit(byte[] packet)
    {
        if (packet[0] >> 4 == 4)
        {
            packet[6] |= 0x40;
        }

        return Checksums.Complete(packet);
    }

    private static byte[] WithHops(byte[] packet, byte hops)
    {
        packet[packet[0] >> 4 == 4 ? 8 : 7] = hops;
        return packet[0] >> 4 == 4 ? [.. Checksums.Complete(packet)[..20], .. packet[20..]] : packet;
    }

    private static byte[] Unchecked(byte[] datagram)
    {
        var at = datagram.Length - Payload(datagram).Length + 6;
        datagram[at] = datagram[at + 1] = 0;
        return datagram;
    }

    private static byte[] TooLong(NodeWorld world, byte[] inner, int mtu)
    {
        var message = IcmpMessage(world.IsIPv6 ? (byte)2 : (byte)3, world.IsIPv6 ? (byte)0 : (byte)4, body: inner);
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(6), (ushort)mtu);
        return NodeWorld.Between(world.Node, world.Outside, world.IcmpProtocol, message, identification: 0);
    }

    private static byte[] Changed(byte[] packet, int at, byte value)
    {
        packet[at] = value;
        return packet[0] >> 4 == 4 ? [.. Checksums.Complete(packet)[..((packet[0] & 15) * 4)], .. packet[((packet[0] & 15) * 4)..]] : packet;
    }

    /// <summary>Eight bytes of padding behind the option.</summary>
    private static byte[] Longer(byte[] packet)
    {
        byte[] longer = [.. packet[..64], 1, 6, 0, 0, 0, 0, 0, 0, .. packet[64..]];
        longer[41]++;
        BinaryPrimitives.WriteUInt16BigEndian(longer.AsSpan(4), (ushort)(longer.Length - 40));
        return longer;
    }

    private static void IsIgnored(NodeWorld world, byte[] packet)
    {
        world.FromNetwork(packet).IsDeliveredTo(world.ServerEntry).Is(packet);
        Assert.Empty(world.Datapath.Nat.Entries());
        world.GoesOut(world.FromServer(Reply(Tcp, world.Here(), world.Stranger())), Reply(Tcp, world.Here(), world.Stranger(), hops: 63));
    }
}
