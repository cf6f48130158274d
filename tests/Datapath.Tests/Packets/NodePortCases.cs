using System.Net;
using Axoneme.Datapath.Layout;
using static Axoneme.Datapath.Tests.Packets.MasqueradeErrorCases;
using static Axoneme.Datapath.Tests.Packets.PacketBuilder;
using static Axoneme.Datapath.Tests.Packets.PacketReader;
using static Axoneme.Datapath.Tests.Packets.ServiceWorld;

namespace Axoneme.Datapath.Tests.Packets;

/// <summary>Clients outside ask a port of the node, whose backend is here or on another node that sees this node's address.</summary>
internal static class NodePortCases
{
    public static IEnumerable<NodeCase> All => [.. ToHere(), .. ToOtherNode(), .. Sctps(), .. Pieces(), .. Headers(), .. Hops(), .. Who(), .. Refused(), .. Told()];

    private static IEnumerable<NodeCase> ToHere()
    {
        foreach (var (name, protocol) in Protocols)
        {
            yield return new($"{name} to a node port reaches a pod here from the client, and the answer comes from the node port", world =>
            {
                world.Serve(world.Asked(), protocol, Outside, world.Here());
                world.FromNetwork(Say(protocol, world.Stranger(), world.Asked())).IsDeliveredTo(world.ServerEntry).Is(Say(protocol, world.Stranger(), world.Here()));
                world.GoesOut(world.FromServer(Reply(protocol, world.Here(), world.Stranger())), Reply(protocol, world.Asked(), world.Stranger(), hops: 63));
                world.FromNetwork(Say(protocol, world.Stranger(), world.Asked(), TcpFlags.Ack)).IsDeliveredTo(world.ServerEntry).Is(Say(protocol, world.Stranger(), world.Here(), TcpFlags.Ack)).IsSilent();
                Assert.Equal((1, 2), (world.ConnectionCount, world.Datapath.Nat.Entries().Count));
                Assert.True(world.Connection.Flags.HasFlag(ConntrackFlags.Service));
            }, Features: Routed);
            yield return new($"{name} to a node port: events and policy see the client, the pod and the pod's port", world =>
            {
                world.Serve(world.Asked(), protocol, Outside, world.Here());
                var said = world.FromNetwork(Say(protocol, world.Stranger(), world.Asked())).IsDeliveredTo(world.ServerEntry).Says(EventType.New).Event;
                Assert.Equal(
                    (world.WorldIdentity, PacketWorld.ServerIdentity, IpAddressKey.From(world.Outside), IpAddressKey.From(world.Server), Host(said.SourcePort), Host(said.DestinationPort), (ushort)12),
                    (said.SourceIdentity, said.DestinationIdentity, said.Source, said.Destination, ClientPort, BackendPort, said.DestinationEndpoint));
                world.CloseServer();
                world.FromNetwork(Say(protocol, world.Stranger(LowPort), world.Asked())).IsDropped(DropReason.Policy);
                world.Rule(2, TrafficDirection.Ingress, world.WorldIdentity, PacketWorld.Class(protocol, BackendPort), PacketWorld.Class(protocol, BackendPort));
                world.FromNetwork(Say(protocol, world.Stranger(LowPort), world.Asked())).IsDeliveredTo(world.ServerEntry);
                world.GoesOut(world.FromServer(Reply(protocol, world.Here(), world.Stranger(LowPort))), Reply(protocol, world.Asked(), world.Stranger(LowPort), hops: 63));
            }, Features: Routed);
        }

        yield return new("Of a TCP connection to a node port every flag passes, in both directions, and its end is told", world =>
        {
            world.Serve(world.Asked(), Tcp, Outside, world.Here());
            Establish(world);
            Asks(TcpFlags.Fin | TcpFlags.Ack);
            Answers(TcpFlags.Ack);
            Answers(TcpFlags.Fin | TcpFlags.Ack).Says(EventType.Closed);
            Asks(TcpFlags.Ack);
            Assert.Equal(NatFlags.FinOut | NatFlags.FinIn | NatFlags.ReplySeen, world.Translation(TranslationSide.ToBackend).Entry.Flags);

            void Asks(TcpFlags flags) => world.FromNetwork(Say(Tcp, world.Stranger(), world.Asked(), flags)).IsDeliveredTo(world.ServerEntry).Is(Say(Tcp, world.Stranger(), world.Here(), flags));
            PacketOutcome Answers(TcpFlags flags) => world.GoesOut(world.FromServer(Reply(Tcp, world.Here(), world.Stranger(), flags: flags)), Reply(Tcp, world.Asked(), world.Stranger(), 63, flags));
        }, Features: Routed);
        yield return new("A client resets its connection to a node port", world =>
        {
            world.Serve(world.Asked(), Tcp, Outside, world.Here());
            Establish(world);
            world.FromNetwork(Say(Tcp, world.Stranger(), world.Asked(), TcpFlags.Reset)).IsDeliveredTo(world.ServerEntry).Is(Say(Tcp, world.Stranger(), world.Here(), TcpFlags.Reset)).Says(EventType.Closed);
            Assert.True(world.Translation(TranslationSide.ToBackend).Entry.Flags.HasFlag(NatFlags.Reset));
        }, Features: Routed);
        yield return new("A pod resets a connection to a node port, and who reset is the node port", world =>
        {
            world.Serve(world.Asked(), Tcp, Outside, world.Here());
            world.FromNetwork(Say(Tcp, world.Stranger(), world.Asked())).IsDeliveredTo(world.ServerEntry);
            world.GoesOut(world.FromServer(Reply(Tcp, world.Here(), world.Stranger(), flags: TcpFlags.Reset | TcpFlags.Ack)), Reply(Tcp, world.Asked(), world.Stranger(), 63, TcpFlags.Reset | TcpFlags.Ack)).Says(EventType.Closed);
            Assert.True(world.Translation(TranslationSide.ToBackend).Entry.Flags.HasFlag(NatFlags.Reset));
        }, Features: Routed);
        yield return new("The node itself answers for a service, from the node port", world =>
        {
            foreach (var (_, protocol) in Protocols)
            {
                var backend = new IPEndPoint(world.Node, BackendPort);
                world.Serve(world.Asked(), protocol, Outside, backend);
                world.FromNetwork(Say(protocol, world.Stranger(), world.Asked())).IsPassed().Is(Say(protocol, world.Stranger(), backend));
                world.ToNetwork(Reply(protocol, backend, world.Stranger())).Leaves().Is(Reply(protocol, world.Asked(), world.Stranger()));
            }
        }, Features: Routed);
        yield return new("The node itself answers for a service without the host firewall, too", world =>
        {
            var backend = new IPEndPoint(world.Node, BackendPort);
            world.Serve(world.Asked(), Tcp, Outside, backend);
            world.FromNetwork(Say(Tcp, world.Stranger(), world.Asked())).Leaves(PacketMark.Judged).Is(Say(Tcp, world.Stranger(), backend));
            world.ToNetwork(Reply(Tcp, backend, world.Stranger())).Leaves().Is(Reply(Tcp, world.Asked(), world.Stranger()));
        }, Features: NodeFeatures.Services);
        yield return new("Who talks to the node itself after having asked it by a service is answered by the node itself", world =>
        {
            var backend = new IPEndPoint(world.Node, BackendPort);
            world.Serve(world.Asked(), Tcp, Outside, backend);
            world.FromNetwork(Say(Tcp, world.Stranger(), world.Asked())).IsPassed();
            world.ToNetwork(Reply(Tcp, backend, world.Stranger(), flags: TcpFlags.Reset)).Leaves();
            TranslationCases.Age(world, ticks: 20);
            world.FromNetwork(Say(Tcp, world.Stranger(), backend)).IsPassed();
            world.ToNetwork(Reply(Tcp, backend, world.Stranger())).Leaves().Is(Reply(Tcp, backend, world.Stranger()));
        }, Features: Routed);
    }

