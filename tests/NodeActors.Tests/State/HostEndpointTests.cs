using Axoneme.Datapath.Layout;
using Axoneme.NodeActors.Local;
using Axoneme.NodeActors.Tests.Fakes;
using Axoneme.Persistence;
using Axoneme.Policy;
using Axoneme.Wire.Agent;

namespace Axoneme.NodeActors.Tests.State;

/// <summary>The node as an endpoint: policies with a nodeSelector judge its own traffic, and nothing cuts it off.</summary>
public sealed class HostEndpointTests : IAsyncLifetime
{
    private const uint Ssh = 6 << 16 | 22;
    private const uint Health = 6 << 16 | 4240;
    private readonly TestNode _node = new();

    public HostEndpointTests() => _node.Options = _node.Options with { HostFirewall = true, Labels = new Dictionary<string, string> { ["type"] = "edge" } };

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _node.DisposeAsync();

    private EndpointView Host => _node.Agent!.GetEndpoints().Single(endpoint => endpoint.Labels.Contains("reserved:host"));

    [Fact]
    public async Task A_node_that_no_policy_selects_is_there_and_not_judged()
    {
        await _node.StartAsync();
        await _node.PublishAsync(Policy("worker", "ingress: [{fromEntities: [health]}]"));
        Assert.True(_node.Kernel.Endpoints.TryGet(EndpointEntry.HostInterface, out var entry));
        Assert.Equal((1u, EndpointFlags.None, Host.Id, 0u), (entry.Identity, entry.Flags, entry.Id, entry.Ipv4));
        Assert.Equal(("ready", false, false, ""), (Host.State, Host.IngressEnforced, Host.EgressEnforced, Host.Pod));
        Assert.Equal(["k8s:type=edge", "reserved:host"], Host.Labels);
        Assert.Equal(1, _node.Agent!.GetStatus().EndpointsReady);
    }

    [Fact]
    public async Task A_policy_that_selects_the_node_judges_it_and_leaves_control_traffic_alone()
    {
        await _node.StartAsync();
        await _node.PublishAsync(Records.Node("node-b", "192.0.2.2"), Policy("edge", "ingress: [{fromEntities: [cluster], toPorts: [{ports: [{port: '22', protocol: TCP}]}]}]"));
        var other = _node.Kernel.IdentityOf("192.0.2.2");
        Assert.True(Ingress(other, Ssh).Passes);
        Assert.True(Ingress(other, Ssh).Rule >= ImplicitRule.FirstWritten);
        Assert.Equal((false, ImplicitRule.None), Ingress(ReservedIdentity.WorldIPv4, Ssh));
        Assert.Equal((true, ImplicitRule.ControlTraffic), Ingress(other, Health));
        Assert.Equal((false, ImplicitRule.None), Ingress(ReservedIdentity.WorldIPv4, Health));
        Assert.Equal((true, ImplicitRule.NotEnforced), Judge.Of(_node.Kernel, EndpointEntry.HostInterface, TrafficDirection.Egress, other, Ssh));

        await _node.PublishAsync(Records.Gone(Policy("edge", "ingress: []")));
        Assert.Equal((true, ImplicitRule.NotEnforced), Ingress(ReservedIdentity.WorldIPv4, Ssh));
    }

    [Fact]
    public async Task Tunnel_and_control_plane_stay_open_where_they_are_used()
    {
        _node.Options = _node.Options with { Routing = RoutingMode.Vxlan, NodeIPv4 = System.Net.IPAddress.Parse("192.0.2.1"), TunnelPort = 8472, ControlPlaneAddress = System.Net.IPEndPoint.Parse("203.0.113.1:9871") };
        await _node.StartAsync();
        await _node.PublishAsync(Records.Node("node-b", "192.0.2.2"), Policy("edge", "egressDeny: [{toEntities: [all]}], ingressDeny: [{fromEntities: [all]}]"));
        var other = _node.Kernel.IdentityOf("192.0.2.2");
        Assert.Equal((true, ImplicitRule.ControlTraffic), Ingress(other, 17 << 16 | 8472));
        Assert.Equal((true, ImplicitRule.ControlTraffic), Judge.Of(_node.Kernel, EndpointEntry.HostInterface, TrafficDirection.Egress, ReservedIdentity.WorldIPv4, 6 << 16 | 9871));
        Assert.False(Judge.Of(_node.Kernel, EndpointEntry.HostInterface, TrafficDirection.Egress, ReservedIdentity.WorldIPv4, 6 << 16 | 9872).Passes);
    }

