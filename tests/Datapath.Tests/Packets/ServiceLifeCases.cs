using System.Net;
using Axoneme.Datapath.Layout;
using Axoneme.Datapath.Tests.Services;
using static Axoneme.Datapath.Tests.Packets.PacketBuilder;
using static Axoneme.Datapath.Tests.Packets.PacketReader;
using static Axoneme.Datapath.Tests.Packets.ServiceWorld;
using static Axoneme.Datapath.Tests.Packets.TranslationCases;

namespace Axoneme.Datapath.Tests.Packets;

/// <summary>The life of a client's translation to a backend: what ends it, what it outlives, and how it comes back.</summary>
internal static class ServiceLifeCases
{
    public static IEnumerable<NodeCase> All => [.. TwoFrontends(), .. Backends(), .. Times(), .. Eviction(), .. Forgotten()];

    /// <summary>One port of a client, and two frontends with the same backend.</summary>
    private static IEnumerable<NodeCase> TwoFrontends()
    {
        foreach (var (name, protocol) in Protocols)
        {
            yield return new($"{name}: a client's port that asks another frontend of its only backend is dropped, and told, and what lives goes on", world =>
            {
                foreach (var (frontend, other, client, ask) in BothSides(world))
                {
                    world.Serve(frontend, protocol, Inside | Outside, world.Here());
                    world.Serve(other, protocol, Inside | Outside, world.Here());
                    ask(Say(protocol, client, frontend)).IsDeliveredTo(world.ServerEntry);
                    ask(Say(protocol, client, other)).IsDropped(DropReason.NoNatMapping);
                    ask(Say(protocol, client, frontend, TcpFlags.Ack)).IsDeliveredTo(world.ServerEntry).Is(Say(protocol, client, world.Here(), TcpFlags.Ack));
                    Assert.Equal(frontend, Source(world.FromServer(Reply(protocol, world.Here(), client)).IsDelivered().HasRightChecksums().Packet));
                }
            }, Features: Routed);
            yield return new($"{name}: a client's port that asks another frontend gets another backend there", world =>
            {
                foreach (var (frontend, other, client, ask) in BothSides(world))
                {
                    world.Serve(frontend, protocol, Inside | Outside, world.Here());
                    world.Serve(other, protocol, Inside | Outside, world.Here(), world.There());
                    ask(Say(protocol, client, frontend)).IsDeliveredTo(world.ServerEntry);
                    Assert.Equal(world.There(), Destination(ask(Say(protocol, client, other)).IsDelivered().HasRightChecksums().Packet));
                    Assert.Equal(frontend, Source(world.FromServer(Reply(protocol, world.Here(), client)).IsDelivered().Packet));
                }
            }, Features: Routed);
            yield return new($"{name}: a client's port asks another frontend of its only backend after a minute's silence", world =>
            {
                world.Serve(world.Asked(), protocol, Outside, world.Here());
                world.Serve(world.Asked(OtherNodePort), protocol, Outside, world.Here());
                world.FromNetwork(Say(protocol, world.Stranger(), world.Asked())).IsDeliveredTo(world.ServerEntry);
                Age(world, ticks: 50);
                world.FromNetwork(Say(protocol, world.Stranger(), world.Asked(OtherNodePort))).IsDropped(DropReason.NoNatMapping);
                Age(world, ticks: 7);
                world.FromNetwork(Say(protocol, world.Stranger(), world.Asked(OtherNodePort))).IsDeliveredTo(world.ServerEntry);
                world.GoesOut(world.FromServer(Reply(protocol, world.Here(), world.Stranger())), Reply(protocol, world.Asked(OtherNodePort), world.Stranger(), hops: 63));
            }, Features: Routed);
        }

        yield return new("A pod's port that talks to a backend itself gets another one of the service, or is dropped, and told", world =>
        {
            world.FromPod(Say(Tcp, world.Pod(), world.Here())).IsDeliveredTo(world.ServerEntry);
            world.FromServer(Reply(Tcp, world.Here(), world.Pod())).IsDeliveredTo(world.ClientEntry);
            world.Serve(world.ClusterIp(), Tcp, Inside, world.Here());
            world.FromPod(Say(Tcp, world.Pod(), world.ClusterIp())).IsDropped(DropReason.NoNatMapping);
            world.Serve(world.ClusterIp(), Tcp, Inside, world.Here(), world.There());
            Assert.Equal(world.There(), Destination(world.FromPod(Say(Tcp, world.Pod(), world.ClusterIp())).IsDelivered().Packet));
            world.FromServer(Reply(Tcp, world.Here(), world.Pod(), flags: TcpFlags.Ack)).IsDeliveredTo(world.ClientEntry).Is(Reply(Tcp, world.Here(), world.Pod(), flags: TcpFlags.Ack));
        }, Features: Routed);
        yield return new("A pod's port that talks to a backend through its service does not begin a connection to it, and is told, until that has ended", world =>
        {
            world.Serve(world.ClusterIp(), Tcp, Inside, world.Here());
            world.FromPod(Say(Tcp, world.Pod(), world.ClusterIp())).IsDeliveredTo(world.ServerEntry);
            world.FromPod(Say(Tcp, world.Pod(), world.ClusterIp())).IsDeliveredTo(world.ServerEntry); // sent again
            world.FromPod(Say(Tcp, world.Pod(), world.Here())).IsDropped(DropReason.NoNatMapping);
            Assert.Equal(world.ClusterIp(), Source(world.FromServer(Reply(Tcp, world.Here(), world.Pod())).IsDeliveredTo(world.ClientEntry).Packet));
            world.FromPod(Say(Tcp, world.Pod(), world.ClusterIp(), TcpFlags.Reset)).IsDeliveredTo(world.ServerEntry);
            world.FromPod(Say(Tcp, world.Pod(), world.Here())).IsDeliveredTo(world.ServerEntry);
            Assert.Equal(world.Here(), Source(world.FromServer(Reply(Tcp, world.Here(), world.Pod())).IsDeliveredTo(world.ClientEntry).Packet));
        }, Features: Routed);
        (string What, Action<NodeWorld> End)[] ends =
        [
            ("both sides ended it", world => { Asks(world, TcpFlags.Fin | TcpFlags.Ack); Answers(world, TcpFlags.Fin | TcpFlags.Ack); }),
            ("its client reset it", world => Asks(world, TcpFlags.Reset)),
            ("its backend reset it", world => Answers(world, TcpFlags.Reset)),
        ];
        foreach (var (what, end) in ends)
        {
            yield return new($"A client's port asks another frontend of its only backend as soon as {what}, and is answered by that", world =>
            {
                world.Serve(world.Asked(), Tcp, Outside, world.Here());
                world.Serve(world.Asked(OtherNodePort), Tcp, Outside, world.Here());
                NodePortCases.Establish(world);
                world.FromNetwork(Say(Tcp, world.Stranger(), world.Asked(OtherNodePort))).IsDropped(DropReason.NoNatMapping);
                end(world);
                world.FromNetwork(Say(Tcp, world.Stranger(), world.Asked(OtherNodePort))).IsDeliveredTo(world.ServerEntry).Is(Say(Tcp, world.Stranger(), world.Here()));
                world.GoesOut(world.FromServer(Reply(Tcp, world.Here(), world.Stranger())), Reply(Tcp, world.Asked(OtherNodePort), world.Stranger(), hops: 63));
            }, Features: Routed);
        }

        yield return new("A connection that only its client ended keeps its port", world =>
        {
            world.Serve(world.Asked(), Tcp, Outside, world.Here());
            world.Serve(world.Asked(OtherNodePort), Tcp, Outside, world.Here());
            NodePortCases.Establish(world);
            Asks(world, TcpFlags.Fin | TcpFlags.Ack);
            world.FromNetwork(Say(Tcp, world.Stranger(), world.Asked(OtherNodePort))).IsDropped(DropReason.NoNatMapping);
        }, Features: Routed);
        yield return new("A client's port that asks two frontends of a backend elsewhere has two connections there, and gets the answers of each from it", world =>
        {
            foreach (var (_, protocol) in Protocols.Where(row => row.Protocol != Sctp))
            {
                world.Serve(world.Asked(), protocol, Outside, world.There());
                world.Serve(world.Asked(OtherNodePort), protocol, Outside, world.There());
                var first = Source(world.FromNetwork(Say(protocol, world.Stranger(), world.Asked())).IsDelivered().Packet);
                var second = Source(world.FromNetwork(Say(protocol, world.Stranger(), world.Asked(OtherNodePort))).IsDelivered().Packet);
                Assert.NotEqual(first, second);
                world.GoesOut(world.FromOtherNode(Reply(protocol, world.There(), second)), Reply(protocol, world.Asked(OtherNodePort), world.Stranger(), hops: 63));
                world.GoesOut(world.FromOtherNode(Reply(protocol, world.There(), first)), Reply(protocol, world.Asked(), world.Stranger(), hops: 63));
            }
        }, Features: Routed);
    }

