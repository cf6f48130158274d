using Axoneme.Datapath.Layout;
using static Axoneme.Datapath.Tests.Packets.PacketBuilder;
using static Axoneme.Datapath.Tests.Packets.PacketWorld;

namespace Axoneme.Datapath.Tests.Packets;

/// <summary>Audit mode: what policy would drop passes and is told; everything else is dropped as ever.</summary>
internal static class AuditSwitchCases
{
    public static IEnumerable<PacketCase> All =>
    [
        new("What an audited pod may not send passes and is told as its egress, with the reason and no rule", world =>
        {
            Audit(world, client: true, server: false);
            world.Rule(2, TrafficDirection.Ingress, ClientIdentity, Class(Tcp, 80), Class(Tcp, 80), rule: 22);
            var told = Told(world.FromClient(world.Tcp(40000, 80, TcpFlags.Syn)).IsDelivered());
            Assert.Equal((DropReason.Policy, TrafficDirection.Egress, 0u), ((DropReason)told.Reason, told.Direction, told.EgressRule));
            Assert.Equal((ClientIdentity, ServerIdentity), (told.SourceIdentity, told.DestinationIdentity));
        }),
        new("What an audited pod may not receive passes and is told as its ingress", world =>
        {
            Audit(world, client: false, server: true);
            world.Rule(1, TrafficDirection.Egress, ServerIdentity, Class(Tcp, 80), Class(Tcp, 80), rule: 21);
            var told = Told(world.FromClient(world.Tcp(40000, 80, TcpFlags.Syn)).IsDelivered());
            Assert.Equal((DropReason.Policy, TrafficDirection.Ingress), ((DropReason)told.Reason, told.Direction));
        }),
        new("An audited deny rule is told by its number", world =>
        {
            Audit(world);
            world.AllowClientToServer(Class(Tcp, 80));
            world.Rule(2, TrafficDirection.Ingress, ClientIdentity, Class(Tcp, 80), Class(Tcp, 80), verdict: 0, rule: 77);
            var told = Told(world.FromClient(world.Tcp(40000, 80, TcpFlags.Syn)).IsDelivered());
            Assert.Equal((DropReason.PolicyDeny, TrafficDirection.Ingress, 77u), ((DropReason)told.Reason, told.Direction, told.IngressRule));
        }),
        new("An audited connection is told as that alone: no event says that a rule let it pass", world =>
        {
            Audit(world);
            world.Rule(1, TrafficDirection.Egress, ServerIdentity, Class(Tcp, 80), Class(Tcp, 80), verdict: 0, rule: 71);
            world.Rule(2, TrafficDirection.Ingress, ClientIdentity, Class(Tcp, 80), Class(Tcp, 80), rule: 72);
            Assert.Equal((EventType.Audit, 71u, 72u), Rules(world.FromClient(world.Tcp(40000, 80, TcpFlags.Syn)).IsDelivered().Event));
            Assert.Equal((EventType.Active, 0u, 72u), Rules(world.FromServer(world.TcpReply(80, 40000, TcpFlags.Syn | TcpFlags.Ack)).IsDelivered().Event));
            world.SetClient(world.ClientEntry with { PolicyRevision = world.ClientEntry.PolicyRevision + 1 });
            Assert.Equal((EventType.Audit, 71u, 72u), Rules(world.FromClient(world.Tcp(40000, 80, TcpFlags.Ack)).IsDelivered().Event));
            Assert.Equal((EventType.Closed, 0u, 72u), Rules(world.FromServer(world.TcpReply(80, 40000, TcpFlags.Reset)).IsDelivered().Event));
        }),
        new("An audited packet without a connection is told as that alone", world =>
        {
            Audit(world);
            Told(world.FromClient(Ip(world.Client, world.Server, world.IcmpProtocol, IcmpMessage(world.IsIPv6 ? (byte)200 : (byte)13))).IsDelivered());
            Told(world.FromClient(world.Tcp(40000, 80, TcpFlags.Reset)).IsDelivered());
        }),
        new("Of a connection met in the middle, what only the other direction would be refused for is told, with its rule", world =>
        {
            Audit(world, client: false, server: true);
            world.AllowClientToServer(Class(Tcp, 80));
            world.Rule(1, TrafficDirection.Ingress, ServerIdentity, 0, AnyClass, rule: 73);
            world.Rule(2, TrafficDirection.Egress, ClientIdentity, 0, AnyClass, verdict: 0, rule: 74);
            world.FromClient(world.Tcp(40000, 80, TcpFlags.Ack)).IsDelivered().Says(EventType.New);
            world.SetServer(world.ServerEntry with { PolicyRevision = world.ServerEntry.PolicyRevision + 1 });
            var told = Told(world.FromClient(world.Tcp(40000, 80, TcpFlags.Ack)).IsDelivered());
            Assert.Equal((DropReason.PolicyDeny, TrafficDirection.Egress, 74u, 73u), ((DropReason)told.Reason, told.Direction, told.EgressRule, told.IngressRule));
        }),
        new("Of a connection met in the middle, what is refused for the other direction names that direction's rule", world =>
        {
            world.AllowClientToServer(Class(Tcp, 80));
            world.Rule(2, TrafficDirection.Egress, ClientIdentity, 0, AnyClass, verdict: 0, rule: 74);
            world.FromClient(world.Tcp(40000, 80, TcpFlags.Ack)).IsDelivered();
            world.SetServer(world.ServerEntry with { PolicyRevision = world.ServerEntry.PolicyRevision + 1 });
            Assert.Equal(74u, world.FromClient(world.Tcp(40000, 80, TcpFlags.Ack)).IsDropped(DropReason.PolicyDeny).Event.EgressRule);
        }),
        new("What policy allows an audited pod is no audit event", world =>
        {
            Audit(world);
            world.AllowClientToServer(Class(Tcp, 80));
            Assert.Equal(EventType.New, world.FromClient(world.Tcp(40000, 80, TcpFlags.Syn)).IsDelivered().Event.Type);
        }),
        new("An audited connection is told when it begins and not with every packet", world =>
        {
            Audit(world);
            Told(world.FromClient(world.Tcp(40000, 80, TcpFlags.Syn)).IsDelivered());
            world.FromServer(world.TcpReply(80, 40000, TcpFlags.Syn | TcpFlags.Ack)).IsDelivered();
            world.FromClient(world.Tcp(40000, 80, TcpFlags.Ack)).IsDelivered().IsSilent();
            world.FromServer(world.TcpReply(80, 40000, TcpFlags.Ack)).IsDelivered().IsSilent();
        }),
        new("An open connection that only audit mode let through is dropped in both directions when audit mode ends", world =>
        {
            Audit(world);
            Told(world.FromClient(world.Tcp(40000, 80, TcpFlags.Syn)).IsDelivered());
            world.FromServer(world.TcpReply(80, 40000, TcpFlags.Syn | TcpFlags.Ack)).IsDelivered();
            Enforce(world);
            world.FromClient(world.Tcp(40000, 80, TcpFlags.Ack)).IsDropped(DropReason.Policy);
            world.FromServer(world.TcpReply(80, 40000, TcpFlags.Ack)).IsDropped(DropReason.Policy);
        }),
        new("An open connection that policy allows goes on when audit mode begins and when it ends", world =>
        {
            world.AllowClientToServer(Class(Tcp, 80));
            world.FromClient(world.Tcp(40000, 80, TcpFlags.Syn)).IsDelivered();
            world.FromServer(world.TcpReply(80, 40000, TcpFlags.Syn | TcpFlags.Ack)).IsDelivered();
            Audit(world);
            Assert.DoesNotContain(world.FromClient(world.Tcp(40000, 80, TcpFlags.Ack)).IsDelivered().Events, e => e.Type == EventType.Audit);
            Enforce(world);
            world.FromServer(world.TcpReply(80, 40000, TcpFlags.Ack)).IsDelivered();
        }),
        new("A connection that was refused passes once audit mode begins, and is told", world =>
        {
            world.AllowClientToServer(Class(Tcp, 80));
            world.FromClient(world.Tcp(40000, 80, TcpFlags.Syn)).IsDelivered();
            world.Datapath.Policy.Delete(PolicyKey.Of(2, TrafficDirection.Ingress, ClientIdentity));
            world.SetServer(world.ServerEntry with { PolicyRevision = world.ServerEntry.PolicyRevision + 1 });
            world.FromClient(world.Tcp(40000, 80, TcpFlags.Ack)).IsDropped(DropReason.Policy);
            Audit(world);
            Told(world.FromClient(world.Tcp(40000, 80, TcpFlags.Ack)).IsDelivered());
        }),
        new("A pod whose policy is not known is judged by default deny: audited, it passes and is told", world =>
        {
            world.SetClient(world.ClientEntry with { PolicyId = 0 });
            world.AllowClientToServer(Class(Tcp, 80));
            world.FromClient(world.Tcp(40000, 80, TcpFlags.Syn)).IsDropped(DropReason.Policy);
            Audit(world, client: true, server: false);
            Assert.Equal(TrafficDirection.Egress, Told(world.FromClient(world.Tcp(40000, 80, TcpFlags.Syn)).IsDelivered()).Direction);
        }),
        new("Audit mode lets no forged MAC through", world =>
        {
            Audit(world);
            world.FromClient(world.Tcp(40000, 80, TcpFlags.Syn), StrangerMac).IsDropped(DropReason.InvalidSourceMac);
        }),
        new("Audit mode lets no forged address through", world =>
        {
            Audit(world);
            world.FromClient(Ip(world.Outside, world.Server, Tcp, TcpSegment(40000, 80, TcpFlags.Syn))).IsDropped(DropReason.InvalidSourceIp);
        }),
        new("Audit mode lets nobody outside speak for the node", world =>
        {
            Audit(world);
            world.ForwardedToServer(Ip(world.Host, world.Server, Tcp, TcpSegment(40000, 80, TcpFlags.Syn))).IsDropped(DropReason.InvalidSourceIp);
        }),
        new("Audit mode lets no truncated header through", world =>
        {
            Audit(world);
            Assert.Equal(Drop, world.FromClient(Ip(world.Client, world.Server, Tcp, TcpSegment(40000, 80, TcpFlags.Syn)[..8])).Verdict);
        }),
        new("Audit mode lets no packet to a removed pod through", world =>
        {
            Audit(world);
            world.Datapath.Endpoints.Delete(world.ServerIfindex);
            world.FromClient(world.Tcp(40000, 80, TcpFlags.Syn)).IsDropped(DropReason.NoLocalEndpoint);
        }),
        new("Audited pings are told and answered", world =>
        {
            Audit(world);
            Told(world.FromClient(Ip(world.Client, world.Server, world.IcmpProtocol, IcmpMessage(world.EchoRequest, id: 7))).IsDelivered());
            world.FromServer(Ip(world.Server, world.Client, world.IcmpProtocol, IcmpMessage(world.EchoReply, id: 7))).IsDelivered();
        }),
    ];