    [Fact]
    public async Task The_labels_that_the_control_plane_has_for_the_node_count()
    {
        await _node.StartAsync();
        await _node.PublishAsync(Policy("core", "ingress: [{fromEntities: [health]}]"));
        Assert.False(Host.IngressEnforced);
        var record = Records.Node("node-a", "192.0.2.1");
        record.Node.Labels["type"] = "core";
        await _node.PublishAsync(record);
        Assert.True(Host.IngressEnforced);
    }

    [Fact]
    public async Task Over_a_restart_it_keeps_its_id_and_its_policy()
    {
        await _node.StartAsync();
        await _node.PublishAsync(Records.Identity(100, "web"), Records.Pod("web-0", "web", 100), Policy("edge", "ingress: [{fromEntities: [health]}]"));
        await _node.AddAsync("c1", "web-0");
        var before = Host;
        Assert.True(_node.Kernel.Endpoints.TryGet(EndpointEntry.HostInterface, out var entry));
        await _node.StopAsync();
        _node.Datapath.TakeOperations();
        await _node.StartAsync();
        Assert.Equal((before.Id, before.PolicyId, true), (Host.Id, Host.PolicyId, Host.IngressEnforced));
        Assert.True(_node.Kernel.Endpoints.TryGet(EndpointEntry.HostInterface, out var after));
        Assert.Equal(entry, after);
        Assert.DoesNotContain(_node.Datapath.TakeOperations(), operation => operation.StartsWith("put", StringComparison.Ordinal));
        Assert.NotEqual(Host.Id, _node.Endpoint("c1").Id);
    }

    [Fact]
    public async Task Without_any_state_a_new_node_is_open_where_a_pod_is_closed()
    {
        _node.ControlPlane.GoAway();
        await _node.StartAsync();
        await _node.AddAsync("c1");
        Assert.True(_node.Endpoint("c1").IngressEnforced);
        Assert.False(Host.IngressEnforced || Host.EgressEnforced);
        Assert.Contains("the node is not restricted", Host.Problem);
        Assert.Equal((true, ImplicitRule.NotEnforced), Ingress(ReservedIdentity.WorldIPv4, Ssh));
    }

    [Fact]
    public async Task Without_any_state_what_was_in_force_stays()
    {
        await _node.StartAsync();
        await _node.PublishAsync(Policy("edge", "ingress: [{fromEntities: [health]}]"));
        await _node.StopAsync();
        var cursor = new StoredRecord(LocalStore.Kinds.Cursor, "state", _node.Journal.LastRevision + 1, Deleted: true, ReadOnlyMemory<byte>.Empty, DateTimeOffset.UnixEpoch);
        await _node.Journal.CommitAsync(new JournalCommit { Records = [cursor] }, CancellationToken.None);
        _node.ControlPlane.GoAway();
        await _node.StartAsync();
        Assert.True(Host.IngressEnforced);
        Assert.False(Ingress(ReservedIdentity.WorldIPv4, Ssh).Passes);
    }

    [Fact]
    public async Task With_the_firewall_off_there_is_no_record_and_idle_policies_are_named()
    {
        await _node.StartAsync();
        await _node.PublishAsync(Policy("edge", "ingress: [{fromEntities: [health]}]"));
        await _node.StopAsync();
        _node.Options = _node.Options with { HostFirewall = false };
        await _node.StartAsync();
        Assert.False(_node.Kernel.Endpoints.TryGet(EndpointEntry.HostInterface, out _));
        Assert.Contains("the host firewall is off on node node-a: without effect here is CiliumClusterwideNetworkPolicy//edge", _node.Agent!.GetStatus().Problems);
        await _node.PublishAsync(Records.Identity(101, "other")); // the agent follows again: tombstones are told on the live stream only
        await _node.PublishAsync(Records.Gone(Policy("edge", "ingress: []")));
        await Eventually.IsTrue(() => _node.Agent!.GetStatus().Problems.Count == 0, "nothing is idle any more");
    }

    private (bool Passes, uint Rule) Ingress(uint peer, uint trafficClass) => Judge.Of(_node.Kernel, EndpointEntry.HostInterface, TrafficDirection.Ingress, peer, trafficClass);

    private static Axoneme.Wire.State.Record Policy(string type, string rules) => Records.Clusterwide(type, $"nodeSelector: {{matchLabels: {{type: {type}}}}}, {rules}");
}