    private static IEnumerable<NodeCase> Backends()
    {
        yield return new("Clients whose ports follow each other are spread over two backends", world =>
        {
            world.Serve(world.Asked(), Udp, Outside, world.Here(), world.There());
            foreach (var first in Enumerable.Range(0, 20).Select(i => 10_000 + i * 1_000))
            {
                var here = Enumerable.Range(first, 64).Count(port => Destination(world.FromNetwork(Say(Udp, world.Stranger((ushort)port), world.Asked())).IsDelivered().Packet).Equals(world.Here()));
                Assert.InRange(here, 10, 54); // of 64 at random not once in ten million
            }
        }, Features: Routed);
        yield return new("A connection whose backend is gone gets another one with its next packet a tick later", world =>
        {
            var before = world.Serve(world.Asked(), Tcp, Outside, world.Here());
            NodePortCases.Establish(world);
            world.Serve(world.Asked(), Tcp, Outside, world.There());
            world.Datapath.Services.Backends.Delete(world.Backends(before)[0]);
            Age(world, ticks: 1);
            world.GoesOut(world.FromNetwork(Say(Tcp, world.Stranger(), world.Asked(), TcpFlags.Ack)), Say(Tcp, world.NodeAs(world.Stranger()), world.There(), TcpFlags.Ack, 63));
            world.GoesOut(
                world.FromOtherNode(Reply(Tcp, world.There(), world.NodeAs(world.Stranger()), flags: TcpFlags.Reset)), Reply(Tcp, world.Asked(), world.Stranger(), 63, TcpFlags.Reset));
        }, Features: Routed);
        yield return new("A client's connection to a backend elsewhere begins anew when that address is a pod's of this node, a tick later", world =>
        {
            world.Serve(world.Asked(), Tcp, Outside, world.There());
            world.FromNetwork(Say(Tcp, world.Stranger(), world.Asked())).IsDelivered();
            var entry = world.Translation(TranslationSide.ToBackend).Entry;
            Assert.Equal(NatRole.Asks | NatRole.Service | NatRole.BothEnds, entry.Role);
            world.Know(world.There().Address, PacketWorld.ServerIdentity, ifindex: world.Interfaces.Server);
            world.FromNetwork(Say(Tcp, world.Stranger(), world.Asked(), TcpFlags.Reset));
            Assert.Equal(NatRole.Asks | NatRole.Service, world.Translation(TranslationSide.ToBackend).Entry.Role);
        }, Features: Routed);
        yield return new("A client whose backend saw an address that the node no longer has is brought there under the one it has", world =>
        {
            world.Serve(world.Asked(), Tcp, Outside, world.There());
            world.FromNetwork(Say(Tcp, world.Stranger(), world.Asked())).IsDelivered();
            world.Know(world.Node, NodeWorld.RemoteNodeIdentity);
            world.Know(world.RemoteNode, PacketWorld.HostIdentity);
            world.SetDevice(world.RemoteNode);
            Age(world, ticks: 1);
            world.GoesOut(
                world.FromNetwork(Say(Tcp, world.Stranger(), world.Asked(), TcpFlags.Ack)), Say(Tcp, new IPEndPoint(world.RemoteNode, world.Stranger().Port), world.There(), TcpFlags.Ack, 63));
        }, Features: Routed);
        yield return new("What answers a pod that was lent a port is the pod's, whatever service has the same one at the node", world =>
        {
            world.FromPod(MasqueradeCases.Request(world, Udp, 50000)).IsSentOut(world.Interfaces.DeviceMac);
            world.Serve(new IPEndPoint(world.Node, 50000), Udp, Outside, world.Here());
            world.FromNetwork(MasqueradeCases.Answer(world, Udp, 50000)).IsDeliveredTo(world.ClientEntry);
            world.FromNetwork(Say(Udp, world.Stranger(), new IPEndPoint(world.Node, 50000))).IsDeliveredTo(world.ServerEntry);
        }, Features: Routed);
        yield return new("A client that asks a service is not given a port that a pod has towards it", world =>
        {
            var asked = new IPEndPoint(world.Node, 50000);
            world.Serve(asked, Udp, Outside, world.Here());
            world.FromNetwork(Say(Udp, new IPEndPoint(world.Outside, 443), asked)).IsDeliveredTo(world.ServerEntry);
            Assert.NotEqual(50000, MasqueradeCases.PortOf(Udp, world.FromPod(MasqueradeCases.Request(world, Udp, 50000)).IsSentOut(world.Interfaces.DeviceMac).Packet));
            world.FromNetwork(Say(Udp, new IPEndPoint(world.Outside, 443), asked)).IsDeliveredTo(world.ServerEntry);
        }, Features: Routed);
        yield return new("A pod's connection whose backend is gone gets another one with its next packet a tick later", world =>
        {
            var before = world.Serve(world.ClusterIp(), Udp, Inside, world.There());
            world.FromPod(Say(Udp, world.Pod(), world.ClusterIp())).IsDelivered();
            world.Serve(world.ClusterIp(), Udp, Inside, world.Here());
            world.Datapath.Services.Backends.Delete(world.Backends(before)[0]);
            Age(world, ticks: 1);
            world.FromPod(Say(Udp, world.Pod(), world.ClusterIp())).IsDeliveredTo(world.ServerEntry).Is(Say(Udp, world.Pod(), world.Here()));
        }, Features: Routed);
        yield return new("A connection whose last backend is gone is told that nobody answers", world =>
        {
            var before = world.Serve(world.Asked(), Tcp, Outside, world.Here());
            NodePortCases.Establish(world);
            world.Serve(world.Asked(), Tcp, Outside);
            world.Datapath.Services.Backends.Delete(world.Backends(before)[0]);
            Age(world, ticks: 1);
            world.FromNetwork(Say(Tcp, world.Stranger(), world.Asked(), TcpFlags.Ack)).IsAnswered(DropReason.NoService);
        }, Features: Routed);
        foreach (var (what, flags) in new[] { ("is no longer in the list", BackendFlags.None), ("terminates", BackendFlags.Terminating) })
        {
            yield return new($"A backend that {what} keeps the connections it has and gets no new ones", world =>
            {
                var before = world.Serve(world.Asked(), Tcp, Outside, world.Here());
                NodePortCases.Establish(world);
                Change(world, world.Backends(before)[0], flags);
                world.Serve(world.Asked(), Tcp, Outside, world.There());
                Age(world, ticks: 1);
                world.FromNetwork(Say(Tcp, world.Stranger(), world.Asked(), TcpFlags.Ack)).IsDeliveredTo(world.ServerEntry).Is(Say(Tcp, world.Stranger(), world.Here(), TcpFlags.Ack));
                world.GoesOut(world.FromServer(Reply(Tcp, world.Here(), world.Stranger(), flags: TcpFlags.Ack)), Reply(Tcp, world.Asked(), world.Stranger(), 63, TcpFlags.Ack));
                Assert.Equal(world.There(), Destination(world.FromNetwork(Say(Tcp, world.OtherStranger(), world.Asked())).IsDelivered().Packet));
            }, Features: Routed);
        }

        yield return new("A client with affinity keeps its backend from any port, for as long as it comes back in time", world =>
        {
            var before = Sticky(world);
            world.FromNetwork(Say(Udp, world.Stranger(50000), world.Asked())).IsDeliveredTo(world.ServerEntry);
            Replace(world, before, world.There());
            world.FromNetwork(Say(Udp, world.Stranger(50001), world.Asked())).IsDeliveredTo(world.ServerEntry);
            Assert.Equal(world.There(), Destination(world.FromNetwork(Say(Udp, world.OtherStranger(), world.Asked())).IsDelivered().Packet));
            Silent(world, ticks: 50);
            world.FromNetwork(Say(Udp, world.Stranger(50002), world.Asked())).IsDeliveredTo(world.ServerEntry);
            Silent(world, ticks: 60);
            world.FromNetwork(Say(Udp, world.Stranger(50003), world.Asked())).IsDeliveredTo(world.ServerEntry);
            Silent(world, ticks: 120);
            Assert.Equal(world.There(), Destination(world.FromNetwork(Say(Udp, world.Stranger(50004), world.Asked())).IsDelivered().Packet));
        }, Features: Routed);
        yield return new("A client with affinity leaves a backend that terminates, or is gone", world =>
        {
            foreach (var gone in new[] { false, true })
            {
                world.Reset();
                var before = Sticky(world);
                world.FromNetwork(Say(Udp, world.Stranger(50000), world.Asked())).IsDeliveredTo(world.ServerEntry);
                Replace(world, before, world.There());
                if (gone)
                {
                    world.Datapath.Services.Backends.Delete(world.Backends(before)[0]);
                }
                else
                {
                    Change(world, world.Backends(before)[0], BackendFlags.Terminating);
                }

                Assert.Equal(world.There(), Destination(world.FromNetwork(Say(Udp, world.Stranger(50001), world.Asked())).IsDelivered().Packet));
            }
        }, Features: Routed);
        yield return new("A range that a client is no longer in keeps it from new connections, not from the one it has", world =>
        {
            var service = world.Serve(world.Asked(), Tcp, Outside | ServiceFlags.SourceRanges, world.Here());
            var range = SourceRangeKey.From(service.Group, new IPNetwork(world.Outside, world.IsIPv6 ? 128 : 32));
            world.Datapath.Services.SourceRanges.Put(range, 1);
            NodePortCases.Establish(world);
            world.Datapath.Services.SourceRanges.Delete(range);
            Age(world, ticks: 1);
            world.FromNetwork(Say(Tcp, world.Stranger(), world.Asked(), TcpFlags.Ack)).IsDeliveredTo(world.ServerEntry);
            world.FromNetwork(Say(Tcp, world.Stranger(50001), world.Asked())).IsDropped(DropReason.NotInSourceRange);
        }, Features: Routed);
        yield return new("A table of a service leads every client where it says", world =>
        {
            var service = world.Serve(world.Asked(), Udp, Outside, world.Here(), world.There());
            world.Datapath.Services.Services.Put(ServiceMapsExtensions.Key(world.Asked(), Udp), service with { Outside = service.Outside with { TableSize = 251 } });
            foreach (ushort slot in new ushort[] { 1, 0 })
            {
                for (var piece = 0u; piece < 2; piece++)
                {
                    var entries = default(MaglevPiece);
                    ((Span<ushort>)entries).Fill(slot);
                    world.Datapath.Services.Maglev.Put(new MaglevKey(service.Outside.Id, piece), entries);
                }

                for (ushort port = 41000; port < 41010; port++)
                {
                    Assert.Equal(slot == 0 ? world.Here() : world.There(), Destination(world.FromNetwork(Say(Udp, world.Stranger((ushort)(port + slot * 100)), world.Asked())).IsDelivered().Packet));
                }
            }
        }, Features: Routed);
    }

