using System.Text.Json;
using Axoneme.Tests;

namespace Axoneme.Cli.Tests;

/// <summary>Exit codes, errors, JSON, and what is sent to the agent.</summary>
public sealed class CommandLineTests
{
    [Theory]
    [InlineData("endpoint", "list")]
    [InlineData("identity", "list")]
    [InlineData("policy", "get")]
    [InlineData("bpf", "endpoint", "list")]
    [InlineData("bpf", "ipcache", "list")]
    [InlineData("bpf", "policy", "list")]
    [InlineData("bpf", "ct", "list")]
    [InlineData("map", "list")]
    [InlineData("bpf", "tunnel", "list")]
    [InlineData("bpf", "nat", "list")]
    [InlineData("node", "list")]
    [InlineData("status")]
    public async Task Every_verb_prints_the_agents_JSON_with_o_json(params string[] command)
    {
        await using var agent = FakeAgent.Routing(Answer);

        var (code, output, _) = await Task.Run(() => Shell.Run([.. command, "-o", "json", "--socket", agent.SocketPath]));

        Assert.Equal(0, code);
        var sent = Answer(agent.Requests.Single().Line.Split(' ')[1])!;
        Assert.True(JsonElement.DeepEquals(JsonDocument.Parse(sent).RootElement, JsonDocument.Parse(output).RootElement), output);
    }

