using Axoneme.Datapath.Layout;
using static Axoneme.Datapath.Tests.Packets.PacketBuilder;
using static Axoneme.Datapath.Tests.Packets.PacketWorld;

namespace Axoneme.Datapath.Tests.Packets;

/// <summary>Verdicts on first packets.</summary>
internal static class PolicyCases
{
    public static IEnumerable<PacketCase> All =>
    [
        new("A connection that both ends allow is delivered straight into the other pod", world =>
        {
            world.AllowClientToServer(Class(Tcp, 80));
            var outcome = world.FromClient(world.Tcp(40000, 80, TcpFlags.Syn)).IsDelivered().Says(EventType.New);
            Assert.Equal((ClientIdentity, ServerIdentity, 21u, 22u), (outcome.Event.SourceIdentity, outcome.Event.DestinationIdentity, outcome.Event.EgressRule, outcome.Event.IngressRule));
            Assert.Equal(((ushort)11, (ushort)12), (outcome.Event.SourceEndpoint, outcome.Event.DestinationEndpoint));
        }),
        new("A delivered packet carries the receiver's MAC and its gateway's", world =>
        {
            world.AllowClientToServer(Class(Tcp, 80));
            var output = world.FromClient(world.Tcp(40000, 80, TcpFlags.Syn)).IsDelivered().Output;
            Assert.Equal(ServerMac.ToArray(), output[..6]);
            Assert.Equal(ServerGatewayMac.ToArray(), output[6..12]);
        }),
        new("Nothing matched and egress is enforced: the sender's side refuses, by no rule", world =>
        {
            world.Rule(2, TrafficDirection.Ingress, ClientIdentity, 0, AnyClass);
            var drop = world.FromClient(world.Tcp(40000, 80, TcpFlags.Syn)).IsDropped(DropReason.Policy).Event;
            Assert.Equal((TrafficDirection.Egress, 0u), (drop.Direction, drop.EgressRule));
            Assert.Equal(0, world.ConnectionCount);
        }),
        new("Nothing matched and ingress is enforced: the receiver's side refuses, and says what egress rule had let it go", world =>
        {
            world.Rule(1, TrafficDirection.Egress, ServerIdentity, 0, AnyClass, rule: 33);
            var drop = world.FromClient(world.Tcp(40000, 80, TcpFlags.Syn)).IsDropped(DropReason.Policy).Event;
            Assert.Equal((TrafficDirection.Ingress, 33u, 0u), (drop.Direction, drop.EgressRule, drop.IngressRule));
        }),
        new("A direction without policy lets everything through", world =>
        {
            world.SetClient(world.ClientEntry with { Flags = EndpointFlags.None });
            world.SetServer(world.ServerEntry with { Flags = EndpointFlags.None });
            var outcome = world.FromClient(world.Tcp(40000, 80, TcpFlags.Syn)).IsDelivered();
            Assert.Equal((1u, 1u), (outcome.Event.EgressRule, outcome.Event.IngressRule));
        }),
        new("A deny rule holds where nothing is enforced by default", world =>
        {
            world.SetClient(world.ClientEntry with { Flags = EndpointFlags.None });
            world.SetServer(world.ServerEntry with { Flags = EndpointFlags.None });
            world.Rule(2, TrafficDirection.Ingress, ClientIdentity, Class(Tcp, 80), Class(Tcp, 80), verdict: 0, rule: 44);
            Assert.Equal(44u, world.FromClient(world.Tcp(40000, 80, TcpFlags.Syn)).IsDropped(DropReason.PolicyDeny).Event.IngressRule);
            world.FromClient(world.Tcp(40000, 81, TcpFlags.Syn)).IsDelivered();
        }),
        new("A deny rule names itself in the drop", world =>
        {
            world.Rule(1, TrafficDirection.Egress, ServerIdentity, 0, AnyClass, verdict: 0, rule: 55);
            Assert.Equal(55u, world.FromClient(world.Tcp(40000, 80, TcpFlags.Syn)).IsDropped(DropReason.PolicyDeny).Event.EgressRule);
        }),
        new("Another port than the allowed one is refused", world =>
        {
            world.AllowClientToServer(Class(Tcp, 80));
            world.FromClient(world.Tcp(40000, 81, TcpFlags.Syn)).IsDropped(DropReason.Policy);
        }),
        new("The allowed port of another protocol is refused", world =>
        {
            world.AllowClientToServer(Class(Tcp, 80));
            world.FromClient(Ip(world.Client, world.Server, Udp, UdpDatagram(40000, 80))).IsDropped(DropReason.Policy);
        }),
        new("UDP is judged by its own port", world =>
        {
            world.AllowClientToServer(Class(Udp, 53));
            world.FromClient(Ip(world.Client, world.Server, Udp, UdpDatagram(40000, 53))).IsDelivered();
        }),
        new("SCTP is judged by its port", world =>
        {
            world.AllowClientToServer(Class(Sctp, 3868));
            world.FromClient(Ip(world.Client, world.Server, Sctp, UdpDatagram(40000, 3868))).IsDelivered();
        }),
        new("A protocol without ports matches an interval over all its ports, and only then", world =>
        {
            world.Rule(1, TrafficDirection.Egress, ServerIdentity, 0, AnyClass).Rule(2, TrafficDirection.Ingress, ClientIdentity, Class(47, 0), Class(47, 0xFFFF));
            world.FromClient(Ip(world.Client, world.Server, 47, new byte[8])).IsDelivered();
            world.FromClient(Ip(world.Client, world.Server, 50, new byte[8])).IsDropped(DropReason.Policy);
        }),
        new("The entry for every identity holds for one without an entry of its own", world =>
        {
            world.Rule(1, TrafficDirection.Egress, 0, Class(Tcp, 80), Class(Tcp, 80)).Rule(2, TrafficDirection.Ingress, 0, 0, AnyClass);
            world.FromClient(world.Tcp(40000, 80, TcpFlags.Syn)).IsDelivered();
            world.FromClient(world.Tcp(40000, 81, TcpFlags.Syn)).IsDropped(DropReason.Policy);
        }),
        new("An identity with an entry of its own does not fall through to the entry for all", world =>
        {
            world.Rule(1, TrafficDirection.Egress, 0, 0, AnyClass).Rule(2, TrafficDirection.Ingress, 0, 0, AnyClass);
            world.Rule(1, TrafficDirection.Egress, ServerIdentity, Class(Tcp, 80), Class(Tcp, 80));
            world.FromClient(world.Tcp(40000, 81, TcpFlags.Syn)).IsDropped(DropReason.Policy);
        }),
        .. Bisection(),
        new("An ICMP echo request is judged by its type", world =>
        {
            world.AllowClientToServer(Class(world.IcmpProtocol, world.EchoRequest));
            world.FromClient(Ip(world.Client, world.Server, world.IcmpProtocol, IcmpMessage(world.EchoRequest, id: 7))).IsDelivered();
        }),
        new("Another ICMP type is another class, and leaves no connection behind", world =>
        {
            world.AllowClientToServer(Class(world.IcmpProtocol, world.EchoRequest));
            var timestamp = world.IsIPv6 ? (byte)200 : (byte)13;
            world.FromClient(Ip(world.Client, world.Server, world.IcmpProtocol, IcmpMessage(timestamp))).IsDropped(DropReason.Policy);
            world.AllowClientToServer(Class(world.IcmpProtocol, timestamp));
            world.FromClient(Ip(world.Client, world.Server, world.IcmpProtocol, IcmpMessage(timestamp))).IsDelivered();
            Assert.Equal(0, world.ConnectionCount);
        }),
        new("Audit mode reports what would be dropped and drops nothing", world =>
        {
            world.SetClient(world.ClientEntry with { Flags = world.ClientEntry.Flags | EndpointFlags.Audit });
            world.SetServer(world.ServerEntry with { Flags = world.ServerEntry.Flags | EndpointFlags.Audit });
            var outcome = world.FromClient(world.Tcp(40000, 80, TcpFlags.Syn)).IsDelivered().Says(EventType.Audit);
            Assert.Equal((byte)DropReason.Policy, outcome.Events.Single(e => e.Type == EventType.Audit).Reason);
        }),
        new("One pod in audit mode does not open the other", world =>
        {
            world.SetClient(world.ClientEntry with { Flags = world.ClientEntry.Flags | EndpointFlags.Audit });
            Assert.Equal(TrafficDirection.Ingress, world.FromClient(world.Tcp(40000, 80, TcpFlags.Syn)).IsDropped(DropReason.Policy).Event.Direction);
        }),
        new("A packet to the host goes to the stack when the pod may talk to the host", world =>
        {
            world.Rule(1, TrafficDirection.Egress, HostIdentity, Class(Tcp, 6443), Class(Tcp, 6443));
            world.FromClient(Ip(world.Client, world.Host, Tcp, TcpSegment(40000, 6443, TcpFlags.Syn))).IsPassed();
            world.FromClient(Ip(world.Client, world.Host, Tcp, TcpSegment(40000, 22, TcpFlags.Syn))).IsDropped(DropReason.Policy);
        }),
        new("An address nobody told of is the world's, of its family", world =>
        {
            world.Rule(1, TrafficDirection.Egress, world.IsIPv6 ? 10u : 9u, Class(Tcp, 443), Class(Tcp, 443));
            world.FromClient(Ip(world.Client, world.Outside, Tcp, TcpSegment(40000, 443, TcpFlags.Syn))).IsPassed();
        }),
        new("A prefix gives its identity to the addresses in it, the longest one first", world =>
        {
            var wide = System.Net.IPNetwork.Parse(world.IsIPv6 ? "2001:db8::/32" : "192.0.2.0/24");
            var narrow = System.Net.IPNetwork.Parse(world.IsIPv6 ? "2001:db8::/120" : "192.0.2.8/29");
            world.Datapath.Prefixes.Put(PrefixKey.From(wide), new IpcacheEntry { Identity = 0x1000001 });
            world.Rule(1, TrafficDirection.Egress, 0x1000001, 0, AnyClass);
            world.FromClient(Ip(world.Client, world.Outside, Tcp, TcpSegment(40000, 443, TcpFlags.Syn))).IsPassed();
            world.Datapath.Prefixes.Put(PrefixKey.From(narrow), new IpcacheEntry { Identity = 0x1000002 });
            world.FromClient(Ip(world.Client, world.Outside, Tcp, TcpSegment(40001, 443, TcpFlags.Syn))).IsDropped(DropReason.Policy);
        }),
        new("A host's packet to a pod is judged as the host's", world =>
        {
            world.Rule(2, TrafficDirection.Ingress, HostIdentity, 0, AnyClass, rule: 2);
            world.ToServer(Ip(world.Host, world.Server, Tcp, TcpSegment(40000, 80, TcpFlags.Syn))).IsPassed();
        }),
        new("A packet from outside is judged as the world's", world =>
            world.ToServer(Ip(world.Outside, world.Server, Tcp, TcpSegment(40000, 80, TcpFlags.Syn))).IsDropped(DropReason.Policy)),
        new("A packet to a pod that is being removed is dropped, not left to the stack", world =>
        {
            world.AllowClientToServer(Class(Tcp, 80));
            world.Datapath.Endpoints.Delete(world.ServerIfindex);
            world.FromClient(world.Tcp(40000, 80, TcpFlags.Syn)).IsDropped(DropReason.NoLocalEndpoint);
        }),
        new("An interface without an endpoint lets nothing out", world =>
        {
            world.Datapath.Endpoints.Delete(world.ClientIfindex);
            world.FromClient(world.Tcp(40000, 80, TcpFlags.Syn)).IsDropped(DropReason.NoLocalEndpoint);
        }),
        new("An interface without an endpoint lets nothing in", world =>
        {
            world.Datapath.Endpoints.Delete(world.ServerIfindex);
            world.ToServer(Ip(world.Host, world.Server, Tcp, TcpSegment(40000, 80, TcpFlags.Syn))).IsDropped(DropReason.NoLocalEndpoint);
        }),
    ];