    private static IEnumerable<NodeCase> Times()
    {
        yield return new("A client that was silent for a minute is brought to whom the service leads to now", world =>
        {
            world.Serve(world.Asked(), Udp, Outside, world.Here());
            world.FromNetwork(Say(Udp, world.Stranger(), world.Asked())).IsDeliveredTo(world.ServerEntry);
            world.Serve(world.Asked(), Udp, Outside, world.There());
            Age(world, ticks: 50);
            world.FromNetwork(Say(Udp, world.Stranger(), world.Asked())).IsDeliveredTo(world.ServerEntry);
            Age(world, ticks: 57);
            Assert.Equal(world.There(), Destination(world.FromNetwork(Say(Udp, world.Stranger(), world.Asked())).IsDelivered().Packet));
        }, Features: Routed);
        yield return new("Answers keep a translation alive, though the client is silent", world =>
        {
            world.Serve(world.Asked(), Udp, Outside, world.Here());
            world.FromNetwork(Say(Udp, world.Stranger(), world.Asked())).IsDeliveredTo(world.ServerEntry);
            world.Serve(world.Asked(), Udp, Outside, world.There());
            for (var i = 0; i < 3; i++)
            {
                Age(world, ticks: 40);
                world.GoesOut(world.FromServer(Reply(Udp, world.Here(), world.Stranger())), Reply(Udp, world.Asked(), world.Stranger(), hops: 63));
            }

            world.FromNetwork(Say(Udp, world.Stranger(), world.Asked())).IsDeliveredTo(world.ServerEntry);
        }, Features: Routed);
        yield return new("An established TCP connection keeps its backend through a long silence", world =>
        {
            world.Serve(world.Asked(), Tcp, Outside, world.Here());
            NodePortCases.Establish(world);
            world.Serve(world.Asked(), Tcp, Outside, world.There());
            Age(world, ticks: 7000);
            world.FromNetwork(Say(Tcp, world.Stranger(), world.Asked(), TcpFlags.Ack)).IsDeliveredTo(world.ServerEntry).Is(Say(Tcp, world.Stranger(), world.Here(), TcpFlags.Ack));
        }, Features: Routed);
        yield return new("A SYN over a connection that has ended begins a new one, with whom the service leads to now", world =>
        {
            world.Serve(world.Asked(), Tcp, Outside, world.Here());
            NodePortCases.Establish(world);
            world.Serve(world.Asked(), Tcp, Outside, world.There());
            world.FromNetwork(Say(Tcp, world.Stranger(), world.Asked())).IsDeliveredTo(world.ServerEntry); // sent again
            Asks(world, TcpFlags.Reset);
            Assert.Equal(world.There(), Destination(world.FromNetwork(Say(Tcp, world.Stranger(), world.Asked())).IsDelivered().Packet));
            Assert.Equal(NatFlags.None, world.Translation(TranslationSide.ToBackend).Entry.Flags);
        }, Features: Routed);
    }