    [Fact]
    public void Without_an_agent_the_exit_code_is_3_and_the_error_says_what_to_do()
    {
        var (code, output, errors) = Shell.Run("status", "--socket", "/tmp/axoneme-no-agent-here.sock");

        Assert.Equal((3, ""), (code, output));
        Assert.Contains("agent socket /tmp/axoneme-no-agent-here.sock: the socket does not exist", errors, StringComparison.Ordinal);
        Assert.Contains("--socket", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("endpoint", "lsit")]
    [InlineData("status", "-o", "yaml")]
    [InlineData("identity", "get", "abc")]
    [InlineData("endpoint", "get")]
    public void A_wrong_command_line_exits_with_2_and_explains(params string[] command)
    {
        var (code, _, errors) = Shell.Run(command);

        Assert.Equal(2, code);
        Assert.NotEmpty(errors);
    }

    [Theory]
    [InlineData("endpoint \"shop/nobody\"", "endpoint", "get", "shop/nobody")]
    [InlineData("identity 77", "identity", "get", "77")]
    [InlineData("policy \"nothing\"", "policy", "get", "nothing")]
    [InlineData("map nothing", "map", "get", "nothing")]
    public async Task What_does_not_exist_is_named(string named, params string[] command)
    {
        await using var agent = FakeAgent.Routing(Answer);

        var (code, _, errors) = await Task.Run(() => Shell.Run([.. command, "--socket", agent.SocketPath]));

        Assert.Equal(1, code);
        Assert.Contains(named, errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_agents_error_and_its_remedy_are_shown()
    {
        await using var agent = FakeAgent.Answering(503, """{"error":"map policy: lookup: permission denied","fix":"Run the agent as root."}""");

        var (code, _, errors) = await Task.Run(() => Shell.Run("bpf", "policy", "list", "--socket", agent.SocketPath));

        Assert.Equal((1, "axoneme: map policy: lookup: permission denied\nRun the agent as root.\n"), (code, errors));
    }

    [Fact]
    public async Task Monitor_sends_its_filters_and_prints_a_line_per_flow()
    {
        const string flow = """{"flow":{"time":"2026-01-02T03:04:05.6780000Z","verdict":"DROPPED","drop_reason":133,"IP":{"source":"10.244.0.9","destination":"10.244.0.3","ipVersion":"IPv4"},"l4":{"TCP":{"source_port":40000,"destination_port":8080,"flags":{"SYN":true}}},"source":{"ID":7,"identity":4713,"namespace":"shop","labels":[],"pod_name":"stranger"},"destination":{"ID":8,"identity":4711,"namespace":"shop","labels":[],"pod_name":"api"},"Type":"L3_L4","node_name":"n","event_type":{"type":1,"sub_type":133},"traffic_direction":"INGRESS","drop_reason_desc":"POLICY_DENIED","is_reply":false,"nearest_rule":"shop/api-from-frontend ingress[0]: label app=frontend","Summary":"TCP Flags: SYN"},"node_name":"n","time":"2026-01-02T03:04:05.6780000Z"}""";
        await using var agent = FakeAgent.Sending($"HTTP/1.1 200 OK\r\n\r\n{flow}\n");

        var (code, output, _) = await Task.Run(() => Shell.Run("monitor", "--verdict", "dropped", "--pod", "shop/api", "--last", "5", "--socket", agent.SocketPath));

        Assert.Equal(0, code);
        Assert.Equal("GET /v1/monitor?follow=true&last=5&pod=shop%2Fapi&verdict=dropped HTTP/1.1", agent.Requests.Single().Line);
        Assert.EndsWith(": shop/stranger:40000 (ID:4713) -> shop/api:8080 (ID:4711) policy-verdict:none INGRESS DENIED (TCP Flags: SYN) by no rule (default deny; nearest: shop/api-from-frontend ingress[0]: label app=frontend)\n", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"flow":{"verdict":"DROPPED","drop_reason":181,"IP":{"source":"fd00::9","destination":"fd00::3"},"l4":{"UDP":{"source_port":1,"destination_port":53}},"source":{"identity":10,"labels":["reserved:world-ipv6"]},"destination":{"identity":7,"labels":[],"namespace":"shop","pod_name":"db"},"event_type":{"type":1},"traffic_direction":"INGRESS","ingress_denied_by":[{"name":"no-world","namespace":"shop","kind":"CiliumNetworkPolicy","section":"ingressDeny[0]"}],"Summary":"UDP"}}""",
        "[fd00::9]:1 (world-ipv6) -> shop/db:53 (ID:7) policy-verdict:rule INGRESS DENIED (UDP) by rule shop/no-world ingressDeny[0]")]
    [InlineData("""{"flow":{"verdict":"FORWARDED","IP":{"source":"10.0.0.3","destination":"10.0.0.1"},"l4":{"TCP":{"source_port":80,"destination_port":4000,"flags":{}}},"source":{"identity":7,"labels":[],"namespace":"shop","pod_name":"web"},"destination":{"identity":1,"labels":["reserved:host"]},"event_type":{"type":4},"traffic_direction":"EGRESS","is_reply":true,"Summary":"TCP Flags: FIN"}}""",
        "10.0.0.1:4000 (host) <- shop/web:80 (ID:7) FORWARDED (TCP Flags: FIN)")]
    [InlineData("""{"flow":{"verdict":"DROPPED","drop_reason":132,"drop_reason_desc":"INVALID_SOURCE_IP","IP":{"source":"10.0.0.99","destination":"10.0.0.1"},"l4":{"ICMPv4":{"type":8,"code":0}},"source":{"identity":7,"labels":[]},"destination":{"identity":1,"labels":["reserved:host"]},"event_type":{"type":1},"traffic_direction":"EGRESS","Summary":"ICMPv4 EchoRequest"}}""",
        "10.0.0.99 (ID:7) -> 10.0.0.1 (host) invalid source ip DROPPED (ICMPv4 EchoRequest)")]
    [InlineData("""{"flow":{"verdict":"AUDIT","drop_reason":133,"IP":{"source":"10.0.0.9","destination":"10.0.0.3"},"l4":{"TCP":{"source_port":1,"destination_port":80,"flags":{"SYN":true}}},"source":{"identity":9,"labels":["reserved:world-ipv4"]},"destination":{"identity":7,"labels":[],"namespace":"shop","pod_name":"db"},"event_type":{"type":5},"traffic_direction":"INGRESS","nearest_rule":"shop/db ingress[0]: 80/TCP is not in 5432/TCP","Summary":"TCP Flags: SYN"}}""",
        "10.0.0.9:1 (world-ipv4) -> shop/db:80 (ID:7) policy-verdict:none INGRESS AUDITED (TCP Flags: SYN) by no rule (default deny; nearest: shop/db ingress[0]: 80/TCP is not in 5432/TCP)")]
    [InlineData("""{"lost_events":{"source":"HUBBLE_RING_BUFFER","num_events_lost":12},"node_name":"n"}""", "(… 12 flows were too fast to be shown)")]
    public void A_flow_is_one_line_that_names_the_cause(string json, string expected) =>
        Assert.EndsWith(expected, Output.FlowLine.Format(JsonDocument.Parse(json).RootElement), StringComparison.Ordinal);

    [Fact]
    public async Task Monitor_with_o_json_passes_lines_on_untouched()
    {
        await using var agent = FakeAgent.Sending("HTTP/1.1 200 OK\r\n\r\n{\"a\": 1}\n{\"b\":2}\n");

        var (code, output, _) = await Task.Run(() => Shell.Run("monitor", "-o", "json", "--socket", agent.SocketPath));

        Assert.Equal((0, "{\"a\": 1}\n{\"b\":2}\n"), (code, output));
    }

    private static string? Answer(string target) => target switch
    {
        "/v1/endpoints" => Samples.Endpoints,
        "/v1/identities" => Samples.Identities,
        "/v1/policies" => Samples.Policies,
        "/v1/bpf/endpoint" => Samples.BpfEndpoints,
        "/v1/bpf/ipcache" => Samples.Ipcache,
        "/v1/bpf/policy" => Samples.BpfPolicy,
        "/v1/bpf/ct" => Samples.Conntrack,
        "/v1/maps" => Samples.Maps,
        "/v1/bpf/tunnel" => Samples.Tunnels,
        "/v1/bpf/nat" => Samples.Nat,
        "/v1/nodes" => Samples.Nodes,
        "/v1/status" => Samples.Status(),
        _ => null,
    };

    [Theory]
    [InlineData(200, "at most 107 bytes")]
    [InlineData(0, "the path is empty")]
    public void A_path_that_no_socket_can_have_is_explained(int length, string reason)
    {
        var (code, output, errors) = Shell.Run("status", "--socket", new string('s', length));

        Assert.Equal((3, ""), (code, output));
        Assert.Contains(reason, errors, StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_variable_is_an_unset_one() =>
        Assert.Equal(Wire.Agent.AgentRoutes.DefaultSocket, AgentOptions.SocketFrom(_ => ""));
}