    private static IEnumerable<NodeCase> ToOtherNode()
    {
        foreach (var (way, features) in Ways)
        {
            foreach (var (name, protocol) in Protocols)
            {
                yield return new($"{name} to a node port reaches a pod of another node {way} under the node's address, and the answer finds back", world =>
                {
                    world.CloseHost(); // nothing of it is the node's own
                    world.Serve(world.Asked(), protocol, Outside, world.There());
                    world.GoesToOtherNode(world.FromNetwork(Say(protocol, world.Stranger(), world.Asked())).IsSilent(), hops => Say(protocol, world.NodeAs(world.Stranger()), world.There(), hops: hops));
                    world.GoesOut(world.FromOtherNode(Reply(protocol, world.There(), world.NodeAs(world.Stranger()))).IsSilent(), Reply(protocol, world.Asked(), world.Stranger(), hops: 63));
                    world.GoesToOtherNode(world.FromNetwork(Say(protocol, world.Stranger(), world.Asked(), TcpFlags.Ack)), hops => Say(protocol, world.NodeAs(world.Stranger()), world.There(), TcpFlags.Ack, hops));
                    Assert.Equal((0, 2), (world.ConnectionCount, world.Datapath.Nat.Entries().Count));
                }, Features: features);
                yield return new($"{name} to a node port {way}: of two clients with one port each gets its own answers", world =>
                {
                    world.Serve(world.Asked(), protocol, Outside, world.There());
                    var first = Source(world.FromNetwork(Say(protocol, world.Stranger(LowPort), world.Asked())).IsDelivered().HasRightChecksums().Packet);
                    var second = Source(world.FromNetwork(Say(protocol, world.OtherStranger(LowPort), world.Asked())).IsDelivered().HasRightChecksums().Packet);
                    Assert.Equal((world.Node, world.Node), (first.Address, second.Address));
                    Assert.NotEqual(first.Port, second.Port);
                    Assert.InRange(first.Port, 32768, 65535);
                    world.GoesOut(world.FromOtherNode(Reply(protocol, world.There(), second)), Reply(protocol, world.Asked(), world.OtherStranger(LowPort), hops: 63));
                    world.GoesOut(world.FromOtherNode(Reply(protocol, world.There(), first)), Reply(protocol, world.Asked(), world.Stranger(LowPort), hops: 63));
                }, Features: features);
            }

            yield return new($"A connection to a pod of another node {way} ends with both sides' FIN, and a reset of either", world =>
            {
                world.Serve(world.Asked(), Tcp, Outside, world.There());
                world.FromNetwork(Say(Tcp, world.Stranger(), world.Asked())).IsDelivered();
                world.FromOtherNode(Reply(Tcp, world.There(), world.NodeAs(world.Stranger()))).IsDelivered();
                world.FromNetwork(Say(Tcp, world.Stranger(), world.Asked(), TcpFlags.Fin | TcpFlags.Ack)).IsDelivered();
                Assert.Equal(NatFlags.FinOut | NatFlags.ReplySeen, world.Translation(TranslationSide.ToBackend).Entry.Flags);
                world.GoesOut(
                    world.FromOtherNode(Reply(Tcp, world.There(), world.NodeAs(world.Stranger()), flags: TcpFlags.Fin | TcpFlags.Ack)),
                    Reply(Tcp, world.Asked(), world.Stranger(), 63, TcpFlags.Fin | TcpFlags.Ack));
                Assert.Equal(NatFlags.FinOut | NatFlags.FinIn | NatFlags.ReplySeen, world.Translation(TranslationSide.ToBackend).Entry.Flags);
                world.GoesOut(
                    world.FromOtherNode(Reply(Tcp, world.There(), world.NodeAs(world.Stranger()), flags: TcpFlags.Reset)), Reply(Tcp, world.Asked(), world.Stranger(), 63, TcpFlags.Reset));
                Assert.True(world.Translation(TranslationSide.ToBackend).Entry.Flags.HasFlag(NatFlags.Reset));
            }, Features: features);
            yield return new($"Where no address of the node's can be lent, nothing goes to another node {way}", world =>
            {
                world.SetDevice(null);
                world.SetDevice(null, device: 0);
                world.Serve(world.Asked(), Tcp, Outside, world.There());
                world.FromNetwork(Say(Tcp, world.Stranger(), world.Asked())).IsDropped(DropReason.NoNatMapping);
            }, Features: features);
            yield return new($"When all of the node's ports are taken towards a backend, the next client {way} is dropped, and told", world =>
            {
                world.Serve(world.Asked(), Udp, Outside, world.There());
                world.FromNetwork(Say(Udp, world.Stranger(50000), world.Asked())).IsDelivered();
                world.FromNetwork(Say(Udp, world.Stranger(50001), world.Asked())).IsDelivered();
                world.FromNetwork(Say(Udp, world.Stranger(50002), world.Asked())).IsDropped(DropReason.NoNatMapping);
            }, Features: features | NodeFeatures.TwoPorts);
            yield return new($"What is too long on its way to a pod of another node {way} is left to the stack, which splits it or says so", world =>
            {
                var bytes = world.HasTunnel() ? NodeFeaturesConfig.TunnelMtu : 1500;
                world.Serve(world.Asked(), Udp, Outside, world.There());
                world.FromNetwork(Say(Udp, world.Stranger(), world.Asked(), payload: bytes - 8 - (world.IsIPv6 ? 40 : 20))).IsDelivered();
                var left = world.FromNetwork(Say(Udp, world.Stranger(), world.Asked(), payload: bytes + 1 - 8 - (world.IsIPv6 ? 40 : 20)));
                left.Leaves(PacketMark.Masquerade).Is(Say(Udp, world.Stranger(), world.There(), payload: bytes + 1 - 8 - (world.IsIPv6 ? 40 : 20)));
            }, Features: features);
            yield return new($"What the stack splits for a pod of another node leaves {way} under the node's address, every piece", world =>
            {
                world.Serve(world.Asked(), Udp, Outside, world.There());
                world.FromNetwork(Say(Udp, world.Stranger(), world.Asked())).IsDelivered();
                world.FromNetwork(Say(Udp, world.Stranger(), world.Asked(), payload: 1600)).Leaves(PacketMark.Masquerade);
                var whole = Say(Udp, world.Stranger(), world.There(), payload: 24);
                var (first, last) = (Leave(Fragment(whole, 0, 16, more: true)), Leave(Fragment(whole, 16, 32, more: false)));
                AssertWhole(first, last);
                Assert.Equal((world.NodeAs(world.Stranger()), world.Node), (Source(first), SourceAddress(last)));

                byte[] Leave(byte[] piece) => (world.HasTunnel()
                    ? world.ToTunnel(piece, PacketMark.Masquerade, world.Interfaces.Device).Leaves(PacketMark.Forwarded)
                    : world.ToNetwork(piece, PacketMark.Masquerade, world.Interfaces.Device).Leaves(PacketMark.Masquerade)).Packet;
            }, PacketFamilies.IPv4, features);
        }

        yield return new("A pod of another node that asks a node port through the tunnel reaches a pod of a third, and is answered through the tunnel", world =>
        {
            world.Serve(world.Asked(), Tcp, Outside, new IPEndPoint(world.OtherPod, BackendPort));
            var client = new IPEndPoint(world.RemotePod, ClientPort);
            world.FromTunnel(Say(Tcp, client, world.Asked()), NodeWorld.RemotePodIdentity).IsTunnelled().Is(Say(Tcp, world.NodeAs(client), new IPEndPoint(world.OtherPod, BackendPort)));
            var answer = world.FromTunnel(Reply(Tcp, new IPEndPoint(world.OtherPod, BackendPort), world.NodeAs(client)), NodeWorld.OtherPodIdentity, world.OtherNode);
            Assert.Equal((world.Asked(), client), (Source(answer.IsDelivered().HasRightChecksums().Packet), Destination(answer.Packet)));
        }, Features: Tunnelled);
        yield return new("The node itself answers a pod of another node through the tunnel, from the node port", world =>
        {
            var (backend, client) = (new IPEndPoint(world.Node, BackendPort), new IPEndPoint(world.RemotePod, ClientPort));
            foreach (var (_, protocol) in Protocols)
            {
                world.Serve(world.Asked(), protocol, Outside, backend);
                world.FromTunnel(Say(protocol, client, world.Asked()), NodeWorld.RemotePodIdentity).IsPassed().Is(Say(protocol, client, backend));
                world.ToTunnel(Reply(protocol, backend, client)).Leaves(PacketMark.Forwarded).Is(Reply(protocol, world.Asked(), client));
            }
        }, Features: Tunnelled);
        yield return new("The node itself answers a pod of another node through the tunnel without the host firewall, too", world =>
        {
            var (backend, client) = (new IPEndPoint(world.Node, BackendPort), new IPEndPoint(world.RemotePod, ClientPort));
            world.Serve(world.Asked(), Tcp, Outside, backend);
            world.FromTunnel(Say(Tcp, client, world.Asked()), NodeWorld.RemotePodIdentity).IsPassed().Is(Say(Tcp, client, backend));
            world.ToTunnel(Reply(Tcp, backend, client)).Leaves(PacketMark.Forwarded).Is(Reply(Tcp, world.Asked(), client));
        }, Features: NodeFeatures.Services | NodeFeatures.Tunnel);
        yield return new("Nobody but a node of the cluster asks a node port by the tunnel", world =>
        {
            world.Serve(world.Asked(), Tcp, Outside, world.There());
            world.FromTunnel(Say(Tcp, new IPEndPoint(world.OtherPod, ClientPort), world.Asked()), NodeWorld.OtherPodIdentity, world.Outside).IsDropped(DropReason.UnknownSender);
            world.Serve(world.Asked(), Udp, Outside, world.Here());
            world.FromTunnel(Say(Udp, new IPEndPoint(world.OtherPod, ClientPort), world.Asked()), NodeWorld.OtherPodIdentity, world.Outside).IsDropped(DropReason.UnknownSender);
        }, Features: Tunnelled);
        yield return new("A backend whose node's tunnel is not known is a drop that is told", world =>
        {
            world.Know(world.RemotePod, NodeWorld.RemotePodIdentity, tunnel: 9);
            world.Serve(world.Asked(), Tcp, Outside, world.There());
            world.FromNetwork(Say(Tcp, world.Stranger(), world.Asked())).IsDropped(DropReason.NoTunnelEndpoint);
        }, Features: Tunnelled);
    }