    /// <summary>Audit mode as the agent writes it: the flag, and the revision's bit.</summary>
    private static void Audit(PacketWorld world, bool client = true, bool server = true)
    {
        if (client)
        {
            world.SetClient(Audited(world.ClientEntry));
        }

        if (server)
        {
            world.SetServer(Audited(world.ServerEntry));
        }
    }

    private static void Enforce(PacketWorld world)
    {
        world.SetClient(Enforced(world.ClientEntry));
        world.SetServer(Enforced(world.ServerEntry));
    }

    private static EndpointEntry Audited(EndpointEntry entry) =>
        entry with { Flags = entry.Flags | EndpointFlags.Audit, PolicyRevision = entry.PolicyRevision | EndpointEntry.AuditRevision };

    private static EndpointEntry Enforced(EndpointEntry entry) =>
        entry with { Flags = entry.Flags & ~EndpointFlags.Audit, PolicyRevision = entry.PolicyRevision & ~EndpointEntry.AuditRevision };

    private static DatapathEvent Told(PacketOutcome outcome)
    {
        Assert.Equal(EventType.Audit, outcome.Event.Type);
        return outcome.Event;
    }

    private static (EventType Type, uint Egress, uint Ingress) Rules(DatapathEvent said) => (said.Type, said.EgressRule, said.IngressRule);
}
