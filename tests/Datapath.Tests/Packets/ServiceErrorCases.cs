using System.Net;
using Axoneme.Datapath.Layout;
using static Axoneme.Datapath.Tests.Packets.PacketBuilder;
using static Axoneme.Datapath.Tests.Packets.PacketReader;
using static Axoneme.Datapath.Tests.Packets.ServiceWorld;

namespace Axoneme.Datapath.Tests.Packets;

/// <summary>ICMP errors about what clients and backends of services say to each other: each side learns of whom it knows.</summary>
internal static class ServiceErrorCases
{
    private static readonly (string Name, byte Type4, byte Code4, byte Type6, byte Code6)[] Kinds =
        [("too long", 3, 4, 2, 0), ("time exceeded", 11, 0, 3, 0), ("port unreachable", 3, 3, 1, 4), ("parameter problem", 12, 0, 4, 0)];

    public static IEnumerable<NodeCase> All => [.. EachKind(), .. ToPods(), .. Others()];

    private static IEnumerable<NodeCase> EachKind()
    {
        foreach (var kind in Kinds)
        {
            yield return new($"A pod's \"{kind.Name}\" about what came by a node port names the node port, inside and outside", world =>
            {
                foreach (var (_, protocol) in Protocols)
                {
                    world.CloseServer();
                    world.Rule(2, TrafficDirection.Ingress, world.WorldIdentity, 0, PacketWorld.AnyClass);
                    world.Serve(world.Asked(), protocol, Outside, world.Here());
                    var received = world.FromNetwork(Say(protocol, world.Stranger(), world.Asked())).IsDeliveredTo(world.ServerEntry).Packet;
                    world.GoesOut(world.FromServer(Make(world, kind, world.Server, world.Outside, received)), Make(world, kind, world.Node, world.Outside, Renamed(received, destination: world.Asked()), 63)).IsSilent();
                }
            }, Features: Routed);
            foreach (var who in new[] { "A client", "A router" })
            {
                yield return new($"{who}'s \"{kind.Name}\" about an answer from a node port reaches the pod, and names it", world =>
                {
                    foreach (var (_, protocol) in Protocols)
                    {
                        world.CloseServer();
                        world.Rule(2, TrafficDirection.Ingress, world.WorldIdentity, PacketWorld.Class(protocol, BackendPort), PacketWorld.Class(protocol, BackendPort));
                        world.Serve(world.Asked(), protocol, Outside, world.Here());
                        world.FromNetwork(Say(protocol, world.Stranger(), world.Asked())).IsDeliveredTo(world.ServerEntry);
                        var answer = world.FromServer(Reply(protocol, world.Here(), world.Stranger())).IsSentOut(world.Interfaces.DeviceMac).Packet;
                        var sender = Sender(world, who);
                        world.FromNetwork(Make(world, kind, sender, world.Node, answer)).IsDeliveredTo(world.ServerEntry).IsSilent().Is(Make(world, kind, sender, world.Server, Renamed(answer, source: world.Here())));
                    }
                }, Features: Routed);
                foreach (var (way, features) in Ways)
                {
                    yield return new($"{who}'s \"{kind.Name}\" about an answer reaches a pod of another node {way} under the node's address, and names what that knows", world =>
                    {
                        foreach (var (_, protocol) in Protocols)
                        {
                            var asked = Asked(world, protocol);
                            var answer = world.FromOtherNode(Reply(protocol, world.There(), asked)).IsSentOut(world.Interfaces.DeviceMac).Packet;
                            world.GoesToOtherNode(
                                world.FromNetwork(Make(world, kind, Sender(world, who), world.Node, answer)),
                                hops => Make(world, kind, world.Node, world.RemotePod, Renamed(answer, source: world.There(), destination: asked), hops));
                        }
                    }, Features: features);
                }
            }

            foreach (var (way, features) in Ways)
            {
                yield return new($"\"{kind.Name}\" of a pod of another node {way} names the node port, inside and outside", world =>
                {
                    foreach (var (_, protocol) in Protocols)
                    {
                        var received = Say(protocol, Asked(world, protocol), world.There(), hops: 63);
                        world.GoesOut(
                            world.FromOtherNode(Make(world, kind, world.RemotePod, world.Node, received)),
                            Make(world, kind, world.Node, world.Outside, Renamed(received, world.Stranger(LowPort), world.Asked()), 63));
                    }
                }, Features: features);
            }

            yield return new($"A router's \"{kind.Name}\" on the way to a pod of another node names the node port inside", world =>
            {
                foreach (var (_, protocol) in Protocols)
                {
                    var received = Say(protocol, Asked(world, protocol), world.There(), hops: 63);
                    var router = MasqueradeErrorCases.Router(world);
                    world.GoesOut(world.FromNetwork(Make(world, kind, router, world.Node, received)), Make(world, kind, router, world.Outside, Renamed(received, world.Stranger(LowPort), world.Asked()), 63));
                }
            }, Features: Routed);
        }
    }