    /// <summary>SCTP's checksum covers its ports, and is a pass over the packet.</summary>
    private static IEnumerable<NodeCase> Sctps()
    {
        yield return new("SCTP to a node port reaches a pod here that listens on the same port", world =>
        {
            world.Serve(world.Asked(), Sctp, Outside, world.Here(NodePort));
            world.FromNetwork(Say(Sctp, world.Stranger(), world.Asked())).IsDeliveredTo(world.ServerEntry).Is(Say(Sctp, world.Stranger(), world.Here(NodePort)));
            world.GoesOut(world.FromServer(Reply(Sctp, world.Here(NodePort), world.Stranger())), Reply(Sctp, world.Asked(), world.Stranger(), hops: 63));
        }, Features: Routed);
        yield return new("SCTP to a node port whose pod listens on another port is dropped, and told: its checksum could not be kept", world =>
        {
            world.Serve(world.Asked(), Sctp, Outside, world.Here());
            world.FromNetwork(Say(Sctp, world.Stranger(), world.Asked())).IsDropped(DropReason.UnknownNatProtocol);
            world.Serve(world.Asked(), Sctp, Outside, world.There());
            world.FromNetwork(Say(Sctp, world.Stranger(LowPort), world.Asked())).IsDropped(DropReason.UnknownNatProtocol);
        }, Features: Routed);
        foreach (var (way, features) in Ways)
        {
            yield return new($"SCTP to a pod of another node {way} keeps its ports, also one that masquerading would not give", world =>
            {
                world.Serve(world.Asked(), Sctp, Outside, world.There(NodePort));
                world.GoesToOtherNode(world.FromNetwork(Say(Sctp, world.Stranger(LowPort), world.Asked())), hops => Say(Sctp, world.NodeAs(world.Stranger(LowPort)), world.There(NodePort), hops: hops));
                world.GoesOut(world.FromOtherNode(Reply(Sctp, world.There(NodePort), world.NodeAs(world.Stranger(LowPort)))), Reply(Sctp, world.Asked(), world.Stranger(LowPort), hops: 63));
            }, Features: features);
            yield return new($"SCTP from a port that another client has towards the same backend {way} is dropped, and told", world =>
            {
                world.Serve(world.Asked(), Sctp, Outside, world.There(NodePort));
                world.FromNetwork(Say(Sctp, world.Stranger(), world.Asked())).IsDelivered();
                world.FromNetwork(Say(Sctp, world.OtherStranger(), world.Asked())).IsDropped(DropReason.NoNatMapping);
            }, Features: features);
        }
    }