    /// <summary>Every place where a search in a sorted list can go wrong by one.</summary>
    private static IEnumerable<PacketCase> Bisection()
    {
        (ushort Port, bool Allowed)[] ports = [(79, false), (80, true), (81, false), (99, false), (100, true), (150, true), (200, true), (201, false), (442, false), (443, true), (444, false), (8080, true), (8081, false), (0, false), (65535, true)];
        foreach (var (port, allowed) in ports)
        {
            yield return new($"In a list of five intervals, port {port} is {(allowed ? "allowed" : "refused")}", world =>
            {
                PolicyRangeEntry Interval(ushort low, ushort high) => new(Class(Tcp, low), Class(Tcp, high), 1, 30u + low);
                world.Rule(1, TrafficDirection.Egress, 0, 0, AnyClass);
                world.Rules(2, TrafficDirection.Ingress, ClientIdentity, 500, Interval(80, 80), Interval(100, 200), Interval(443, 443), Interval(8080, 8080), Interval(65535, 65535));
                var outcome = world.FromClient(world.Tcp(40000, port, TcpFlags.Syn));
                _ = allowed ? outcome.IsDelivered() : outcome.IsDropped(DropReason.Policy);
            });
        }

        yield return new("In a list, a deny between two allows refuses exactly its interval", world =>
        {
            world.Rule(1, TrafficDirection.Egress, 0, 0, AnyClass);
            world.Rules(2, TrafficDirection.Ingress, ClientIdentity, 600,
                new PolicyRangeEntry(0, Class(Tcp, 21), 1, 50), new PolicyRangeEntry(Class(Tcp, 22), Class(Tcp, 22), 0, 51), new PolicyRangeEntry(Class(Tcp, 23), AnyClass, 1, 50));
            world.FromClient(world.Tcp(40000, 21, TcpFlags.Syn)).IsDelivered();
            Assert.Equal(51u, world.FromClient(world.Tcp(40000, 22, TcpFlags.Syn)).IsDropped(DropReason.PolicyDeny).Event.IngressRule);
            world.FromClient(world.Tcp(40000, 23, TcpFlags.Syn)).IsDelivered();
        });
    }
}
