using System.Net;
using Axoneme.Datapath.Layout;
using static Axoneme.Datapath.Tests.Packets.MasqueradeErrorCases;
using static Axoneme.Datapath.Tests.Packets.NodePortCases;
using static Axoneme.Datapath.Tests.Packets.PacketBuilder;
using static Axoneme.Datapath.Tests.Packets.PacketReader;
using static Axoneme.Datapath.Tests.Packets.ServiceWorld;

namespace Axoneme.Datapath.Tests.Packets;

/// <summary>Pods whose sockets do not help ask services.</summary>
internal static class ClusterIpCases
{
    public static IEnumerable<NodeCase> All => [.. Answered(), .. ToItself(), .. Judged(), .. Refused(), .. Pieces()];

    private static IEnumerable<NodeCase> Answered()
    {
        foreach (var (name, protocol) in Protocols)
        {
            yield return new($"{name} of a pod to a cluster address reaches a pod here, and the answer comes from that address", world =>
            {
                world.Serve(world.ClusterIp(), protocol, Inside, world.Here());
                world.FromPod(Say(protocol, world.Pod(), world.ClusterIp())).IsDeliveredTo(world.ServerEntry).Is(Say(protocol, world.Pod(), world.Here()));
                world.FromServer(Reply(protocol, world.Here(), world.Pod())).IsDeliveredTo(world.ClientEntry).Is(Reply(protocol, world.ClusterIp(), world.Pod()));
                world.FromPod(Say(protocol, world.Pod(), world.ClusterIp(), TcpFlags.Ack)).IsDeliveredTo(world.ServerEntry).Is(Say(protocol, world.Pod(), world.Here(), TcpFlags.Ack)).IsSilent();
                Assert.Equal((1, 2), (world.ConnectionCount, world.Datapath.Nat.Entries().Count));
            }, Features: Routed);
            foreach (var (way, features) in Ways)
            {
                yield return new($"{name} of a pod to a cluster address reaches a pod of another node {way} under the pod's address, and the answer comes from the cluster address", world =>
                {
                    world.Serve(world.ClusterIp(), protocol, Inside, world.There());
                    world.GoesToOtherNode(world.FromPod(Say(protocol, world.Pod(LowPort), world.ClusterIp())), hops => Say(protocol, world.Pod(LowPort), world.There(), hops: hops));
                    world.FromOtherNode(Reply(protocol, world.There(), world.Pod(LowPort))).IsDeliveredTo(world.ClientEntry).Is(Reply(protocol, world.ClusterIp(), world.Pod(LowPort)));
                    world.GoesToOtherNode(world.FromPod(Say(protocol, world.Pod(LowPort), world.ClusterIp(), TcpFlags.Ack)).IsSilent(), hops => Say(protocol, world.Pod(LowPort), world.There(), TcpFlags.Ack, hops));
                }, Features: features);
            }

            yield return new($"{name} of a pod to a cluster address reaches the node itself, and the answer comes from that address", world =>
            {
                var backend = new IPEndPoint(world.Node, BackendPort);
                world.Serve(world.ClusterIp(), protocol, Inside, backend);
                world.FromPod(Say(protocol, world.Pod(), world.ClusterIp())).Leaves(PacketMark.Judged).Is(Say(protocol, world.Pod(), backend));
                world.ToPod(Reply(protocol, backend, world.Pod())).IsPassed().Is(Reply(protocol, world.ClusterIp(), world.Pod()));
            }, Features: Tunnelled);
            yield return new($"{name} of a pod to a cluster address whose backend is outside leaves under the node's address, and the answer comes from the cluster address", world =>
            {
                var backend = world.Stranger(BackendPort);
                world.Serve(world.ClusterIp(), protocol, Inside, backend);
                world.GoesOut(world.FromPod(Say(protocol, world.Pod(), world.ClusterIp())), Say(protocol, world.NodeAs(world.Pod()), backend, hops: 63));
                world.FromNetwork(Reply(protocol, backend, world.NodeAs(world.Pod()))).IsDeliveredTo(world.ClientEntry).Is(Reply(protocol, world.ClusterIp(), world.Pod()));
            }, Features: Tunnelled);
        }

        yield return new("A reset of a pod, and of the backend, pass through a cluster address", world =>
        {
            world.Serve(world.ClusterIp(), Tcp, Inside, world.Here());
            world.FromPod(Say(Tcp, world.Pod(), world.ClusterIp())).IsDeliveredTo(world.ServerEntry);
            world.FromServer(Reply(Tcp, world.Here(), world.Pod(), flags: TcpFlags.Reset | TcpFlags.Ack)).IsDeliveredTo(world.ClientEntry).Is(Reply(Tcp, world.ClusterIp(), world.Pod(), flags: TcpFlags.Reset | TcpFlags.Ack)).Says(EventType.Closed);
            world.FromPod(Say(Tcp, world.Pod(LowPort), world.ClusterIp())).IsDeliveredTo(world.ServerEntry);
            world.FromPod(Say(Tcp, world.Pod(LowPort), world.ClusterIp(), TcpFlags.Reset)).IsDeliveredTo(world.ServerEntry).Is(Say(Tcp, world.Pod(LowPort), world.Here(), TcpFlags.Reset));
        }, Features: Routed);
        yield return new("SCTP of a pod to a cluster address passes with the backend's port, and is a drop that is told with another", world =>
        {
            world.Serve(world.ClusterIp(), Sctp, Inside, world.Here(80));
            world.FromPod(Say(Sctp, world.Pod(), world.ClusterIp())).IsDeliveredTo(world.ServerEntry).Is(Say(Sctp, world.Pod(), world.Here(80)));
            world.FromServer(Reply(Sctp, world.Here(80), world.Pod())).IsDeliveredTo(world.ClientEntry).Is(Reply(Sctp, world.ClusterIp(), world.Pod()));
            world.Serve(world.ClusterIp(), Sctp, Inside, world.Here());
            world.FromPod(Say(Sctp, world.Pod(LowPort), world.ClusterIp())).IsDropped(DropReason.UnknownNatProtocol);
        }, Features: Routed);
        yield return new("A ping to a cluster address goes wherever the network takes it", world =>
        {
            world.Serve(world.ClusterIp(), Tcp, Inside, world.Here());
            var ping = NodeWorld.Between(world.Client, world.ClusterIp().Address, world.IcmpProtocol, IcmpMessage(world.EchoRequest, id: 80));
            Assert.Equal(world.ClusterIp().Address, DestinationAddress(world.FromPod(ping).IsSentOut(world.Interfaces.DeviceMac).Packet));
        }, Features: Routed);
        yield return new("Clients inside and outside have backends of their own", world =>
        {
            var frontend = world.Stranger(NodePort) is var balanced ? new IPEndPoint(IPAddress.Parse(world.IsIPv6 ? "2001:db8:9::1" : "203.0.113.1"), balanced.Port) : null!;
            var inside = world.Serve(frontend, Tcp, Inside | Outside, world.There());
            var outside = world.Serve(frontend, Tcp, Inside | Outside, world.Here());
            world.Datapath.Services.Services.Put(Services.ServiceMapsExtensions.Key(frontend, Tcp), outside with { Inside = inside.Inside });
            world.FromNetwork(Say(Tcp, world.Stranger(), frontend)).IsDeliveredTo(world.ServerEntry).Is(Say(Tcp, world.Stranger(), world.Here()));
            world.GoesOut(world.FromPod(Say(Tcp, world.Pod(), frontend)), Say(Tcp, world.Pod(), world.There(), hops: 63));
        }, Features: Routed);
        yield return new("The last hop of a pod to a backend elsewhere is the stack's to tell, and the pod learns it of the address it asked", world =>
        {
            world.Serve(world.ClusterIp(), Udp, Inside, world.There());
            var left = world.FromPod(Say(Udp, world.Pod(), world.ClusterIp(), hops: 1)).Leaves(PacketMark.Judged).Is(Say(Udp, world.Pod(), world.There(), hops: 1)).Packet;
            var type = world.IsIPv6 ? (byte)3 : (byte)11;
            world.ToPod(world.Error(world.Host, world.Client, left, type: type, code: 0)).IsPassed().Is(world.Error(world.Host, world.Client, Renamed(left, destination: world.ClusterIp()), type: type, code: 0));
        }, Features: Routed);
    }