    private static IEnumerable<NodeCase> Pieces()
    {
        yield return new("Every fragment to a node port reaches the pod, and of the answer the client", world =>
        {
            world.Serve(world.Asked(), Udp, Outside, world.Here());
            var whole = Say(Udp, world.Stranger(), world.Asked(), payload: 24);
            var first = world.FromNetwork(Fragment(whole, 0, 16, more: true, identification: 901)).IsDeliveredTo(world.ServerEntry).Packet;
            var last = world.FromNetwork(Fragment(whole, 16, 32, more: false, identification: 901)).IsDeliveredTo(world.ServerEntry).Packet;
            AssertWhole(first, last);
            Assert.Equal((world.Here(), world.Server), (Destination(first), DestinationAddress(last)));
            var answer = Say(Udp, world.Here(), world.Stranger(), payload: 24);
            first = world.FromServer(Fragment(answer, 0, 16, more: true, identification: 902)).IsSentOut(world.Interfaces.DeviceMac).Packet;
            last = world.FromServer(Fragment(answer, 16, 32, more: false, identification: 902)).IsSentOut(world.Interfaces.DeviceMac).Packet;
            AssertWhole(first, last);
            Assert.Equal((world.Asked(), world.Node), (Source(first), SourceAddress(last)));
        }, Features: Routed);
        foreach (var (way, features) in Ways)
        {
            yield return new($"Every fragment to a node port reaches the pod of another node {way}, and of the answer the client", world =>
            {
                world.Serve(world.Asked(), Udp, Outside, world.There());
                var whole = Say(Udp, world.Stranger(LowPort), world.Asked(), payload: 24);
                var first = world.FromNetwork(Fragment(whole, 0, 16, more: true, identification: 903)).IsDelivered().Packet;
                var last = world.FromNetwork(Fragment(whole, 16, 32, more: false, identification: 903)).IsDelivered().Packet;
                AssertWhole(first, last);
                Assert.Equal((world.There(), world.RemotePod, world.Node, world.Node), (Destination(first), DestinationAddress(last), SourceAddress(first), SourceAddress(last)));
                var answer = Say(Udp, world.There(), Source(first), payload: 24);
                first = world.FromOtherNode(Fragment(answer, 0, 16, more: true, identification: 904)).IsSentOut(world.Interfaces.DeviceMac).Packet;
                last = world.FromOtherNode(Fragment(answer, 16, 32, more: false, identification: 904)).IsSentOut(world.Interfaces.DeviceMac).Packet;
                AssertWhole(first, last);
                Assert.Equal((world.Asked(), world.Node, world.Stranger(LowPort), world.Outside), (Source(first), SourceAddress(last), Destination(first), DestinationAddress(last)));
            }, Features: features);
        }

        yield return new("A later fragment to a node port without the first is dropped, and told", world =>
        {
            world.Serve(world.Asked(), Udp, Outside, world.Here());
            world.FromNetwork(Fragment(Say(Udp, world.Stranger(), world.Asked(), payload: 24), 16, 32, more: false, identification: 905)).IsDropped(DropReason.FragmentNotFound);
        }, Features: Routed);
        yield return new("A later fragment of a pod's answer without the first is dropped, and told", world =>
        {
            world.Serve(world.Asked(), Udp, Outside, world.Here());
            world.FromNetwork(Say(Udp, world.Stranger(), world.Asked())).IsDeliveredTo(world.ServerEntry);
            world.FromServer(Fragment(Say(Udp, world.Here(), world.Stranger(), payload: 24), 16, 32, more: false, identification: 906)).IsDropped(DropReason.FragmentNotFound);
        }, Features: Routed);
        yield return new("Every fragment of SCTP to a node port with the pod's own port reaches the pod", world =>
        {
            world.Serve(world.Asked(), Sctp, Outside, world.Here(NodePort));
            var whole = NodeWorld.Between(world.Outside, world.Node, Sctp, [.. SctpPacket(ClientPort, NodePort, SctpChunk.Init), .. new byte[12]]);
            var first = world.FromNetwork(Fragment(whole, 0, 24, more: true, identification: 907)).IsDeliveredTo(world.ServerEntry).Packet;
            var last = world.FromNetwork(Fragment(whole, 24, 32, more: false, identification: 907)).IsDeliveredTo(world.ServerEntry).Packet;
            Assert.Equal(Payload(whole), (byte[])[.. Payload(first), .. Payload(last)]);
            Assert.Equal((world.Server, world.Server), (DestinationAddress(first), DestinationAddress(last)));
        }, Features: Routed);
    }