    private static IEnumerable<NodeCase> ToPods()
    {
        foreach (var (name, protocol) in Protocols)
        {
            yield return new($"{name}: a backend's error about what a pod asked comes from the cluster address, and names it", world =>
            {
                world.CloseClient(EndpointFlags.IngressEnforced);
                world.Serve(world.ClusterIp(), protocol, Inside, world.Here());
                var received = world.FromPod(Say(protocol, world.Pod(), world.ClusterIp())).IsDeliveredTo(world.ServerEntry).Packet;
                world.FromServer(world.Error(world.Server, world.Client, received)).IsDeliveredTo(world.ClientEntry).Is(world.Error(world.ClusterIp().Address, world.Client, Renamed(received, destination: world.ClusterIp())));
            }, Features: Routed);
            yield return new($"{name}: a pod's error about an answer from a cluster address reaches the backend, and names it", world =>
            {
                world.CloseServer(EndpointFlags.IngressEnforced);
                world.Rule(2, TrafficDirection.Ingress, PacketWorld.ClientIdentity, PacketWorld.Class(protocol, BackendPort), PacketWorld.Class(protocol, BackendPort));
                world.Serve(world.ClusterIp(), protocol, Inside, world.Here());
                world.FromPod(Say(protocol, world.Pod(), world.ClusterIp())).IsDeliveredTo(world.ServerEntry);
                var answer = world.FromServer(Reply(protocol, world.Here(), world.Pod())).IsDeliveredTo(world.ClientEntry).Packet;
                world.FromPod(world.Error(world.Client, world.ClusterIp().Address, answer)).IsDeliveredTo(world.ServerEntry).Is(world.Error(world.Client, world.Server, Renamed(answer, source: world.Here())));
            }, Features: Routed);
            foreach (var (way, features) in Ways)
            {
                yield return new($"{name}: the error of a backend elsewhere about what a pod asked {way} comes from the cluster address, and names it", world =>
                {
                    world.CloseClient(EndpointFlags.IngressEnforced);
                    world.Serve(world.ClusterIp(), protocol, Inside, world.There());
                    var received = world.FromPod(Say(protocol, world.Pod(), world.ClusterIp())).IsDelivered().Packet;
                    world.FromOtherNode(world.Error(world.RemotePod, world.Client, received)).IsDeliveredTo(world.ClientEntry)
                        .Is(world.Error(world.ClusterIp().Address, world.Client, Renamed(received, destination: world.ClusterIp())));
                }, Features: features);
                yield return new($"{name}: a pod's error about an answer from a cluster address reaches a backend elsewhere {way}, and names it", world =>
                {
                    world.Serve(world.ClusterIp(), protocol, Inside, world.There());
                    world.FromPod(Say(protocol, world.Pod(), world.ClusterIp())).IsDelivered();
                    var answer = world.FromOtherNode(Reply(protocol, world.There(), world.Pod())).IsDeliveredTo(world.ClientEntry).Packet;
                    world.GoesToOtherNode(
                        world.FromPod(world.Error(world.Client, world.ClusterIp().Address, answer)), hops => world.Error(world.Client, world.RemotePod, Renamed(answer, source: world.There()), hops));
                }, Features: features);
            }

            yield return new($"{name}: a router's error about what a pod asked names the cluster address inside", world =>
            {
                world.CloseClient(EndpointFlags.IngressEnforced);
                world.Serve(world.ClusterIp(), protocol, Inside, world.There());
                var sent = world.FromPod(Say(protocol, world.Pod(), world.ClusterIp())).IsDelivered().Packet;
                var router = MasqueradeErrorCases.Router(world);
                world.FromNetwork(world.Error(router, world.Client, sent)).IsDeliveredTo(world.ClientEntry).Is(world.Error(router, world.Client, Renamed(sent, destination: world.ClusterIp())));
            }, Features: Routed);
        }
    }

