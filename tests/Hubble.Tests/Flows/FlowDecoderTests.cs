using System.Buffers.Binary;
using System.Net;
using Axoneme.Datapath.InMemory;
using Axoneme.Datapath.Layout;
using Axoneme.Hubble.Tests.Support;

namespace Axoneme.Hubble.Tests.Flows;

public class FlowDecoderTests
{
    [Fact]
    public void An_event_becomes_a_flow_with_the_names_of_both_sides()
    {
        var flow = Events.Decode(Events.Syn(EventType.New, ingressRule: KnownCluster.AllowB));
        Assert.Equal(FlowVerdict.Forwarded, flow.Verdict);
        Assert.Equal(new FlowPod("default", "a"), flow.Source.Pod);
        Assert.Equal((70001u, (ushort)40312, (ushort)11), (flow.Source.Identity, flow.Source.Port!.Value, flow.Source.EndpointId));
        Assert.Equal(["k8s:app=b"], flow.Destination.Labels);
        Assert.Equal((IPAddress.Parse("10.0.0.2"), (ushort)80), (flow.Destination.Address, flow.Destination.Port!.Value));
        Assert.Equal(TcpFlags.SYN, flow.TcpFlags);
        Assert.Equal("allow-b", flow.IngressRule!.Name);
        Assert.Equal(FlowRule.NotEnforced, flow.EgressRule!.Id);
        Assert.Null(flow.Nearest);
    }

    [Fact]
    public void A_forged_source_address_does_not_hide_the_pod_that_sent_it()
    {
        var flow = Events.Decode(Events.Syn(EventType.Drop) with { Reason = 132, SourceEndpoint = KnownCluster.SpoofingEndpoint });
        Assert.Equal(new FlowPod("default", "spoofer"), flow.Source.Pod);
    }

    [Fact]
    public void A_flow_s_time_is_the_boot_time_plus_the_kernel_s_clock() =>
        Assert.Equal(Events.Boot + TimeSpan.FromMilliseconds(3_600_123), Events.Decode(Events.Syn(EventType.New)).Time);

    [Fact]
    public void Times_follow_when_the_wall_clock_is_set_and_do_not_jitter_before()
    {
        var clock = new BootClock(Events.Boot);
        var decoder = new FlowDecoder(new KnownCluster(), clock);
        var syn = Events.Syn(EventType.New);
        var first = decoder.Decode(in syn).Time;
        clock.Boot = Events.Boot + TimeSpan.FromMicroseconds(900);
        Assert.Equal(first, decoder.Decode(in syn).Time);
        clock.Boot = Events.Boot + TimeSpan.FromMinutes(5);
        Assert.Equal(first + TimeSpan.FromMinutes(5), decoder.Decode(in syn).Time);
    }

    [Fact]
    public void A_denied_packet_names_the_rule_that_denied_it()
    {
        var flow = Events.Decode(Events.Syn(EventType.Drop, DropReasons.PolicyDeny, ingressRule: KnownCluster.DenyB));
        Assert.Equal(FlowVerdict.Dropped, flow.Verdict);
        Assert.Equal("deny-b", flow.DecidingRule!.Name);
        Assert.Null(flow.Nearest);
    }

    [Fact]
    public void A_packet_that_no_rule_allows_names_the_nearest_one_by_the_receiver_s_policy()
    {
        var cluster = new KnownCluster();
        var flow = Events.Decode(Events.Syn(EventType.Drop, DropReasons.Policy), cluster);
        Assert.Equal(FlowRule.None, flow.DecidingRule!.Id);
        Assert.Equal(cluster.Nearest, flow.Nearest);
        Assert.Equal((TrafficDirection.Ingress, 70002u, 70001u, (byte)6, (ushort)80), cluster.AskedNearest);
    }

    [Fact]
    public void A_packet_denied_on_its_way_out_met_no_rule_of_the_receiver()
    {
        var cluster = new KnownCluster();
        var flow = Events.Decode(Events.Syn(EventType.Drop, DropReasons.Policy, egressRule: 0) with { Direction = TrafficDirection.Egress }, cluster);
        Assert.Null(flow.IngressRule);
        Assert.Equal(FlowRule.None, flow.EgressRule!.Id);
        Assert.Equal((TrafficDirection.Egress, 70001u, 70002u, (byte)6, (ushort)80), cluster.AskedNearest);
    }

    [Fact]
    public void A_forged_packet_met_no_rule_at_all()
    {
        var flow = Events.Decode(Events.Syn(EventType.Drop, 132, egressRule: 0));
        Assert.Null(flow.EgressRule);
        Assert.Null(flow.IngressRule);
        Assert.Equal("Invalid source ip", DropReasons.TextOf(flow.DropReason));
    }

    [Fact]
    public void A_rule_that_is_no_longer_known_keeps_its_number()
    {
        var flow = Events.Decode(Events.Syn(EventType.New, ingressRule: 4711));
        Assert.Equal(FlowRule.Unnamed(4711), flow.IngressRule);
        Assert.Contains("4711", $"{flow.IngressRule}");
    }

    [Fact]
    public void Ports_of_an_icmp_event_are_type_and_code()
    {
        var flow = Events.Decode(Events.Syn(EventType.New) with { Protocol = 1, SourcePort = BinaryPrimitives.ReverseEndianness((ushort)8), DestinationPort = 0 });
        Assert.Equal(((byte)8, (byte)0), (flow.IcmpType!.Value, flow.IcmpCode!.Value));
        Assert.Null(flow.Source.Port);
        Assert.Null(flow.Destination.Port);
    }

    [Fact]
    public void A_frame_that_is_not_ip_has_no_addresses()
    {
        var flow = Events.Decode(Events.Syn(EventType.Drop, 132) with { Family = 0, Protocol = 0, Source = default, Destination = default });
        Assert.Null(flow.Source.Address);
        Assert.Null(flow.Source.Pod);
    }

    [Theory]
    [InlineData(133, "Policy denied", "POLICY_DENIED")]
    [InlineData(181, "Policy denied by denylist", "POLICY_DENY")]
    [InlineData(132, "Invalid source ip", "INVALID_SOURCE_IP")]
    [InlineData(151, "Stale or unroutable IP", "STALE_OR_UNROUTABLE_IP")]
    [InlineData(175, "First logical datagram fragment not found", "FIRST_LOGICAL_DATAGRAM_FRAGMENT_NOT_FOUND")]
    [InlineData(99, "99", "DROP_REASON_UNKNOWN")]
    public void Drop_reasons_have_cilium_s_texts_and_names(byte reason, string text, string name)
    {
        Assert.Equal(text, DropReasons.TextOf(reason));
        Assert.Equal(name, DropReasons.NameOf(reason));
    }

    [Fact]
    public async Task The_collector_brings_events_from_the_datapath_into_the_ring()
    {
        using var datapath = new InMemoryDatapath();
        var ring = new FlowRing(8);
        var collector = new FlowCollector(datapath, new FlowDecoder(new KnownCluster(), new BootClock(Events.Boot)), ring);
        using var stop = new CancellationTokenSource();
        var running = collector.RunAsync(stop.Token);
        datapath.Publish(Events.Syn(EventType.New));
        await foreach (var entry in ring.ReadAsync(FlowFilter.All, last: 1, follow: true, new CancellationTokenSource(TimeSpan.FromSeconds(10)).Token))
        {
            Assert.Equal(EventType.New, entry.Flow!.Type);
            break;
        }

        await stop.CancelAsync();
        await running;
    }
}