    private static IEnumerable<NodeCase> Headers()
    {
        foreach (var (way, features) in Ways)
        {
            yield return new($"A UDP datagram without a checksum stays one without, there and back {way}", world =>
            {
                world.Serve(world.Asked(), Udp, Outside, world.There());
                world.GoesToOtherNode(world.FromNetwork(Unchecked(Say(Udp, world.Stranger(), world.Asked()))), hops => Unchecked(Say(Udp, world.NodeAs(world.Stranger()), world.There(), hops: hops)));
                world.GoesOut(world.FromOtherNode(Unchecked(Reply(Udp, world.There(), world.NodeAs(world.Stranger())))), Unchecked(Reply(Udp, world.Asked(), world.Stranger(), hops: 63)));
            }, PacketFamilies.IPv4, features);
            yield return new($"IPv4 options are left as they are, there and back {way}", world =>
            {
                byte[] option = [0x94, 4, 0, 0]; // router alert
                world.Serve(world.Asked(), Tcp, Outside, world.There());
                world.GoesToOtherNode(
                    world.FromNetwork(WithOption(Say(Tcp, world.Stranger(), world.Asked()), option)), hops => WithOption(Say(Tcp, world.NodeAs(world.Stranger()), world.There(), hops: hops), option));
                world.GoesOut(
                    world.FromOtherNode(WithOption(Reply(Tcp, world.There(), world.NodeAs(world.Stranger())), option)), WithOption(Reply(Tcp, world.Asked(), world.Stranger(), hops: 63), option));
            }, PacketFamilies.IPv4, features);
            yield return new($"IPv6 extension headers are left as they are, there and back {way}", world =>
            {
                byte[] header = [0, 0, 1, 4, 0, 0, 0, 0]; // padding
                world.Serve(world.Asked(), Tcp, Outside, world.There());
                foreach (var kind in new byte[] { 0, 60 })
                {
                    world.GoesToOtherNode(
                        world.FromNetwork(WithHeader(Say(Tcp, world.Stranger(), world.Asked()), kind, header)),
                        hops => WithHeader(Say(Tcp, world.NodeAs(world.Stranger()), world.There(), hops: hops), kind, header));
                    world.GoesOut(
                        world.FromOtherNode(WithHeader(Reply(Tcp, world.There(), world.NodeAs(world.Stranger())), kind, header)),
                        WithHeader(Reply(Tcp, world.Asked(), world.Stranger(), hops: 63), kind, header));
                }
            }, PacketFamilies.IPv6, features);
        }

        yield return new("A UDP datagram without a checksum that goes to a pod here stays one without", world =>
        {
            world.Serve(world.Asked(), Udp, Outside, world.Here());
            world.FromNetwork(Unchecked(Say(Udp, world.Stranger(), world.Asked()))).IsDeliveredTo(world.ServerEntry).Is(Unchecked(Say(Udp, world.Stranger(), world.Here())));
            world.GoesOut(world.FromServer(Unchecked(Reply(Udp, world.Here(), world.Stranger()))), Unchecked(Reply(Udp, world.Asked(), world.Stranger(), hops: 63)));
        }, PacketFamilies.IPv4, Routed);
        yield return new("A segment to a node port that is cut short is dropped, and told", world =>
        {
            world.Serve(world.Asked(), Tcp, Outside, world.Here());
            world.FromNetwork(Ip(world.Outside, world.Node, Tcp, TcpSegment(ClientPort, NodePort, TcpFlags.Syn)[..19])).IsDropped(DropReason.InvalidL4Header);
            world.FromNetwork(Ip(world.Outside, world.Node, Udp, UdpDatagram(ClientPort, NodePort)[..7])).IsDropped(DropReason.InvalidL4Header);
            var lies = Ip(world.Outside, world.Node, Tcp, TcpSegment(ClientPort, NodePort, TcpFlags.Syn), lengthError: 1);
            world.FromNetwork(lies).Leaves().Is(lies); // the stack refuses it
            Assert.Empty(world.Datapath.Nat.Entries());
        }, Features: Routed);
    }

