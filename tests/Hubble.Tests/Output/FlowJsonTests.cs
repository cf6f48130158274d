using System.Text.Json;
using Axoneme.Datapath.Layout;
using Axoneme.Hubble.Tests.Support;

namespace Axoneme.Hubble.Tests.Output;

public class FlowJsonTests
{
    [Fact]
    public void A_denied_connection_has_hubble_s_members_and_the_denying_policy()
    {
        var flow = Events.Decode(Events.Syn(EventType.Drop, DropReasons.PolicyDeny, ingressRule: KnownCluster.DenyB));
        const string expected = """
            {"flow":{"time":"2026-11-21T06:00:00.1230000Z","verdict":"DROPPED","drop_reason":181,
            "IP":{"source":"10.0.0.1","destination":"10.0.0.2","ipVersion":"IPv4"},
            "l4":{"TCP":{"source_port":40312,"destination_port":80,"flags":{"SYN":true}}},
            "source":{"ID":11,"identity":70001,"namespace":"default","labels":["k8s:app=a"],"pod_name":"a"},
            "destination":{"ID":12,"identity":70002,"namespace":"default","labels":["k8s:app=b"],"pod_name":"b"},
            "Type":"L3_L4","node_name":"node-1","event_type":{"type":1,"sub_type":181},"traffic_direction":"INGRESS",
            "drop_reason_desc":"POLICY_DENY","is_reply":false,
            "ingress_denied_by":[{"name":"deny-b","namespace":"default","kind":"CiliumNetworkPolicy","section":"ingressDeny[0]"}],
            "Summary":"TCP Flags: SYN"},"node_name":"node-1","time":"2026-11-21T06:00:00.1230000Z"}
            """;
        Assert.Equal(expected.ReplaceLineEndings(""), FlowJson.Serialize(flow, "node-1"));
    }

    [Fact]
    public void An_allowed_connection_names_the_allowing_policy_and_no_drop()
    {
        var flow = Json(Events.Syn(EventType.New, ingressRule: KnownCluster.AllowB));
        Assert.Equal("allow-b", flow.GetProperty("ingress_allowed_by")[0].GetProperty("name").GetString());
        Assert.False(flow.TryGetProperty("drop_reason", out _));
        Assert.False(flow.TryGetProperty("ingress_denied_by", out _));
        Assert.Equal(5, flow.GetProperty("event_type").GetProperty("type").GetInt32());
    }

    [Fact]
    public void A_sender_s_allowing_rule_stays_one_when_the_receiver_denies()
    {
        var flow = Json(Events.Syn(EventType.Drop, DropReasons.PolicyDeny, egressRule: KnownCluster.AllowB, ingressRule: KnownCluster.DenyB));
        Assert.Equal("allow-b", flow.GetProperty("egress_allowed_by")[0].GetProperty("name").GetString());
        Assert.Equal("deny-b", flow.GetProperty("ingress_denied_by")[0].GetProperty("name").GetString());
    }

    [Fact]
    public void An_audited_connection_is_hubble_s_audit_verdict_with_the_reason_and_the_rule_that_would_have_denied()
    {
        var flow = Json(Events.Syn(EventType.Audit, DropReasons.PolicyDeny, ingressRule: KnownCluster.DenyB));
        Assert.Equal(("AUDIT", "POLICY_DENY"), (flow.GetProperty("verdict").GetString(), flow.GetProperty("drop_reason_desc").GetString()));
        Assert.Equal(5, flow.GetProperty("event_type").GetProperty("type").GetInt32());
        Assert.Equal("deny-b", flow.GetProperty("ingress_denied_by")[0].GetProperty("name").GetString());
        Assert.False(flow.TryGetProperty("ingress_allowed_by", out _));
    }

    [Fact]
    public void What_would_be_dropped_by_default_carries_the_nearest_rule_too() =>
        Assert.Equal("default/allow-b ingress[0]: wants TCP 80", Json(Events.Syn(EventType.Audit, DropReasons.Policy)).GetProperty("nearest_rule").GetString());

    [Fact]
    public void Default_deny_carries_the_nearest_rule() =>
        Assert.Equal("default/allow-b ingress[0]: wants TCP 80", Json(Events.Syn(EventType.Drop, DropReasons.Policy)).GetProperty("nearest_rule").GetString());

    [Theory]
    [InlineData(17, "UDP")]
    [InlineData(132, "SCTP")]
    [InlineData(1, "ICMPv4")]
    [InlineData(58, "ICMPv6")]
    public void Each_protocol_has_its_member(byte protocol, string member) =>
        Assert.True(Json(Events.Syn(EventType.New) with { Protocol = protocol }).GetProperty("l4").TryGetProperty(member, out _));

    [Fact]
    public void Lost_flows_are_a_line_of_their_own() => Assert.Equal(
        """{"lost_events":{"source":"HUBBLE_RING_BUFFER","num_events_lost":6},"node_name":"node-1","time":"2026-11-21T05:00:00.0000000Z"}""",
        FlowJson.SerializeLost(6, "node-1", Events.Boot));

    private static JsonElement Json(DatapathEvent datapathEvent) =>
        JsonDocument.Parse(FlowJson.Serialize(Events.Decode(datapathEvent), "node-1")).RootElement.GetProperty("flow");
}