    private static IEnumerable<NodeCase> ToItself()
    {
        foreach (var (name, protocol) in Protocols)
        {
            yield return new($"{name} of a pod to a service that it is the backend of comes back to it from another address, and so does the answer", world =>
            {
                world.CloseClient();
                world.Serve(world.ClusterIp(), protocol, Inside, world.Pod(BackendPort));
                world.FromPod(Say(protocol, world.Pod(), world.ClusterIp())).IsDeliveredTo(world.ClientEntry).IsSilent().Is(Say(protocol, Itself(world), world.Pod(BackendPort)));
                world.FromPod(Reply(protocol, world.Pod(BackendPort), Itself(world))).IsDeliveredTo(world.ClientEntry).IsSilent().Is(Reply(protocol, world.ClusterIp(), world.Pod()));
                world.FromPod(Say(protocol, world.Pod(), world.ClusterIp(), TcpFlags.Ack)).IsDeliveredTo(world.ClientEntry).Is(Say(protocol, Itself(world), world.Pod(BackendPort), TcpFlags.Ack));
                Assert.Equal(0, world.ConnectionCount);
            }, Features: Tunnelled);
        }

        yield return new("A pod's packets to itself by way of a service are counted", world =>
        {
            world.Serve(world.ClusterIp(), Udp, Inside, world.Pod(BackendPort));
            var before = world.Counter(0);
            world.FromPod(Say(Udp, world.Pod(), world.ClusterIp())).IsDeliveredTo(world.ClientEntry);
            world.FromPod(Reply(Udp, world.Pod(BackendPort), Itself(world))).IsDeliveredTo(world.ClientEntry);
            Assert.Equal(before + 2, world.Counter(0));
        }, Features: Routed);
        yield return new("Every fragment of a pod's to itself arrives, there and back", world =>
        {
            world.Serve(world.ClusterIp(), Udp, Inside, world.Pod(BackendPort));
            var whole = Say(Udp, world.Pod(), world.ClusterIp(), payload: 24);
            var first = world.FromPod(Fragment(whole, 0, 16, more: true, identification: 911)).IsDeliveredTo(world.ClientEntry).Packet;
            var last = world.FromPod(Fragment(whole, 16, 32, more: false, identification: 911)).IsDeliveredTo(world.ClientEntry).Packet;
            AssertWhole(first, last);
            Assert.Equal((Itself(world), Itself(world).Address), (Source(first), SourceAddress(last)));
            whole = Say(Udp, world.Pod(BackendPort), Itself(world), payload: 24);
            first = world.FromPod(Fragment(whole, 0, 16, more: true, identification: 912)).IsDeliveredTo(world.ClientEntry).Packet;
            last = world.FromPod(Fragment(whole, 16, 32, more: false, identification: 912)).IsDeliveredTo(world.ClientEntry).Packet;
            AssertWhole(first, last);
            Assert.Equal((world.ClusterIp(), world.ClusterIp().Address), (Source(first), SourceAddress(last)));
        }, Features: Routed);
        yield return new("SCTP of a pod to itself comes back with its ports", world =>
        {
            world.Serve(world.ClusterIp(), Sctp, Inside, world.Pod(80));
            world.FromPod(Say(Sctp, world.Pod(), world.ClusterIp())).IsDeliveredTo(world.ClientEntry).Is(Say(Sctp, Itself(world), world.Pod(80)));
            world.FromPod(Reply(Sctp, world.Pod(80), Itself(world))).IsDeliveredTo(world.ClientEntry).Is(Reply(Sctp, world.ClusterIp(), world.Pod()));
        }, Features: Routed);
        yield return new("The address under which a pod asks itself leads to nobody else, and nothing to it passes that answers nothing", world =>
        {
            world.CloseClient();
            world.Serve(world.ClusterIp(), Tcp, Inside, world.Pod(BackendPort));
            world.FromPod(Reply(Tcp, world.Pod(BackendPort), Itself(world))).IsDropped(DropReason.Policy);
            world.FromPod(Say(Tcp, world.Pod(), world.ClusterIp())).IsDeliveredTo(world.ClientEntry);
            world.FromPod(Reply(Tcp, world.Pod(81), Itself(world))).IsDropped(DropReason.Policy);
            world.FromServer(Reply(Tcp, world.Here(), Itself(world))).IsSentOut(world.Interfaces.DeviceMac);
        }, Features: Tunnelled);
        yield return new("A pod that is one of two backends reaches itself and the other", world =>
        {
            world.Serve(world.ClusterIp(), Udp, Inside, world.Pod(BackendPort), world.Here());
            var seen = new HashSet<IPAddress>();
            for (ushort port = 40000; port < 40032; port++)
            {
                var sent = world.FromPod(Say(Udp, world.Pod(port), world.ClusterIp())).IsDelivered().HasRightChecksums().Packet;
                seen.Add(DestinationAddress(sent));
                Assert.Equal(DestinationAddress(sent).Equals(world.Client) ? Itself(world).Address : world.Client, SourceAddress(sent));
            }

            Assert.Equal(2, seen.Count);
        }, Features: Routed);
    }