    private static IEnumerable<NodeCase> Hops()
    {
        yield return new("The last hop is enough to reach a pod here by a node port", world =>
        {
            world.Serve(world.Asked(), Tcp, Outside, world.Here());
            world.FromNetwork(Say(Tcp, world.Stranger(), world.Asked(), hops: 1)).IsDeliveredTo(world.ServerEntry).Is(Say(Tcp, world.Stranger(), world.Here(), hops: 1));
        }, Features: Routed);
        yield return new("A pod's answer with its last hop is left to the stack as the node port's, and what the stack says of it names the pod", world =>
        {
            world.Serve(world.Asked(), Tcp, Outside, world.Here());
            world.FromNetwork(Say(Tcp, world.Stranger(), world.Asked())).IsDeliveredTo(world.ServerEntry);
            world.FromServer(Reply(Tcp, world.Here(), world.Stranger(), hops: 1)).Leaves(PacketMark.Judged).Is(Reply(Tcp, world.Asked(), world.Stranger(), hops: 1));
        }, Features: Routed);
        yield return new("The last hop does not reach a pod of another node: the stack says so, in the node port's name", world =>
        {
            world.Serve(world.Asked(), Tcp, Outside, world.There());
            var left = world.FromNetwork(Say(Tcp, world.Stranger(), world.Asked(), hops: 1)).Leaves(PacketMark.Masquerade).Is(Say(Tcp, world.Stranger(), world.There(), hops: 1)).Packet;
            var said = world.Error(world.Node, world.Outside, left, type: world.IsIPv6 ? (byte)3 : (byte)11, code: 0);
            world.ToNetwork(said).Leaves().Is(world.Error(world.Node, world.Outside, Renamed(left, destination: world.Asked()), type: world.IsIPv6 ? (byte)3 : (byte)11, code: 0));
        }, Features: Routed);
        yield return new("The tunnel is no hop: the last one is enough to get into it", world =>
        {
            world.Serve(world.Asked(), Tcp, Outside, world.There());
            world.FromNetwork(Say(Tcp, world.Stranger(), world.Asked(), hops: 1)).IsTunnelled().Is(Say(Tcp, world.NodeAs(world.Stranger()), world.There(), hops: 1));
        }, Features: Tunnelled);
    }

