using Axoneme.Datapath.Layout;
using static Axoneme.Datapath.Tests.Packets.PacketBuilder;
using static Axoneme.Datapath.Tests.Packets.PacketWorld;

namespace Axoneme.Datapath.Tests.Packets;

/// <summary>What a connection remembers, and what makes it forget.</summary>
internal static class ConntrackCases
{
    private const uint NotSyn = 513;
    private const uint Rejudged = 515;

    public static IEnumerable<PacketCase> All =>
    [
        new("The answer of an allowed connection needs no rule of its own", world =>
        {
            Open(world);
            world.FromServer(world.TcpReply(80, 40000, TcpFlags.Syn | TcpFlags.Ack)).IsDelivered();
            Assert.True(world.Connection.Flags.HasFlag(ConntrackFlags.ReplySeen));
        }),
        new("Packets of an established connection are silent", world =>
        {
            Establish(world);
            world.FromClient(world.Tcp(40000, 80, TcpFlags.Ack)).IsDelivered().IsSilent();
            world.FromServer(world.TcpReply(80, 40000, TcpFlags.Ack)).IsDelivered().IsSilent();
        }),
        new("Both directions share one entry", world =>
        {
            Establish(world);
            Assert.Equal(1, world.ConnectionCount);
        }),
        new("A SYN in reply direction opens a connection of its own and is judged so", world =>
        {
            Establish(world);
            world.FromServer(world.TcpReply(80, 40000, TcpFlags.Syn)).IsDropped(DropReason.Policy);
            world.FromClient(world.Tcp(40000, 80, TcpFlags.Ack)).IsDelivered();
        }),
        new("A SYN behind the end of a connection is judged as new", world =>
        {
            Establish(world);
            world.FromClient(world.Tcp(40000, 80, TcpFlags.Reset)).IsDelivered().Says(EventType.Closed);
            world.FromClient(world.Tcp(40000, 80, TcpFlags.Syn)).IsDelivered().Says(EventType.New);
            Assert.Equal(ConntrackFlags.None, world.Connection.Flags & ~ConntrackFlags.InitiatorIsHigh);
        }),
        new("Both FINs close a connection, and it is told once", world =>
        {
            Establish(world);
            world.FromClient(world.Tcp(40000, 80, TcpFlags.Fin | TcpFlags.Ack)).IsDelivered();
            world.FromServer(world.TcpReply(80, 40000, TcpFlags.Fin | TcpFlags.Ack)).IsDelivered().Says(EventType.Closed);
            world.FromClient(world.Tcp(40000, 80, TcpFlags.Ack)).IsDelivered().IsSilent();
        }),
        new("The answer of a UDP exchange is allowed, another port's is not", world =>
        {
            world.AllowClientToServer(Class(Udp, 53));
            world.FromClient(Ip(world.Client, world.Server, Udp, UdpDatagram(40000, 53))).IsDelivered();
            world.FromServer(Ip(world.Server, world.Client, Udp, UdpDatagram(53, 40000))).IsDelivered();
            world.FromServer(Ip(world.Server, world.Client, Udp, UdpDatagram(53, 40001))).IsDropped(DropReason.Policy);
        }),
        new("An echo reply belongs to its request, by the id", world =>
        {
            world.AllowClientToServer(Class(world.IcmpProtocol, world.EchoRequest));
            world.FromClient(Ip(world.Client, world.Server, world.IcmpProtocol, IcmpMessage(world.EchoRequest, id: 7))).IsDelivered();
            world.FromServer(Ip(world.Server, world.Client, world.IcmpProtocol, IcmpMessage(world.EchoReply, id: 7))).IsDelivered();
            world.FromServer(Ip(world.Server, world.Client, world.IcmpProtocol, IcmpMessage(world.EchoReply, id: 8))).IsDropped(DropReason.Policy);
        }),
        new("An echo request of the one who was asked is judged as its own", world =>
        {
            world.AllowClientToServer(Class(world.IcmpProtocol, world.EchoRequest));
            world.FromClient(Ip(world.Client, world.Server, world.IcmpProtocol, IcmpMessage(world.EchoRequest, id: 7))).IsDelivered();
            world.FromServer(Ip(world.Server, world.Client, world.IcmpProtocol, IcmpMessage(world.EchoRequest, id: 7))).IsDropped(DropReason.Policy);
            world.FromServer(Ip(world.Server, world.Client, world.IcmpProtocol, IcmpMessage(world.EchoReply, id: 7))).IsDelivered();
        }),
        new("An echo reply that nobody asked for is judged by its own type", world =>
        {
            world.AllowClientToServer(Class(world.IcmpProtocol, world.EchoRequest));
            world.FromClient(Reply(world, 7)).IsDropped(DropReason.Policy);
            world.AllowClientToServer(Class(world.IcmpProtocol, world.EchoReply));
            var told = world.FromClient(Reply(world, 7)).IsDelivered().Says(EventType.New).Event;
            Assert.Equal((ushort)(world.EchoReply << 8), told.SourcePort);
        }),
        new("An echo reply that nobody asked for opens nothing", world =>
        {
            world.AllowClientToServer(Class(world.IcmpProtocol, world.EchoReply));
            world.FromClient(Reply(world, 7)).IsDelivered();
            Assert.Equal(0, world.ConnectionCount);
            world.FromClient(Ip(world.Client, world.Server, world.IcmpProtocol, IcmpMessage(world.EchoRequest, id: 7))).IsDropped(DropReason.Policy);
            world.FromServer(Ip(world.Server, world.Client, world.IcmpProtocol, IcmpMessage(world.EchoReply, id: 7))).IsDropped(DropReason.Policy);
        }),
        new("Who asks does not answer by the same connection", world =>
        {
            world.AllowClientToServer(Class(world.IcmpProtocol, world.EchoRequest));
            world.FromClient(Ip(world.Client, world.Server, world.IcmpProtocol, IcmpMessage(world.EchoRequest, id: 7))).IsDelivered();
            world.FromClient(Reply(world, 7)).IsDropped(DropReason.Policy);
            world.FromServer(Ip(world.Server, world.Client, world.IcmpProtocol, IcmpMessage(world.EchoReply, id: 7))).IsDelivered();
        }),
        new("An SCTP association begins with an INIT; one met in the middle is judged in its own direction, and counted", world =>
        {
            world.AllowClientToServer(Class(Sctp, 80));
            var before = world.Counter(NotSyn);
            world.FromClient(Association(world, SctpChunk.Init)).IsDelivered().Says(EventType.New);
            Assert.Equal((before, ConntrackFlags.None), (world.Counter(NotSyn), world.Connection.Flags & ConntrackFlags.NotSyn));
            world.Reset();
            world.AllowClientToServer(Class(Sctp, 80));
            world.FromClient(Association(world, SctpChunk.Data)).IsDelivered();
            Assert.Equal(before + 1, world.Counter(NotSyn));
            Assert.True(world.Connection.Flags.HasFlag(ConntrackFlags.NotSyn));
        }),
        new("An INIT of the one whom an SCTP association was begun with is judged as its own", world =>
        {
            world.AllowClientToServer(Class(Sctp, 80));
            world.FromClient(Association(world, SctpChunk.Init)).IsDelivered();
            world.FromServer(Ip(world.Server, world.Client, Sctp, SctpPacket(80, 40000, SctpChunk.Init))).IsDropped(DropReason.Policy);
            world.FromServer(Ip(world.Server, world.Client, Sctp, SctpPacket(80, 40000, SctpChunk.InitAck))).IsDelivered();
        }),
        new("An SCTP association that its responder brought back after eviction ends when its right direction is denied", world =>
        {
            world.AllowClientToServer(Class(Sctp, 80));
            world.Rule(2, TrafficDirection.Egress, ClientIdentity, 0, AnyClass).Rule(1, TrafficDirection.Ingress, ServerIdentity, 0, AnyClass);
            world.FromServer(Ip(world.Server, world.Client, Sctp, SctpPacket(80, 40000, SctpChunk.Data))).IsDelivered();
            world.Rule(2, TrafficDirection.Ingress, ClientIdentity, Class(Sctp, 80), Class(Sctp, 80), verdict: 0);
            world.SetServer(world.ServerEntry with { PolicyRevision = world.ServerEntry.PolicyRevision + 1 });
            world.FromClient(Association(world, SctpChunk.Data)).IsDropped(DropReason.PolicyDeny);
        }),
        new("TCP met in the middle is judged in its own direction, and counted", world =>
        {
            world.AllowClientToServer(Class(Tcp, 80));
            var before = world.Counter(NotSyn);
            world.FromClient(world.Tcp(40000, 80, TcpFlags.Ack)).IsDelivered();
            Assert.Equal(before + 1, world.Counter(NotSyn));
            Assert.True(world.Connection.Flags.HasFlag(ConntrackFlags.NotSyn));
        }),
        new("An answer whose connection was forgotten is judged in its own direction, so forgetting opens nothing", world =>
            world.FromServer(world.TcpReply(80, 40000, TcpFlags.Ack)).IsDropped(DropReason.Policy)),
        new("A connection met in the middle from the wrong end still ends when the right direction is denied", world =>
        {
            world.SetClient(world.ClientEntry with { Flags = EndpointFlags.None });
            world.SetServer(world.ServerEntry with { Flags = EndpointFlags.None });
            world.FromServer(world.TcpReply(80, 40000, TcpFlags.Ack)).IsDelivered();
            world.Rule(9, TrafficDirection.Ingress, ClientIdentity, Class(Tcp, 80), Class(Tcp, 80), verdict: 0, rule: 66);
            world.SetServer(world.ServerEntry with { PolicyId = 9 });
            world.FromServer(world.TcpReply(80, 40000, TcpFlags.Ack)).IsDropped(DropReason.PolicyDeny);
            world.FromClient(world.Tcp(40000, 80, TcpFlags.Ack)).IsDropped(DropReason.PolicyDeny);
        }),
        new("A reset of something unknown leaves no entry", world =>
        {
            world.AllowClientToServer(Class(Tcp, 80));
            world.FromClient(world.Tcp(40000, 80, TcpFlags.Reset)).IsDelivered();
            Assert.Equal(0, world.ConnectionCount);
        }),
        new("A refused first packet leaves no entry", world =>
        {
            world.FromClient(world.Tcp(40000, 80, TcpFlags.Syn)).IsDropped(DropReason.Policy);
            Assert.Equal(0, world.ConnectionCount);
        }),
        .. Staleness(),
        new("An expired entry is no connection any more", world =>
        {
            Establish(world);
            world.ChangeConnection(entry => entry with { LastSeen = entry.LastSeen - 8000 });
            world.Datapath.Policy.Delete(PolicyKey.Of(2, TrafficDirection.Ingress, ClientIdentity));
            world.FromClient(world.Tcp(40000, 80, TcpFlags.Ack)).IsDropped(DropReason.Policy);
        }),
        new("A connection without an answer expires after a minute, one with an answer does not", world =>
        {
            Open(world);
            world.ChangeConnection(entry => entry with { LastSeen = entry.LastSeen - 100 });
            world.FromClient(world.Tcp(40000, 80, TcpFlags.Syn)).IsDelivered().Says(EventType.New);
            world.FromServer(world.TcpReply(80, 40000, TcpFlags.Syn | TcpFlags.Ack)).IsDelivered();
            world.ChangeConnection(entry => entry with { LastSeen = entry.LastSeen - 100 });
            var outcome = world.FromClient(world.Tcp(40000, 80, TcpFlags.Ack)).IsDelivered();
            Assert.DoesNotContain(outcome.Events, e => e.Type == EventType.New);
        }),
        new("A long connection is told of again after the report interval", world =>
        {
            Establish(world);
            world.ChangeConnection(entry => entry with { LastSeen = entry.LastSeen - 1, LastReported = entry.LastReported - 10 });
            world.FromClient(world.Tcp(40000, 80, TcpFlags.Ack)).IsDelivered().Says(EventType.Active);
        }),
        new("The host's connection to a pod and the pod's answer share one entry", world =>
        {
            world.Rule(2, TrafficDirection.Ingress, HostIdentity, 0, AnyClass, rule: 2);
            world.ToServer(Ip(world.Host, world.Server, Tcp, TcpSegment(50000, 80, TcpFlags.Syn))).IsPassed();
            world.FromServer(Ip(world.Server, world.Host, Tcp, TcpSegment(80, 50000, TcpFlags.Syn | TcpFlags.Ack))).IsPassed();
            Assert.Equal(1, world.ConnectionCount);
        }),
        new("An address outside that becomes somebody else's is judged anew within a tick", world =>
        {
            var world2 = world.IsIPv6 ? 10u : 9u;
            world.Rule(1, TrafficDirection.Egress, world2, Class(Tcp, 443), Class(Tcp, 443));
            world.FromClient(Ip(world.Client, world.Outside, Tcp, TcpSegment(40000, 443, TcpFlags.Syn))).IsPassed();
            world.Datapath.Hosts.Put(IpAddressKey.From(world.Outside), new IpcacheEntry { Identity = 3000 });
            world.ChangeConnection(entry => entry with { LastSeen = entry.LastSeen - 1 });
            world.FromClient(Ip(world.Client, world.Outside, Tcp, TcpSegment(40000, 443, TcpFlags.Ack))).IsDropped(DropReason.Policy);
        }),
        new("An error about an open connection reaches who caused it, without a rule", world =>
        {
            world.AllowClientToServer(Class(Udp, 53));
            var sent = Ip(world.Client, world.Server, Udp, UdpDatagram(40000, 53));
            world.FromClient(sent).IsDelivered();
            world.FromServer(Ip(world.Server, world.Client, world.IcmpProtocol, IcmpMessage(world.Unreachable, 3, body: sent))).IsDelivered();
        }),
        new("An error about nothing known is judged by its type", world =>
        {
            var never = Ip(world.Client, world.Server, Udp, UdpDatagram(40000, 53));
            world.FromServer(Ip(world.Server, world.Client, world.IcmpProtocol, IcmpMessage(world.Unreachable, 3, body: never))).IsDropped(DropReason.Policy);
        }),
        new("An error about a connection that goes to somebody else than its sender is judged by its type", world =>
        {
            world.AllowClientToServer(Class(Udp, 53));
            var sent = Ip(world.Client, world.Server, Udp, UdpDatagram(40000, 53));
            world.FromClient(sent).IsDelivered();
            world.FromServer(Ip(world.Server, world.Host, world.IcmpProtocol, IcmpMessage(world.Unreachable, 3, body: sent))).IsDropped(DropReason.Policy);
        }),
        new("A router's error about a pod's connection to outside comes in", world =>
        {
            world.Rule(1, TrafficDirection.Egress, world.IsIPv6 ? 10u : 9u, 0, AnyClass);
            var sent = Ip(world.Client, world.Outside, Udp, UdpDatagram(40000, 53));
            world.FromClient(sent).IsPassed();
            world.ToClient(Ip(world.Host, world.Client, world.IcmpProtocol, IcmpMessage(world.Unreachable, 3, body: sent))).IsPassed();
        }),
    ];