    private static IEnumerable<NodeCase> Judged()
    {
        foreach (var (name, protocol) in Protocols)
        {
            yield return new($"{name} to a cluster address: the backend's policy judges the client and the backend's port", world =>
            {
                world.Serve(world.ClusterIp(), protocol, Inside, world.Here());
                world.CloseServer(EndpointFlags.IngressEnforced);
                var drop = world.FromPod(Say(protocol, world.Pod(), world.ClusterIp())).IsDropped(DropReason.Policy).Event;
                Assert.Equal(
                    (PacketWorld.ClientIdentity, PacketWorld.ServerIdentity, TrafficDirection.Ingress, IpAddressKey.From(world.Server), BackendPort),
                    (drop.SourceIdentity, drop.DestinationIdentity, drop.Direction, drop.Destination, Host(drop.DestinationPort)));
                world.Rule(2, TrafficDirection.Ingress, PacketWorld.ClientIdentity, PacketWorld.Class(protocol, 80), PacketWorld.Class(protocol, 80));
                world.FromPod(Say(protocol, world.Pod(LowPort), world.ClusterIp())).IsDropped(DropReason.Policy);
                world.Rule(2, TrafficDirection.Ingress, PacketWorld.ClientIdentity, PacketWorld.Class(protocol, BackendPort), PacketWorld.Class(protocol, BackendPort));
                world.FromPod(Say(protocol, world.Pod(LowPort), world.ClusterIp())).IsDeliveredTo(world.ServerEntry);
            }, Features: Routed);
            yield return new($"{name} to a cluster address: the client's policy judges the backend and its port", world =>
            {
                world.Serve(world.ClusterIp(), protocol, Inside, world.There());
                world.CloseClient();
                world.Rule(1, TrafficDirection.Egress, NodeWorld.RemotePodIdentity, PacketWorld.Class(protocol, 80), PacketWorld.Class(protocol, 80));
                var drop = world.FromPod(Say(protocol, world.Pod(), world.ClusterIp())).IsDropped(DropReason.Policy).Event;
                Assert.Equal((PacketWorld.ClientIdentity, NodeWorld.RemotePodIdentity, TrafficDirection.Egress), (drop.SourceIdentity, drop.DestinationIdentity, drop.Direction));
                world.Rule(1, TrafficDirection.Egress, NodeWorld.RemotePodIdentity, PacketWorld.Class(protocol, BackendPort), PacketWorld.Class(protocol, BackendPort));
                world.GoesToOtherNode(world.FromPod(Say(protocol, world.Pod(LowPort), world.ClusterIp())), hops => Say(protocol, world.Pod(LowPort), world.There(), hops: hops));
                world.FromOtherNode(Reply(protocol, world.There(), world.Pod(LowPort))).IsDeliveredTo(world.ClientEntry).Is(Reply(protocol, world.ClusterIp(), world.Pod(LowPort)));
            }, Features: Tunnelled);
        }

        yield return new("A changed policy of the backend ends a connection by a cluster address, from either side", world =>
        {
            world.Serve(world.ClusterIp(), Tcp, Inside, world.Here());
            world.FromPod(Say(Tcp, world.Pod(), world.ClusterIp())).IsDeliveredTo(world.ServerEntry);
            world.SetServer(world.ServerEntry with { Flags = EndpointFlags.IngressEnforced, PolicyRevision = 2 });
            world.FromServer(Reply(Tcp, world.Here(), world.Pod())).IsDropped(DropReason.Policy);
            world.FromPod(Say(Tcp, world.Pod(), world.ClusterIp(), TcpFlags.Ack)).IsDropped(DropReason.Policy);
        }, Features: Routed);
        yield return new("A changed policy that still allows it leaves a connection by a cluster address with its translation", world =>
        {
            world.Serve(world.ClusterIp(), Tcp, Inside, world.Here());
            world.FromPod(Say(Tcp, world.Pod(), world.ClusterIp())).IsDeliveredTo(world.ServerEntry);
            world.SetServer(world.ServerEntry with { PolicyRevision = 2 });
            world.FromServer(Reply(Tcp, world.Here(), world.Pod())).IsDeliveredTo(world.ClientEntry).Says(EventType.Rejudged).Is(Reply(Tcp, world.ClusterIp(), world.Pod()));
            world.SetServer(world.ServerEntry with { PolicyRevision = 3 });
            world.FromPod(Say(Tcp, world.Pod(), world.ClusterIp(), TcpFlags.Ack)).IsDeliveredTo(world.ServerEntry).Is(Say(Tcp, world.Pod(), world.Here(), TcpFlags.Ack));
            world.FromServer(Reply(Tcp, world.Here(), world.Pod(), flags: TcpFlags.Ack)).IsDeliveredTo(world.ClientEntry).Is(Reply(Tcp, world.ClusterIp(), world.Pod(), flags: TcpFlags.Ack));
        }, Features: Routed);
    }