    /// <summary>Whose service it is not.</summary>
    private static IEnumerable<NodeCase> Who()
    {
        yield return new("A cluster address asked from outside is nobody's, and passes untouched", world =>
        {
            foreach (var (_, protocol) in Protocols)
            {
                world.Serve(world.ClusterIp(), protocol, Inside, world.Here());
                var packet = Say(protocol, world.Stranger(), world.ClusterIp());
                world.FromNetwork(packet).Leaves().IsSilent().Is(packet);
            }

            Assert.Equal((0, 0), (world.ConnectionCount, world.Datapath.Nat.Entries().Count));
        }, Features: Routed);
        yield return new("A cluster address that somebody outside asks through another node's tunnel is a drop", world =>
        {
            world.Serve(world.ClusterIp(), Tcp, Inside, world.Here());
            world.FromTunnel(Say(Tcp, world.Stranger(), world.ClusterIp()), WorldIdentifier).IsDropped(DropReason.NoLocalEndpoint);
        }, Features: Tunnelled);
        yield return new("A service for clients outside that a pod asks is whoever has the address, and passes untouched", world =>
        {
            world.Serve(world.Asked(), Tcp, Outside, world.Here());
            var packet = Say(Tcp, world.Pod(), world.Asked());
            world.FromPod(packet).IsLeftToStack(PacketMark.Judged).Is(packet);
            Assert.Empty(world.Datapath.Nat.Entries());
        }, Features: Routed);
        yield return new("Another port, another protocol and another address than a service's are the node's", world =>
        {
            world.Serve(world.Asked(), Tcp, Outside, world.Here());
            foreach (var packet in new[]
            {
                Say(Tcp, world.Stranger(), world.Asked(OtherNodePort)), Say(Udp, world.Stranger(), world.Asked()), Say(Tcp, world.Stranger(), new IPEndPoint(world.Host, NodePort)),
                NodeWorld.Between(world.Outside, world.Node, world.IcmpProtocol, IcmpMessage(world.EchoRequest, id: NodePort)), NodeWorld.Between(world.Outside, world.Node, 136, UdpDatagram(ClientPort, NodePort)),
            })
            {
                world.FromNetwork(packet).IsPassed().Is(packet);
            }

            Assert.Empty(world.Datapath.Nat.Entries());
        }, Features: Routed);
        yield return new("Without services nothing is translated", world =>
        {
            world.Serve(world.Asked(), Tcp, Outside, world.Here());
            var packet = Say(Tcp, world.Stranger(), world.Asked());
            world.FromNetwork(packet).IsPassed().Is(packet);
        });
        yield return new("Nobody may ask a node port under a pod's address, nor the node's own", world =>
        {
            world.Serve(world.Asked(), Tcp, Outside, world.Here());
            world.FromNetwork(Say(Tcp, new IPEndPoint(world.Node, ClientPort), world.Asked())).IsDropped(DropReason.InvalidSourceIp);
            world.FromNetwork(Say(Tcp, world.Pod(), world.Asked())).IsDropped(DropReason.InvalidSourceIp);
            world.FromNetwork(Say(Tcp, world.There(), world.Asked())).IsDropped(DropReason.InvalidSourceIp);
        }, Features: Tunnelled);
    }

