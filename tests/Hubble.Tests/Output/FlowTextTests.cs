using System.Buffers.Binary;
using System.Net;
using Axoneme.Datapath.Layout;
using Axoneme.Hubble.Tests.Support;

namespace Axoneme.Hubble.Tests.Output;

public class FlowTextTests
{
    private const string Sides = "Nov 21 06:00:00.123: default/a:40312 (ID:70001) -> default/b:80 (ID:70002)";

    [Fact]
    public void A_drop_by_a_rule_names_it() => Is(
        Events.Syn(EventType.Drop, DropReasons.PolicyDeny, ingressRule: KnownCluster.DenyB),
        $"{Sides} policy-verdict:rule INGRESS DENIED (TCP Flags: SYN) by rule default/deny-b ingressDeny[0]");

    [Fact]
    public void A_drop_by_no_rule_names_the_nearest() => Is(
        Events.Syn(EventType.Drop, DropReasons.Policy),
        $"{Sides} policy-verdict:none INGRESS DENIED (TCP Flags: SYN) by no rule (default deny; nearest: default/allow-b ingress[0]: wants TCP 80)");

    [Fact]
    public void A_drop_without_any_near_rule_says_default_deny() => Is(
        Events.Syn(EventType.Drop, DropReasons.Policy),
        $"{Sides} policy-verdict:none INGRESS DENIED (TCP Flags: SYN) by no rule (default deny)",
        new KnownCluster { Nearest = null });

    [Fact]
    public void A_new_connection_names_what_allowed_it() => Is(
        Events.Syn(EventType.New, ingressRule: KnownCluster.AllowB),
        $"{Sides} policy-verdict:rule INGRESS ALLOWED (TCP Flags: SYN) by rule default/allow-b ingress[0]");

    [Fact]
    public void Audit_says_what_would_have_been() => Is(
        Events.Syn(EventType.Audit, DropReasons.PolicyDeny, ingressRule: KnownCluster.DenyB),
        $"{Sides} policy-verdict:rule INGRESS AUDITED (TCP Flags: SYN) by rule default/deny-b ingressDeny[0]");

    [Fact]
    public void A_forged_packet_has_a_reason_and_no_rule() => Is(
        Events.Syn(EventType.Drop, 132, egressRule: 0),
        $"{Sides} Invalid source ip DROPPED (TCP Flags: SYN)");

    [Fact]
    public void A_reply_is_written_from_the_initiator_s_side() => Is(
        Events.Syn(EventType.Active) with
        {
            IsReply = 1,
            TcpFlags = 18,
            SourcePort = BinaryPrimitives.ReverseEndianness((ushort)80),
            DestinationPort = BinaryPrimitives.ReverseEndianness((ushort)40312),
            Source = IpAddressKey.From(IPAddress.Parse("10.0.0.2")),
            Destination = IpAddressKey.From(IPAddress.Parse("10.0.0.1")),
            SourceIdentity = 70002,
            DestinationIdentity = 70001,
        },
        "Nov 21 06:00:00.123: default/a:40312 (ID:70001) <- default/b:80 (ID:70002) active FORWARDED (TCP Flags: SYN, ACK)");

    [Fact]
    public void An_ipv6_address_outside_the_cluster_stands_in_brackets_with_its_reserved_name() => Is(
        Events.Syn(EventType.New, ingressRule: FlowRule.NotEnforced) with { Family = 6, Protocol = 17, Source = IpAddressKey.From(IPAddress.Parse("2001:db8::9")), SourceIdentity = 2 },
        "Nov 21 06:00:00.123: [2001:db8::9]:40312 (world) -> default/b:80 (ID:70002) policy-verdict:all INGRESS ALLOWED (UDP) by no policy in this direction");

    [Fact]
    public void An_echo_request_has_no_ports() => Is(
        Events.Syn(EventType.New, ingressRule: FlowRule.NotEnforced) with { Protocol = 1, SourcePort = BinaryPrimitives.ReverseEndianness((ushort)8), DestinationPort = 0 },
        "Nov 21 06:00:00.123: default/a (ID:70001) -> default/b (ID:70002) policy-verdict:all INGRESS ALLOWED (ICMPv4 EchoRequest) by no policy in this direction");

    private static void Is(DatapathEvent datapathEvent, string expected, KnownCluster? cluster = null) =>
        Assert.Equal(expected, FlowText.Format(Events.Decode(datapathEvent, cluster), TimeZoneInfo.Utc));
}