    private static IEnumerable<NodeCase> Eviction()
    {
        foreach (var (name, protocol) in Protocols)
        {
            foreach (var (way, features) in Ways)
            {
                yield return new($"{name}: of a translation to another node {way} each entry that is evicted is made again by the client's next packet", world =>
                {
                    world.Serve(world.Asked(), protocol, Outside, world.There());
                    world.FromNetwork(Say(protocol, world.Stranger(LowPort), world.Asked())).IsDelivered();
                    var seen = Source(world.FromNetwork(Say(protocol, world.Stranger(LowPort), world.Asked(), TcpFlags.Ack)).Packet);
                    foreach (var side in new[] { TranslationSide.ToBackend, TranslationSide.FromBackend })
                    {
                        world.Datapath.Nat.Delete(world.Translation(side).Key);
                        Age(world, ticks: 1);
                        world.GoesToOtherNode(world.FromNetwork(Say(protocol, world.Stranger(LowPort), world.Asked(), TcpFlags.Ack)), hops => Say(protocol, seen, world.There(), TcpFlags.Ack, hops));
                        world.GoesOut(world.FromOtherNode(Reply(protocol, world.There(), seen, flags: TcpFlags.Ack)), Reply(protocol, world.Asked(), world.Stranger(LowPort), 63, TcpFlags.Ack));
                        Assert.Equal(2, world.Datapath.Nat.Entries().Count);
                    }
                }, Features: features);
            }

            yield return new($"{name}: an entry of a client's translation that is evicted is made again by the client's next packet", world =>
            {
                foreach (var (frontend, _, client, ask) in BothSides(world))
                {
                    world.Serve(frontend, protocol, Inside | Outside, world.Here());
                    ask(Say(protocol, client, frontend)).IsDeliveredTo(world.ServerEntry);
                    world.FromServer(Reply(protocol, world.Here(), client)).IsDelivered();
                    foreach (var side in new[] { TranslationSide.ToBackend, TranslationSide.FromBackend })
                    {
                        Evict(world, side);
                        Age(world, ticks: 1);
                        ask(Say(protocol, client, frontend, TcpFlags.Ack)).IsDeliveredTo(world.ServerEntry).Is(Say(protocol, client, world.Here(), TcpFlags.Ack));
                        Assert.Equal(frontend, Source(world.FromServer(Reply(protocol, world.Here(), client, flags: TcpFlags.Ack)).IsDelivered().HasRightChecksums().Packet));
                    }
                }
            }, Features: Routed);
            yield return new($"{name}: the entry of what the client sends, evicted, is made again by the next answer, and leads where it led", world =>
            {
                world.Serve(world.Asked(), protocol, Outside, world.Here());
                world.FromNetwork(Say(protocol, world.Stranger(), world.Asked())).IsDeliveredTo(world.ServerEntry);
                world.GoesOut(world.FromServer(Reply(protocol, world.Here(), world.Stranger())), Reply(protocol, world.Asked(), world.Stranger(), hops: 63));
                world.Serve(world.Asked(), protocol, Outside, world.There());
                Evict(world, TranslationSide.ToBackend);
                Age(world, ticks: 1);
                world.GoesOut(world.FromServer(Reply(protocol, world.Here(), world.Stranger(), flags: TcpFlags.Ack)), Reply(protocol, world.Asked(), world.Stranger(), 63, TcpFlags.Ack));
                world.FromNetwork(Say(protocol, world.Stranger(), world.Asked(), TcpFlags.Ack)).IsDeliveredTo(world.ServerEntry).Is(Say(protocol, world.Stranger(), world.Here(), TcpFlags.Ack));
            }, Features: Routed);
            yield return new($"{name}: an answer whose entry is evicted is dropped, and told, until the client says something: it never comes from the pod itself", world =>
            {
                foreach (var (frontend, _, client, ask) in BothSides(world))
                {
                    world.Serve(frontend, protocol, Inside | Outside, world.Here());
                    ask(Say(protocol, client, frontend)).IsDeliveredTo(world.ServerEntry);
                    world.FromServer(Reply(protocol, world.Here(), client)).IsDelivered();
                    Evict(world, TranslationSide.FromBackend);
                    var drop = world.FromServer(Reply(protocol, world.Here(), client, flags: TcpFlags.Ack)).IsDropped(DropReason.NoNatMapping).Events[^1];
                    Assert.Equal((PacketWorld.ServerIdentity, TrafficDirection.Egress), (drop.SourceIdentity, drop.Direction));
                    Age(world, ticks: 1);
                    ask(Say(protocol, client, frontend, TcpFlags.Ack)).IsDeliveredTo(world.ServerEntry);
                    Assert.Equal(frontend, Source(world.FromServer(Reply(protocol, world.Here(), client, flags: TcpFlags.Ack)).IsDelivered().Packet));
                }
            }, Features: Routed);
        }

        yield return new("An entry that is made again remembers that there are answers, and outlasts a long silence", world =>
        {
            world.Serve(world.Asked(), Tcp, Outside, world.Here());
            NodePortCases.Establish(world);
            world.Serve(world.Asked(), Tcp, Outside, world.There());
            Evict(world, TranslationSide.ToBackend);
            Age(world, ticks: 1);
            world.FromServer(Reply(Tcp, world.Here(), world.Stranger(), flags: TcpFlags.Ack)).IsDelivered();
            Assert.Equal(NatFlags.ReplySeen, world.Translation(TranslationSide.ToBackend).Entry.Flags);
            Age(world, ticks: 7000);
            world.FromNetwork(Say(Tcp, world.Stranger(), world.Asked(), TcpFlags.Ack)).IsDeliveredTo(world.ServerEntry);
        }, Features: Routed);
        yield return new("More translations of services than there is room for push out old ones, and none leads astray", world =>
        {
            world.CloseServer();
            world.Rule(2, TrafficDirection.Ingress, world.WorldIdentity, PacketWorld.Class(Udp, BackendPort), PacketWorld.Class(Udp, BackendPort));
            world.Serve(world.Asked(), Udp, Outside, world.Here());
            for (ushort port = 40000; port < 41200; port++)
            {
                world.FromNetwork(Say(Udp, world.Stranger(port), world.Asked())).IsDeliveredTo(world.ServerEntry).HasRightChecksums();
                world.GoesOut(world.FromServer(Reply(Udp, world.Here(), world.Stranger(port))), Reply(Udp, world.Asked(), world.Stranger(port), hops: 63));
            }
        }, Features: Routed);
    }