    private static IEnumerable<NodeCase> Refused()
    {
        foreach (var (name, protocol) in (IEnumerable<(string, byte)>)[.. Protocols, ("SCTP", Sctp)])
        {
            yield return new($"{name} of a pod to a service without backends is answered with \"port unreachable\" from its address, past the pod's own policy, and told", world =>
            {
                world.CloseClient();
                world.Serve(world.ClusterIp(), protocol, Inside);
                var packet = Say(protocol, world.Pod(), world.ClusterIp());
                var kept = (world.IsIPv6 ? 40 : 20) + (protocol == Tcp ? 20 : 8);
                var drop = world.FromPod(packet).IsAnswered(DropReason.NoService).Is(NodePortCases.Unreachable(world, world.ClusterIp().Address, world.Client, packet[..kept])).Event;
                Assert.Equal((PacketWorld.ClientIdentity, (ushort)11, TrafficDirection.Egress, IpAddressKey.From(world.ClusterIp().Address)), (drop.SourceIdentity, drop.SourceEndpoint, drop.Direction, drop.Destination));
                Assert.Equal(0, world.ConnectionCount);
            }, Features: Routed);
        }
    }

    private static IEnumerable<NodeCase> Pieces()
    {
        foreach (var (way, features) in Ways)
        {
            yield return new($"Every fragment of a pod's to a cluster address arrives, there and back {way}", world =>
            {
                world.Serve(world.ClusterIp(), Udp, Inside, world.There());
                var whole = Say(Udp, world.Pod(), world.ClusterIp(), payload: 24);
                var first = world.FromPod(Fragment(whole, 0, 16, more: true, identification: 913)).IsDelivered().Packet;
                var last = world.FromPod(Fragment(whole, 16, 32, more: false, identification: 913)).IsDelivered().Packet;
                AssertWhole(first, last);
                Assert.Equal((world.There(), world.RemotePod), (Destination(first), DestinationAddress(last)));
                whole = Say(Udp, world.There(), world.Pod(), payload: 24);
                first = world.FromOtherNode(Fragment(whole, 0, 16, more: true, identification: 914)).IsDeliveredTo(world.ClientEntry).Packet;
                last = world.FromOtherNode(Fragment(whole, 16, 32, more: false, identification: 914)).IsDeliveredTo(world.ClientEntry).Packet;
                AssertWhole(first, last);
                Assert.Equal((world.ClusterIp(), world.ClusterIp().Address), (Source(first), SourceAddress(last)));
            }, Features: features);
        }

        yield return new("A later fragment of a pod's to a cluster address without the first is dropped, and told", world =>
        {
            world.Serve(world.ClusterIp(), Udp, Inside, world.Here());
            world.FromPod(Fragment(Say(Udp, world.Pod(), world.ClusterIp(), payload: 24), 16, 32, more: false, identification: 915)).IsDropped(DropReason.FragmentNotFound);
        }, Features: Routed);
    }

    /// <summary>As whom a pod asks itself.</summary>
    private static IPEndPoint Itself(NodeWorld world, ushort port = ClientPort) => new(IPAddress.Parse(world.IsIPv6 ? "64:ff9b::a9fe:2a01" : "169.254.42.1"), port);
}
