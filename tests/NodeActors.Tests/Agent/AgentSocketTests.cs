using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using Axoneme.Datapath;
using Axoneme.Datapath.Layout;
using Axoneme.NodeActors.Tests.Fakes;
using Axoneme.NodeActors.Tests.Services;
using Axoneme.Wire.Agent;

namespace Axoneme.NodeActors.Tests.Agent;

/// <summary>The agent's socket as plugin and CLI use it.</summary>
public sealed class AgentSocketTests : IAsyncLifetime
{
    private readonly TestNode _node = new();
    private HttpClient _client = null!;

    public async Task InitializeAsync()
    {
        await _node.StartAsync();
        await _node.PublishAsync(
            Records.Identity(100, "web"), Records.Identity(101, "client"), Records.Pod("web-0", "web", 100), Records.Ip("10.2.0.5", 101, "node-b", "client-0"),
            Records.Allow("allow", "web", "client", 80, 443), Records.Node("node-b", "192.0.2.2"));
        await _node.AddAsync("c1", "web-0");
        _client = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(_node.Socket), cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
        })
        {
            BaseAddress = new Uri("http://agent"),
        };
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _node.DisposeAsync();
    }

    [Fact]
    public void Only_root_may_connect() =>
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_node.Socket));

    [Fact]
    public async Task Add_and_del_go_over_the_socket_and_errors_are_cni_error_objects()
    {
        var added = await PostAsync("add", _node.Call("c2"));
        Assert.Equal(HttpStatusCode.OK, added.StatusCode);
        Assert.Equal("10.1.0.3/32", TestNode.Ipv4(JsonDocument.Parse(await added.Content.ReadAsStringAsync()).RootElement));
        Assert.Equal("{}", await (await PostAsync("del", _node.Call("c2"))).Content.ReadAsStringAsync());

        var config = JsonDocument.Parse("""{"cniVersion":"0.4.0","name":"n","type":"t","mtu":1}""").RootElement;
        var refused = await PostAsync("add", _node.Call("c3", config: config));
        var error = await refused.Content.ReadFromJsonAsync(AgentJson.Default.CniError);
        Assert.Equal((HttpStatusCode.BadRequest, "0.4.0", 7u), (refused.StatusCode, error!.CniVersion, error.Code));
        Assert.StartsWith("mtu:", error.Msg);
    }

    [Fact]
    public async Task A_call_that_is_not_json_and_an_unknown_command_are_cni_errors_too()
    {
        var garbage = await _client.PostAsync($"{AgentRoutes.Cni}/add", new StringContent("{"));
        Assert.Equal(6u, (await garbage.Content.ReadFromJsonAsync(AgentJson.Default.CniError))!.Code);
        Assert.Equal(4u, (await (await PostAsync("dance", _node.Call("c1"))).Content.ReadFromJsonAsync(AgentJson.Default.CniError))!.Code);
    }

    [Fact]
    public async Task An_unknown_route_says_so()
    {
        var answer = await _client.GetAsync("/v1/nothing");
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Contains("/v1/nothing: no such route", (await answer.Content.ReadFromJsonAsync(AgentJson.Default.AgentError))!.Error);
    }

    [Fact]
    public async Task Status_tells_of_endpoints_pools_revisions_and_maps()
    {
        var status = (await _client.GetFromJsonAsync(AgentRoutes.Status, AgentJson.Default.AgentStatus))!;
        Assert.Equal(("node-a", true, 1, 1, 2, 1), (status.Node, status.ControlPlaneConnected, status.Endpoints, status.EndpointsReady, status.Identities, status.Policies));
        Assert.Equal(status.StateRevision, status.AppliedRevision);
        Assert.Equal([new("10.1.0.0/24", 253, 1), new("fd00:1::/64", ulong.MaxValue - 1, 1)], status.Pools);
        Assert.Empty(status.Problems);
        Assert.Equal(1u, status.Maps.Single(m => m.Name == "endpoints").Entries);
    }

    [Fact]
    public async Task Bpf_routes_show_what_the_kernel_holds_with_names()
    {
        var endpoint = (await _client.GetFromJsonAsync(AgentRoutes.BpfEndpoints, AgentJson.Default.IReadOnlyListBpfEndpointView))!.Single();
        Assert.Equal((100u, "ingress-enforced", "10.1.0.2", "fd00:1::2"), (endpoint.Identity, endpoint.Flags, endpoint.Ipv4, endpoint.Ipv6));
        var ipcache = (await _client.GetFromJsonAsync(AgentRoutes.BpfIpcache, AgentJson.Default.IReadOnlyListBpfIpcacheView))!.ToDictionary(v => v.Prefix, v => v.Identity);
        Assert.Equal((100u, 101u, 1u, 2u << 24 | 1), (ipcache["10.1.0.2/32"], ipcache["10.2.0.5/32"], ipcache["192.0.2.1/32"], ipcache["192.0.2.2/32"]));
        var policy = (await _client.GetFromJsonAsync(AgentRoutes.BpfPolicy, AgentJson.Default.IReadOnlyListBpfPolicyView))!.Where(p => p.Identity == 101).ToArray();
        Assert.Equal([("TCP", "80"), ("TCP", "443")], policy.Select(p => (p.Protocol, p.Ports)));
        Assert.All(policy, row => Assert.Equal(("ingress", "allow", "NetworkPolicy/default/allow ingress[0]"), (row.Direction, row.Verdict, row.RuleName)));
        Assert.Contains("k8s:app=client", policy[0].Labels);
    }

    [Fact]
    public async Task Services_are_told_as_they_are_in_force_and_as_the_kernel_has_them()
    {
        var service = ServiceRecords.Service("web", "10.96.0.1", nodePort: 30080);
        service.ExternalTrafficLocal = true;
        service.AffinitySeconds = 60;
        await _node.PublishAsync(
            ServiceRecords.Record(service),
            ServiceRecords.Record(ServiceRecords.Slice(
                "web", ServiceRecords.Endpoint("10.2.0.5"), ServiceRecords.Endpoint("10.1.0.2", node: "node-a"), ServiceRecords.Endpoint("10.2.0.6", ready: false, terminating: true))));
        var views = (await _client.GetFromJsonAsync(AgentRoutes.Services, AgentJson.Default.IReadOnlyListServiceView))!;
        Assert.All(views, view => Assert.Equal(("default/web", 60u), (view.Name, view.AffinitySeconds)));
        var nodePort = views.Single(view => view.Frontend == "192.0.2.1:30080/TCP");
        Assert.Equal(("NodePort", "external,internal,affinity"), (nodePort.Type, nodePort.Flags));
        Assert.Equal(
            [("10.1.0.2:8080/TCP", "active", true, true), ("10.2.0.5:8080/TCP", "active", true, false), ("10.2.0.6:8080/TCP", "terminating", false, false)],
            nodePort.Backends.Select(backend => (backend.Address, backend.State, backend.Inside, backend.Outside)));
        var entry = (await _client.GetFromJsonAsync(AgentRoutes.BpfServices, AgentJson.Default.IReadOnlyListBpfServiceView))!.Single(entry => entry.Address == "192.0.2.1:30080/TCP");
        Assert.Equal((nodePort.Id, 2, "10.1.0.2:8080/TCP"), (entry.Frontend, entry.Inside!.Backends.Count, entry.Outside!.Backends.Single().Address));
        var frontends = (await _client.GetFromJsonAsync(AgentRoutes.BpfFrontends, AgentJson.Default.IReadOnlyListBpfFrontendView))!;
        Assert.Equal(views.Select(view => (view.Id, view.Frontend)), frontends.Select(frontend => (frontend.Id, frontend.Address)));
        var backends = (await _client.GetFromJsonAsync(AgentRoutes.BpfBackends, AgentJson.Default.IReadOnlyListBpfBackendView))!;
        Assert.Equal(nodePort.Backends.Select(backend => (backend.Id, backend.State)).Order(), backends.Select(backend => (backend.Id, backend.State)).Order());
        Assert.Empty((await _client.GetFromJsonAsync(AgentRoutes.BpfMaglev, AgentJson.Default.IReadOnlyListBpfMaglevView))!);
    }

    [Fact]
    public async Task Conntrack_entries_name_both_ends_and_their_rules()
    {
        _node.Kernel.Conntrack4.Put(
            new ConntrackKey4 { LowAddress = Network("10.1.0.2"), HighAddress = Network("10.2.0.5"), LowPort = Network(80), HighPort = Network(40000), Protocol = 6 },
            new ConntrackEntry
            {
                Flags = ConntrackFlags.InitiatorIsHigh | ConntrackFlags.ReplySeen,
                LastSeen = ConntrackClock.Now(TimeProvider.System),
                Initiator = new ConntrackEnd { Identity = 101 },
                Responder = new ConntrackEnd { Identity = 100, Ifindex = 11, Rule = 1 },
            });
        var entry = (await _client.GetFromJsonAsync(AgentRoutes.BpfConntrack, AgentJson.Default.IReadOnlyListBpfConntrackView))!.Single();
        Assert.Equal(("TCP", "10.2.0.5:40000", "10.1.0.2:80", "initiator-is-high,reply-seen"), (entry.Protocol, entry.Initiator, entry.Responder, entry.Flags));
        Assert.Equal(("", "no policy restricts this direction"), (entry.EgressRule, entry.IngressRule));
        Assert.InRange(entry.IdleSeconds, 0u, 3u);
    }

    [Fact]
    public async Task Identities_policies_and_endpoints_are_listed()
    {
        var identities = (await _client.GetFromJsonAsync(AgentRoutes.Identities, AgentJson.Default.IReadOnlyListIdentityView))!;
        Assert.Contains("reserved:host", identities.Single(i => i.Id == 1).Labels);
        Assert.Contains("k8s:app=web", identities.Single(i => i.Id == 100).Labels);
        var policy = (await _client.GetFromJsonAsync(AgentRoutes.Policies, AgentJson.Default.IReadOnlyListPolicyView))!.Single();
        Assert.Equal(("allow", "test", "allow"), (policy.Name, policy.Source, policy.Document.GetProperty("metadata").GetProperty("name").GetString()));
        Assert.Equal("web-0", (await _client.GetFromJsonAsync(AgentRoutes.Endpoints, AgentJson.Default.IReadOnlyListEndpointView))!.Single().Pod);
    }

    [Fact]
    public async Task Monitor_follows_drops_with_the_names_of_both_pods_and_the_nearest_rule()
    {
        using var stream = await _client.GetStreamAsync($"{AgentRoutes.Monitor}?follow=true&verdict=dropped&pod=default/web-0");
        using var lines = new StreamReader(stream);
        _node.Kernel.Publish(new DatapathEvent { Type = EventType.New, Family = 4, Protocol = 6, Destination = Key("10.1.0.2"), Source = Key("10.2.0.5") });
        _node.Kernel.Publish(new DatapathEvent
        {
            Type = EventType.Drop, Reason = 133, Family = 4, Protocol = 6, Direction = TrafficDirection.Ingress, Source = Key("10.2.0.5"), Destination = Key("10.1.0.2"),
            SourceIdentity = 101, DestinationIdentity = 100, DestinationPort = Network(8080), SourcePort = Network(40000), DestinationEndpoint = 1,
        });
        var flow = JsonDocument.Parse((await lines.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(5)))!).RootElement.GetProperty("flow");
        Assert.Equal("DROPPED", flow.GetProperty("verdict").GetString());
        Assert.Equal("client-0", flow.GetProperty("source").GetProperty("pod_name").GetString());
        Assert.Equal("web-0", flow.GetProperty("destination").GetProperty("pod_name").GetString());
        Assert.Contains("NetworkPolicy/default/allow ingress[0]: 8080/TCP is not in 80/TCP, 443/TCP", flow.GetProperty("nearest_rule").GetString());
    }

    [Fact]
    public async Task Audit_mode_is_read_and_set_per_endpoint()
    {
        var id = (await _client.GetFromJsonAsync(AgentRoutes.Endpoints, AgentJson.Default.IReadOnlyListEndpointView))!.Single().Id;
        var route = $"{AgentRoutes.Endpoints}/{id}{AgentRoutes.EndpointConfig}";
        Assert.Equal(new EndpointConfigView(id, false, false), await _client.GetFromJsonAsync(route, AgentJson.Default.EndpointConfigView));
        var changed = await _client.PostAsync(route, JsonContent.Create(new EndpointConfigChange(true), AgentJson.Default.EndpointConfigChange));
        Assert.Equal(new EndpointConfigView(id, true, false), await changed.Content.ReadFromJsonAsync(AgentJson.Default.EndpointConfigView));
        Assert.Equal("ingress-enforced,audit", (await _client.GetFromJsonAsync(AgentRoutes.BpfEndpoints, AgentJson.Default.IReadOnlyListBpfEndpointView))!.Single().Flags);
        var metrics = await _client.GetStringAsync(AgentRoutes.Metrics);
        Assert.Contains("cilium_policy_endpoint_enforcement_status{enforcement=\"audit-ingress\"} 1\n", metrics);
        Assert.Contains("cilium_policy_endpoint_enforcement_status{enforcement=\"ingress\"} 0\n", metrics);
    }

    [Theory]
    [InlineData("999", HttpStatusCode.NotFound, "endpoint 999")]
    [InlineData("0", HttpStatusCode.BadRequest, "endpoint \"0\"")]
    [InlineData("web", HttpStatusCode.BadRequest, "endpoint \"web\"")]
    public async Task An_endpoint_that_is_none_cannot_be_configured(string id, HttpStatusCode status, string error)
    {
        var answer = await _client.PostAsync(
            $"{AgentRoutes.Endpoints}/{id}{AgentRoutes.EndpointConfig}", JsonContent.Create(new EndpointConfigChange(true), AgentJson.Default.EndpointConfigChange));
        Assert.Equal(status, answer.StatusCode);
        Assert.Contains(error, (await answer.Content.ReadFromJsonAsync(AgentJson.Default.AgentError))!.Error);
    }

    [Fact]
    public async Task Monitor_refuses_a_wrong_filter_by_name()
    {
        var answer = await _client.GetAsync($"{AgentRoutes.Monitor}?port=many");
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("port \"many\"", (await answer.Content.ReadFromJsonAsync(AgentJson.Default.AgentError))!.Error);
    }

    [Fact]
    public async Task The_agent_stops_at_once_although_a_monitor_is_connected()
    {
        using var stream = await _client.GetStreamAsync($"{AgentRoutes.Monitor}?follow=true");
        var start = TimeProvider.System.GetTimestamp();
        await _node.StopAsync();
        Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(1.5));
        Assert.False(File.Exists(_node.Socket));
    }

    [Fact]
    public async Task Metrics_have_the_names_dashboards_know()
    {
        _node.Kernel.SetCounter(new CounterReading(133 << 1 | 1, 7, 700));
        _node.Kernel.SetCounter(new CounterReading(0, 5, 500));
        var text = await _client.GetStringAsync(AgentRoutes.Metrics);
        foreach (var line in new[]
        {
            "cilium_endpoint 1", "cilium_endpoint_state{endpoint_state=\"ready\"} 1", "cilium_drop_count_total{reason=\"Policy denied\",direction=\"INGRESS\"} 7",
            "cilium_forward_count_total{direction=\"EGRESS\"} 5", "cilium_policy 1", "cilium_identity{type=\"cluster_local\"} 2",
            "cilium_ip_addresses{family=\"ipv4\"} 1", "cilium_bpf_map_pressure{map_name=\"endpoints\"} 0.000244140625",
        })
        {
            Assert.Contains(line + "\n", text);
        }

        Assert.Equal(text.Split('\n').Count(l => l.StartsWith("# TYPE")), text.Split('\n').Where(l => l.StartsWith("# TYPE")).Distinct().Count());
    }

    private Task<HttpResponseMessage> PostAsync(string verb, CniCall call) => _client.PostAsync($"{AgentRoutes.Cni}/{verb}", JsonContent.Create(call, AgentJson.Default.CniCall));

    private static IpAddressKey Key(string address) => IpAddressKey.From(IPAddress.Parse(address));

    private static uint Network(string address) => BitConverter.ToUInt32(IPAddress.Parse(address).GetAddressBytes());

    private static ushort Network(ushort port) => (ushort)IPAddress.HostToNetworkOrder((short)port);
}