    /// <summary>Where conntrack forgot and the translation is still there.</summary>
    private static IEnumerable<NodeCase> Forgotten()
    {
        foreach (var (name, protocol) in Protocols)
        {
            yield return new($"{name}: where conntrack forgot, a client's next packet goes on with its backend, and is answered by the frontend", world =>
            {
                foreach (var (frontend, _, client, ask) in BothSides(world))
                {
                    world.Serve(frontend, protocol, Inside | Outside, world.Here());
                    ask(Say(protocol, client, frontend)).IsDeliveredTo(world.ServerEntry);
                    ForgetConnections(world);
                    ask(Say(protocol, client, frontend, TcpFlags.Ack)).IsDeliveredTo(world.ServerEntry).Is(Say(protocol, client, world.Here(), TcpFlags.Ack));
                    Assert.Equal(frontend, Source(world.FromServer(Reply(protocol, world.Here(), client, flags: TcpFlags.Ack)).IsDelivered().Packet));
                }
            }, Features: Routed);
            yield return new($"{name}: where conntrack forgot, a pod's next answer still comes from the frontend, and so do those that follow", world =>
            {
                foreach (var (frontend, _, client, ask) in BothSides(world))
                {
                    world.Serve(frontend, protocol, Inside | Outside, world.Here());
                    ask(Say(protocol, client, frontend)).IsDeliveredTo(world.ServerEntry);
                    world.FromServer(Reply(protocol, world.Here(), client)).IsDelivered();
                    ForgetConnections(world);
                    for (var i = 0; i < 2; i++)
                    {
                        var answer = world.FromServer(Reply(protocol, world.Here(), client, flags: TcpFlags.Ack)).IsDelivered().HasRightChecksums().Packet;
                        Assert.Equal((frontend, client), (Source(answer), Destination(answer)));
                        ask(Say(protocol, client, frontend, TcpFlags.Ack)).IsDeliveredTo(world.ServerEntry).Is(Say(protocol, client, world.Here(), TcpFlags.Ack));
                    }
                }
            }, Features: Tunnelled);
            foreach (var (way, features) in Ways)
            {
                yield return new($"{name}: where conntrack forgot, the next answer to a pod from a backend elsewhere {way} still comes from the cluster address", world =>
                {
                    world.Serve(world.ClusterIp(), protocol, Inside, world.There());
                    world.FromPod(Say(protocol, world.Pod(), world.ClusterIp())).IsDelivered();
                    world.FromOtherNode(Reply(protocol, world.There(), world.Pod())).IsDeliveredTo(world.ClientEntry);
                    ForgetConnections(world);
                    for (var i = 0; i < 2; i++)
                    {
                        world.FromOtherNode(Reply(protocol, world.There(), world.Pod(), flags: TcpFlags.Ack)).IsDeliveredTo(world.ClientEntry).Is(Reply(protocol, world.ClusterIp(), world.Pod(), flags: TcpFlags.Ack));
                        world.GoesToOtherNode(world.FromPod(Say(protocol, world.Pod(), world.ClusterIp(), TcpFlags.Ack)), hops => Say(protocol, world.Pod(), world.There(), TcpFlags.Ack, hops));
                    }
                }, Features: features);
            }
        }

        yield return new("Where conntrack forgot, an answer to a client of a service is judged in its own direction, and forgetting opens nothing", world =>
        {
            world.CloseServer(EndpointFlags.EgressEnforced);
            world.Serve(world.Asked(), Udp, Outside, world.Here());
            world.FromNetwork(Say(Udp, world.Stranger(), world.Asked())).IsDeliveredTo(world.ServerEntry);
            ForgetConnections(world);
            world.FromServer(Reply(Udp, world.Here(), world.Stranger())).IsDropped(DropReason.Policy);
        }, Features: Routed);
        yield return new("What a pod begins itself from a port that a service's client has talked to is its own", world =>
        {
            world.Serve(world.Asked(), Udp, Outside, world.Here());
            world.FromNetwork(Say(Udp, world.Stranger(), world.Asked())).IsDeliveredTo(world.ServerEntry);
            world.GoesOut(world.FromServer(Say(Udp, world.Here(), world.OtherStranger())), Say(Udp, world.Here(), world.OtherStranger(), hops: 63));
        }, Features: NodeFeatures.Services | NodeFeatures.HostFirewall);
    }

