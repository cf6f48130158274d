using Axoneme.Datapath.Layout;
using static Axoneme.Datapath.Tests.Packets.PacketBuilder;
using static Axoneme.Datapath.Tests.Packets.PacketWorld;

namespace Axoneme.Datapath.Tests.Packets;

/// <summary>An end in audit mode says what it would have dropped, and drops nothing that policy alone forbids.</summary>
internal static class AuditCases
{
    private const EndpointFlags Closed = EndpointFlags.IngressEnforced | EndpointFlags.EgressEnforced;
    private const EndpointFlags Audited = Closed | EndpointFlags.Audit;

    public static IEnumerable<NodeCase> All =>
    [
        new("A sending pod in audit mode sends, and it is told why it would not have", world =>
        {
            world.CloseClient(Audited);
            var outcome = world.FromPod(world.TcpTo(world.Server, 40000, 80, TcpFlags.Syn)).IsDeliveredTo(world.ServerEntry);
            AssertAudited(outcome, DropReason.Policy, TrafficDirection.Egress);
            world.FromPod(world.TcpTo(world.Server, 40000, 80, TcpFlags.Ack)).IsDeliveredTo(world.ServerEntry).IsSilent();
        }),
        new("A receiving pod in audit mode receives, and it is told why it would not have", world =>
        {
            world.SetServer(world.ServerEntry with { Flags = Audited });
            AssertAudited(world.FromPod(world.TcpTo(world.Server, 40000, 80, TcpFlags.Syn)).IsDeliveredTo(world.ServerEntry), DropReason.Policy, TrafficDirection.Ingress);
        }),
        new("A receiving pod in audit mode receives from outside", world =>
        {
            world.CloseClient(Audited);
            AssertAudited(world.FromNetwork(NodeWorld.Between(world.Outside, world.Client, Tcp, TcpSegment(50000, 80, TcpFlags.Syn))).IsDeliveredTo(world.ClientEntry), DropReason.Policy, TrafficDirection.Ingress);
        }),
        new("A receiving pod in audit mode receives by the tunnel", world =>
        {
            world.CloseClient(Audited);
            var packet = NodeWorld.Between(world.RemotePod, world.Client, Tcp, TcpSegment(50000, 80, TcpFlags.Syn));
            AssertAudited(world.FromTunnel(packet, NodeWorld.RemotePodIdentity).IsDeliveredTo(world.ClientEntry), DropReason.Policy, TrafficDirection.Ingress);
        }),
        new("Of two pods in audit mode the first refusal is told", world =>
        {
            world.CloseClient(Audited);
            world.SetServer(world.ServerEntry with { Flags = Audited });
            AssertAudited(world.FromPod(world.TcpTo(world.Server, 40000, 80, TcpFlags.Syn)).IsDeliveredTo(world.ServerEntry), DropReason.Policy, TrafficDirection.Egress);
        }),
        new("A sender in audit mode does not open the receiver", world =>
        {
            world.CloseClient(Audited);
            world.SetServer(world.ServerEntry with { Flags = Closed });
            Assert.Equal(TrafficDirection.Ingress, world.FromPod(world.TcpTo(world.Server, 40000, 80, TcpFlags.Syn)).IsDropped(DropReason.Policy).Event.Direction);
        }),
        new("A receiver in audit mode does not open the sender", world =>
        {
            world.CloseClient(Closed);
            world.SetServer(world.ServerEntry with { Flags = Audited });
            Assert.Equal(TrafficDirection.Egress, world.FromPod(world.TcpTo(world.Server, 40000, 80, TcpFlags.Syn)).IsDropped(DropReason.Policy).Event.Direction);
        }),
        new("A deny rule in audit mode names itself and drops nothing", world =>
        {
            world.CloseClient(Audited);
            world.Rule(1, TrafficDirection.Egress, 0, 0, AnyClass, verdict: 0, rule: 91);
            var outcome = world.FromPod(world.TcpTo(world.Outside, 40000, 80, TcpFlags.Syn)).IsSentOut(world.Interfaces.DeviceMac);
            Assert.Equal(91u, AssertAudited(outcome, DropReason.PolicyDeny, TrafficDirection.Egress).EgressRule);
        }),
        new("The node in audit mode receives and sends", world =>
        {
            world.CloseHost(Audited);
            AssertAudited(world.FromNetwork(HostFirewallCases.ToNode(world, 22)).IsPassed(), DropReason.Policy, TrafficDirection.Ingress);
            AssertAudited(world.ToNetwork(HostFirewallCases.FromNode(world, world.Outside, 1000, 443, TcpFlags.Syn)).Leaves(), DropReason.Policy, TrafficDirection.Egress);
            AssertAudited(world.FromPod(world.TcpTo(world.Host, 40000, 22, TcpFlags.Syn)).IsLeftToStack(PacketMark.Judged), DropReason.Policy, TrafficDirection.Ingress);
            AssertAudited(world.ToTunnel(NodeWorld.Between(world.Host, world.RemotePod, Tcp, TcpSegment(50000, 80, TcpFlags.Syn))).Leaves(PacketMark.Forwarded), DropReason.Policy, TrafficDirection.Egress);
        }),
        new("Audit mode that ends, ends the connections it let through", world =>
        {
            world.CloseClient(Audited);
            world.FromPod(world.TcpTo(world.Server, 40000, 80, TcpFlags.Syn)).IsDeliveredTo(world.ServerEntry);
            world.SetClient(world.ClientEntry with { Flags = Closed, PolicyRevision = 2 });
            world.FromPod(world.TcpTo(world.Server, 40000, 80, TcpFlags.Ack)).IsDropped(DropReason.Policy);
            world.FromServer(NodeWorld.Between(world.Server, world.Client, Tcp, TcpSegment(80, 40000, TcpFlags.Ack))).IsDropped(DropReason.Policy);
        }),
        new("A connection that policy ends goes on in audit mode", world =>
        {
            world.FromPod(world.TcpTo(world.Server, 40000, 80, TcpFlags.Syn)).IsDeliveredTo(world.ServerEntry);
            world.SetClient(world.ClientEntry with { Flags = Audited, PolicyRevision = 2 });
            AssertAudited(world.FromPod(world.TcpTo(world.Server, 40000, 80, TcpFlags.Ack)).IsDeliveredTo(world.ServerEntry), DropReason.Policy, TrafficDirection.Egress);
        }),
        new("Every packet without a connection is told of in audit mode", world =>
        {
            world.CloseClient(Audited);
            var message = NodeWorld.Between(world.Client, world.Server, world.IcmpProtocol, IcmpMessage(world.IsIPv6 ? (byte)200 : (byte)13));
            AssertAudited(world.FromPod(message).IsDeliveredTo(world.ServerEntry), DropReason.Policy, TrafficDirection.Egress);
            AssertAudited(world.FromPod(message).IsDeliveredTo(world.ServerEntry), DropReason.Policy, TrafficDirection.Egress);
        }),
        new("Audit mode forgives no forged sender", world =>
        {
            world.CloseClient(Audited);
            world.FromPod(NodeWorld.Between(world.Outside, world.Server, Tcp, TcpSegment(1, 80, TcpFlags.Syn))).IsDropped(DropReason.InvalidSourceIp);
            world.FromNetwork(NodeWorld.Between(world.Server, world.Client, Tcp, TcpSegment(1, 80, TcpFlags.Syn))).IsDropped(DropReason.InvalidSourceIp);
        }),
        new("Audit mode forgives no packet that cannot be read", world =>
        {
            world.CloseClient(Audited);
            world.FromPod(Ip(world.Client, world.Server, Tcp, TcpSegment(1, 80, TcpFlags.Syn)[..19])).IsDropped(DropReason.InvalidL4Header);
        }),
        new("Audit mode delivers to nobody who is gone", world =>
        {
            world.CloseClient(Audited);
            world.Datapath.Endpoints.Delete(world.ServerIfindex);
            world.FromPod(world.TcpTo(world.Server, 40000, 80, TcpFlags.Syn)).IsDropped(DropReason.NoLocalEndpoint);
        }),
    ];

    private static DatapathEvent AssertAudited(PacketOutcome outcome, DropReason reason, TrafficDirection direction)
    {
        var said = outcome.Event;
        Assert.Equal((EventType.Audit, reason, direction), (said.Type, (DropReason)said.Reason, said.Direction));
        return said;
    }
}