    /// <summary>Policy, label and address changes reach open connections, from either side, allowed and refused.</summary>
    private static byte[] Reply(PacketWorld world, ushort id) => Ip(world.Client, world.Server, world.IcmpProtocol, IcmpMessage(world.EchoReply, id: id));

    private static byte[] Association(PacketWorld world, SctpChunk chunk) => Ip(world.Client, world.Server, Sctp, SctpPacket(40000, 80, chunk));

    private static IEnumerable<PacketCase> Staleness()
    {
        (string What, Action<PacketWorld> Change)[] changes =
        [
            ("the server's policy", world => world.SetServer(world.ServerEntry with { PolicyId = 9 })),
            ("the server's policy revision", world => { world.Datapath.Policy.Delete(PolicyKey.Of(2, TrafficDirection.Ingress, ClientIdentity)); world.SetServer(world.ServerEntry with { PolicyRevision = 2 }); }),
            ("the server's labels", world => { world.SetServer(world.ServerEntry with { Identity = 2001 }); world.Datapath.Hosts.Put(IpAddressKey.From(world.Server), new IpcacheEntry { Identity = 2001, Ifindex = world.ServerIfindex }); }),
            ("the client's policy", world => world.SetClient(world.ClientEntry with { PolicyId = 9 })),
            ("the client's labels", world => { world.SetClient(world.ClientEntry with { Identity = 1001 }); world.Datapath.Hosts.Put(IpAddressKey.From(world.Client), new IpcacheEntry { Identity = 1001, Ifindex = world.ClientIfindex }); }),
        ];
        foreach (var (what, change) in changes)
        {
            yield return new($"When {what} changes and no longer allows it, the open connection ends with the client's next packet", world =>
            {
                Establish(world);
                change(world);
                world.FromClient(world.Tcp(40000, 80, TcpFlags.Ack)).IsDropped(DropReason.Policy);
                world.FromServer(world.TcpReply(80, 40000, TcpFlags.Ack)).IsDropped(DropReason.Policy);
            });
            yield return new($"When {what} changes and no longer allows it, the open connection ends with the server's next packet", world =>
            {
                Establish(world);
                change(world);
                world.FromServer(world.TcpReply(80, 40000, TcpFlags.Ack)).IsDropped(DropReason.Policy);
                world.FromClient(world.Tcp(40000, 80, TcpFlags.Ack)).IsDropped(DropReason.Policy);
            });
        }

        yield return new("A changed policy that still allows an open connection keeps it, and says so", world =>
        {
            Establish(world);
            world.Rule(9, TrafficDirection.Ingress, ClientIdentity, Class(Tcp, 80), Class(Tcp, 80), rule: 77);
            world.SetServer(world.ServerEntry with { PolicyId = 9 });
            var before = world.Counter(Rejudged);
            Assert.Equal(77u, world.FromServer(world.TcpReply(80, 40000, TcpFlags.Ack)).IsDelivered().Says(EventType.Rejudged).Event.IngressRule);
            Assert.Equal(before + 1, world.Counter(Rejudged));
            world.FromServer(world.TcpReply(80, 40000, TcpFlags.Ack)).IsDelivered().IsSilent();
        });
        yield return new("A changed deny rule ends an open connection", world =>
        {
            Establish(world);
            world.Rule(9, TrafficDirection.Ingress, ClientIdentity, 0, AnyClass, verdict: 0, rule: 78);
            world.SetServer(world.ServerEntry with { PolicyId = 9 });
            world.FromClient(world.Tcp(40000, 80, TcpFlags.Ack)).IsDropped(DropReason.PolicyDeny);
        });
        yield return new("A connection that policy ended stays ended when the other end, free to send, goes on", world =>
        {
            Establish(world);
            world.SetClient(world.ClientEntry with { Flags = EndpointFlags.EgressEnforced });
            world.SetServer(world.ServerEntry with { Flags = EndpointFlags.IngressEnforced, PolicyId = 9 });
            world.FromClient(world.Tcp(40000, 80, TcpFlags.Ack)).IsDropped(DropReason.Policy);
            world.FromServer(world.TcpReply(80, 40000, TcpFlags.Ack)).IsDropped(DropReason.Policy);
            world.FromClient(world.Tcp(40000, 80, TcpFlags.Ack)).IsDropped(DropReason.Policy);
        });
        yield return new("An address given to another pod does not inherit the connections of the one before", world =>
        {
            Establish(world);
            world.Datapath.Endpoints.Delete(world.ServerIfindex);
            world.FromClient(world.Tcp(40000, 80, TcpFlags.Ack)).IsDropped(DropReason.NoLocalEndpoint);
        });
    }

    private static void Open(PacketWorld world)
    {
        world.AllowClientToServer(Class(Tcp, 80));
        world.FromClient(world.Tcp(40000, 80, TcpFlags.Syn)).IsDelivered();
    }

    private static void Establish(PacketWorld world)
    {
        Open(world);
        world.FromServer(world.TcpReply(80, 40000, TcpFlags.Syn | TcpFlags.Ack)).IsDelivered();
    }
}