    /// <summary>A client outside and a pod, with two frontends each.</summary>
    private static IEnumerable<(IPEndPoint Frontend, IPEndPoint Other, IPEndPoint Client, Func<byte[], PacketOutcome> Ask)> BothSides(NodeWorld world)
    {
        yield return (world.Asked(), world.Asked(OtherNodePort), world.Stranger(), world.FromNetwork);
        world.Reset();
        yield return (world.ClusterIp(), new IPEndPoint(world.ClusterIp().Address, 81), world.Pod(), world.FromPod);
    }

    private static void Asks(NodeWorld world, TcpFlags flags) => world.FromNetwork(Say(Tcp, world.Stranger(), world.Asked(), flags)).IsDeliveredTo(world.ServerEntry);

    private static void Answers(NodeWorld world, TcpFlags flags) => world.FromServer(Reply(Tcp, world.Here(), world.Stranger(), flags: flags)).IsSentOut(world.Interfaces.DeviceMac);

    private static void Evict(NodeWorld world, TranslationSide side) => world.Datapath.Nat.Delete(world.Translation(side).Key);

    private static void Change(NodeWorld world, uint backend, BackendFlags flags)
    {
        Assert.True(world.Datapath.Services.Backends.TryGet(backend, out var entry));
        world.Datapath.Services.Backends.Put(backend, entry with { Flags = flags });
    }

    /// <summary>A service that clients stay with for 100 ticks.</summary>
    private static ServiceEntry Sticky(NodeWorld world) => world.Datapath.Services.Add(world.Asked(), Udp, [world.Here()], Outside | ServiceFlags.Affinity, affinityTicks: 100);

    /// <summary>The same service gets another list.</summary>
    private static void Replace(NodeWorld world, ServiceEntry service, IPEndPoint backend)
    {
        var other = world.Datapath.Services.Add(world.Asked(), Udp, [backend], Outside | ServiceFlags.Affinity);
        world.Datapath.Services.Services.Put(ServiceMapsExtensions.Key(world.Asked(), Udp), service with { Outside = other.Outside });
    }

    /// <summary>As if no client with affinity had begun anything for so long.</summary>
    private static void Silent(NodeWorld world, uint ticks)
    {
        foreach (var (key, entry) in world.Datapath.Services.Affinity.Entries())
        {
            world.Datapath.Services.Affinity.Put(key, entry with { LastSeen = entry.LastSeen - ticks });
        }
    }
}