    private static IEnumerable<NodeCase> Refused()
    {
        foreach (var (name, protocol) in (IEnumerable<(string, byte)>)[.. Protocols, ("SCTP", Sctp)])
        {
            yield return new($"{name} to a node port without backends is answered with \"port unreachable\" from the node port, and told", world =>
            {
                world.Serve(world.Asked(), protocol, Outside);
                var packet = Say(protocol, world.Stranger(), world.Asked());
                var kept = (world.IsIPv6 ? 40 : 20) + (protocol == Tcp ? 20 : 8);
                world.FromNetwork(packet).IsAnswered(DropReason.NoService).Is(Unreachable(world, world.Node, world.Outside, packet[..kept]));
                Assert.Empty(world.Datapath.Nat.Entries());
            }, Features: Routed);
        }

        yield return new("What is sent back where nobody answers is marked as done, and leaves", world =>
        {
            world.Serve(world.Asked(), Tcp, Outside);
            var answer = world.FromNetwork(Say(Tcp, world.Stranger(), world.Asked()));
            Assert.Equal(PacketMark.Forwarded, (PacketMark)answer.Mark);
            world.ToNetwork(answer.Packet, PacketMark.Forwarded).Leaves(PacketMark.Forwarded).IsSilent();
        }, Features: Routed);
        yield return new("A packet with options to a node port without backends is dropped, and told", world =>
        {
            world.Serve(world.Asked(), Tcp, Outside);
            var packet = Say(Tcp, world.Stranger(), world.Asked());
            world.FromNetwork(world.IsIPv6 ? WithHeader(packet, 60, [0, 0, 1, 4, 0, 0, 0, 0]) : WithOption(packet, [0x94, 4, 0, 0])).IsDropped(DropReason.NoService);
        }, Features: Routed);
        yield return new("Of a fragmented packet to a node port without backends the first piece is answered, the others are dropped", world =>
        {
            world.Serve(world.Asked(), Udp, Outside);
            var whole = Say(Udp, world.Stranger(), world.Asked(), payload: 24);
            var first = Fragment(whole, 0, 16, more: true, identification: 908);
            world.FromNetwork(first).IsAnswered(DropReason.NoService).Is(Unreachable(world, world.Node, world.Outside, first[..(world.IsIPv6 ? 56 : 28)]));
            world.FromNetwork(Fragment(whole, 16, 32, more: false, identification: 908)).IsDropped(DropReason.NoService);
        }, Features: Routed);
        yield return new("What comes through the tunnel to a service without backends is answered through it, and told", world =>
        {
            world.Serve(world.Asked(), Tcp, Outside);
            var packet = Say(Tcp, new IPEndPoint(world.RemotePod, ClientPort), world.Asked());
            world.FromTunnel(packet, NodeWorld.RemotePodIdentity).IsAnswered(DropReason.NoService).Is(Unreachable(world, world.Node, world.RemotePod, packet[..(world.IsIPv6 ? 60 : 40)]));
        }, Features: Tunnelled);
        yield return new("Only clients in a service's ranges get through, others are dropped and told", world =>
        {
            foreach (var backend in new[] { world.Here(), world.There() })
            {
                world.Reset();
                var service = world.Serve(world.Asked(), Udp, Outside | ServiceFlags.SourceRanges, backend);
                world.FromNetwork(Say(Udp, world.Stranger(), world.Asked())).IsDropped(DropReason.NotInSourceRange);
                world.Datapath.Services.SourceRanges.Put(SourceRangeKey.From(service.Group, new IPNetwork(world.Outside, world.IsIPv6 ? 128 : 32)), 1);
                world.FromNetwork(Say(Udp, world.Stranger(), world.Asked())).IsDelivered();
                world.FromNetwork(Say(Udp, world.OtherStranger(), world.Asked())).IsDropped(DropReason.NotInSourceRange);
            }
        }, Features: Routed);
        yield return new("Clients in the ranges that a service keeps out are dropped and told, others get through", world =>
        {
            foreach (var backend in new[] { world.Here(), world.There() })
            {
                world.Reset();
                var service = world.Serve(world.Asked(), Udp, Outside | ServiceFlags.SourceRanges | ServiceFlags.SourceRangesDeny, backend);
                world.Datapath.Services.SourceRanges.Put(SourceRangeKey.From(service.Group, new IPNetwork(world.Outside, world.IsIPv6 ? 128 : 32)), 1);
                world.FromNetwork(Say(Udp, world.Stranger(), world.Asked())).IsDropped(DropReason.NotInSourceRange);
                world.FromNetwork(Say(Udp, world.OtherStranger(), world.Asked())).IsDelivered();
            }
        }, Features: Routed);
        yield return new("The ranges of one service are not those of another", world =>
        {
            var one = world.Serve(world.Asked(), Udp, Outside | ServiceFlags.SourceRanges, world.Here());
            world.Serve(world.Asked(OtherNodePort), Udp, Outside | ServiceFlags.SourceRanges, world.Here());
            world.Datapath.Services.SourceRanges.Put(SourceRangeKey.From(one.Group, new IPNetwork(world.Outside, world.IsIPv6 ? 128 : 32)), 1);
            world.FromNetwork(Say(Udp, world.Stranger(), world.Asked(OtherNodePort))).IsDropped(DropReason.NotInSourceRange);
        }, Features: Routed);
    }

    private static IEnumerable<NodeCase> Told()
    {
        yield return new("A drop on the way to a service says who asked for what", world =>
        {
            world.Serve(world.Asked(), Tcp, Outside);
            var drop = world.FromNetwork(Say(Tcp, world.Stranger(), world.Asked())).Event;
            Assert.Equal(
                (EventType.Drop, TrafficDirection.Ingress, IpAddressKey.From(world.Outside), IpAddressKey.From(world.Node), ClientPort, NodePort),
                (drop.Type, drop.Direction, drop.Source, drop.Destination, Host(drop.SourcePort), Host(drop.DestinationPort)));
        }, Features: Routed);
        yield return new("Every drop on the way to a service is counted", world =>
        {
            world.Serve(world.Asked(), Tcp, Outside);
            world.Serve(world.Asked(), Udp, Outside | ServiceFlags.SourceRanges, world.There());
            var before = (world.Counter((uint)DropReason.NoService << 1 | 1), world.Counter((uint)DropReason.NotInSourceRange << 1 | 1));
            world.FromNetwork(Say(Tcp, world.Stranger(), world.Asked())).IsAnswered(DropReason.NoService);
            world.FromNetwork(Say(Udp, world.Stranger(), world.Asked())).IsDropped(DropReason.NotInSourceRange);
            Assert.Equal((before.Item1 + 1, before.Item2 + 1), (world.Counter((uint)DropReason.NoService << 1 | 1), world.Counter((uint)DropReason.NotInSourceRange << 1 | 1)));
        }, Features: Routed);
    }

    internal static void Establish(NodeWorld world)
    {
        world.FromNetwork(Say(Tcp, world.Stranger(), world.Asked())).IsDeliveredTo(world.ServerEntry);
        world.FromServer(Reply(Tcp, world.Here(), world.Stranger())).IsSentOut(world.Interfaces.DeviceMac);
        world.FromNetwork(Say(Tcp, world.Stranger(), world.Asked(), TcpFlags.Ack)).IsDeliveredTo(world.ServerEntry);
    }

    internal static byte[] Unreachable(NodeWorld world, IPAddress sender, IPAddress receiver, byte[] about)
    {
        var message = IcmpMessage(world.Unreachable, code: world.IsIPv6 ? (byte)4 : (byte)3, body: about);
        message[7] = 0;
        return NodeWorld.Between(sender, receiver, world.IcmpProtocol, message, identification: 0);
    }

    internal static ushort Host(ushort networkOrder) => System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(networkOrder);

    private static byte[] Unchecked(byte[] datagram)
    {
        var at = datagram.Length - Payload(datagram).Length + 6;
        datagram[at] = datagram[at + 1] = 0;
        return datagram;
    }
}