    private static IEnumerable<NodeCase> Others()
    {
        yield return new("An error to a node port about nothing that is known is the node's", world =>
        {
            world.Serve(world.Asked(), Tcp, Outside, world.Here());
            var error = world.Error(world.Outside, world.Node, Reply(Tcp, world.Asked(), world.Stranger()));
            world.FromNetwork(error).IsPassed().Is(error);
        }, Features: Routed);
        yield return new("An error about a packet of a service that is cut before its ports is the node's", world =>
        {
            world.Serve(world.Asked(), Udp, Outside, world.Here());
            world.FromNetwork(Say(Udp, world.Stranger(), world.Asked())).IsDeliveredTo(world.ServerEntry);
            var answer = world.FromServer(Reply(Udp, world.Here(), world.Stranger())).Packet;
            var error = world.Error(world.Outside, world.Node, answer[..(answer.Length - Payload(answer).Length + 3)]);
            world.FromNetwork(error).IsPassed().Is(error);
        }, Features: Routed);
        yield return new("Nobody ends a connection of a service by an error that the backend did not get a packet of", world =>
        {
            world.CloseServer();
            world.Rule(2, TrafficDirection.Ingress, world.WorldIdentity, PacketWorld.Class(Udp, BackendPort), PacketWorld.Class(Udp, BackendPort));
            world.Serve(world.Asked(), Udp, Outside, world.Here());
            world.FromNetwork(Say(Udp, world.Stranger(), world.Asked())).IsDeliveredTo(world.ServerEntry);
            world.FromNetwork(world.Error(world.Outside, world.Server, Say(Udp, world.Here(OtherNodePort), world.Stranger()))).IsDropped(DropReason.Policy);
        }, Features: Routed);
        yield return new("An error about another pod's answer that a pod sends is judged by its own type", world =>
        {
            world.Serve(world.ClusterIp(), Udp, Inside, world.There());
            world.FromPod(Say(Udp, world.Pod(), world.ClusterIp())).IsDelivered();
            world.SetServer(world.ServerEntry with { Flags = EndpointFlags.EgressEnforced });
            world.FromServer(world.Error(world.Server, world.ClusterIp().Address, Reply(Udp, world.ClusterIp(), world.Pod()))).IsDropped(DropReason.Policy);
        }, Features: Routed);
        yield return new("The error of a pod about what it asked itself is dropped, and told", world =>
        {
            world.Serve(world.ClusterIp(), Udp, Inside, world.Pod(BackendPort));
            var received = world.FromPod(Say(Udp, world.Pod(), world.ClusterIp())).IsDeliveredTo(world.ClientEntry).Packet;
            world.FromPod(world.Error(world.Client, SourceAddress(received), received)).IsDropped(DropReason.NoNatMapping);
        }, Features: Routed);
        yield return new("An error by the tunnel from nobody of the cluster about a client's packet is dropped", world =>
        {
            world.Serve(world.Asked(), Udp, Outside, world.There());
            var sent = world.FromNetwork(Say(Udp, world.Stranger(), world.Asked())).IsTunnelled().Packet;
            world.FromTunnel(world.Error(world.RemotePod, world.Node, sent), NodeWorld.RemotePodIdentity, world.Outside).IsDropped(DropReason.UnknownSender);
        }, Features: Tunnelled);
        yield return new("An error by the tunnel about the node's own packet is the node's, though services are on", world =>
        {
            var sent = Say(Udp, new IPEndPoint(world.Node, ClientPort), world.There());
            var error = world.Error(world.RemotePod, world.Node, sent);
            world.FromTunnel(error, NodeWorld.RemotePodIdentity).IsPassed().Is(error);
        }, Features: Tunnelled);
    }

    /// <summary>A client outside asks a node port whose backend is elsewhere; as whom it is seen there.</summary>
    private static IPEndPoint Asked(NodeWorld world, byte protocol)
    {
        world.Serve(world.Asked(), protocol, Outside, world.There());
        return Source(world.FromNetwork(Say(protocol, world.Stranger(LowPort), world.Asked())).IsDelivered().Packet);
    }

    private static IPAddress Sender(NodeWorld world, string who) => who == "A router" ? MasqueradeErrorCases.Router(world) : world.Outside;

    private static byte[] Make(NodeWorld world, (string Name, byte Type4, byte Code4, byte Type6, byte Code6) kind, IPAddress sender, IPAddress receiver, byte[] about, byte hops = 64) =>
        world.Error(sender, receiver, about, hops, world.IsIPv6 ? kind.Type6 : kind.Type4, world.IsIPv6 ? kind.Code6 : kind.Code4);
}
