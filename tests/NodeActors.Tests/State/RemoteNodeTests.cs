using System.Collections.Concurrent;
using Axoneme.Datapath.Layout;
using Axoneme.NodeActors.Tests.Fakes;
using Axoneme.Policy;
using Record = Axoneme.Wire.State.Record;

namespace Axoneme.NodeActors.Tests.State;

/// <summary>Who other nodes are, and who serves the Kubernetes API.</summary>
public sealed class RemoteNodeTests : IAsyncLifetime
{
    private const uint Http = 6 << 16 | 80;
    private readonly TestNode _node = new();

    public async Task InitializeAsync()
    {
        await _node.StartAsync();
        await _node.PublishAsync(Records.Identity(100, "web"), Records.Pod("web-0", "web", 100));
        await _node.AddAsync("c1", "web-0");
    }

    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Fact]
    public async Task Policies_select_other_nodes_by_label_and_follow_their_labels()
    {
        await _node.PublishAsync(Node("node-b", "zone=a", "192.0.2.2", "10.2.0.1", "2001:db8::2"), Node("node-c", "zone=b", "192.0.2.3"), Policy("ingress: [{fromNodes: [{matchLabels: {zone: a}}]}]"));
        Assert.True(Passes("192.0.2.2") && Passes("10.2.0.1") && Passes("2001:db8::2"));
        Assert.False(Passes("192.0.2.3") || Passes("203.0.113.1"));
        Assert.Equal(2u, _node.Kernel.IdentityOf("192.0.2.2") >> 24);
        Assert.NotEqual(_node.Kernel.IdentityOf("192.0.2.2"), _node.Kernel.IdentityOf("192.0.2.3"));

        await _node.PublishAsync(Node("node-b", "zone=b", "192.0.2.2"), Node("node-c", "zone=a", "192.0.2.3"));
        Assert.True(Passes("192.0.2.3"));
        Assert.False(Passes("192.0.2.2"));
    }

    [Theory]
    [InlineData("remote-node")]
    [InlineData("cluster")]
    [InlineData("all")]
    public async Task Entities_select_them(string entity)
    {
        await _node.PublishAsync(Policy($"ingress: [{{fromEntities: [{entity}]}}]"));
        Assert.Equal(entity == "all", Passes("192.0.2.2"));
        await _node.PublishAsync(Node("node-b", "zone=a", "192.0.2.2"));
        Assert.True(Passes("192.0.2.2"));
        await _node.PublishAsync(Records.Gone(Node("node-b", "", "192.0.2.2")));
        Assert.Equal(entity == "all", Passes("192.0.2.2"));
    }

    [Fact]
    public async Task A_denied_node_never_passes_while_it_gets_its_identity()
    {
        await _node.PublishAsync(Policy("ingress: [{fromEntities: [all]}], ingressDeny: [{fromEntities: [remote-node]}]"));
        var seen = new ConcurrentQueue<(string Operation, bool Known, bool Passes)>();
        _node.Datapath.After = operation => seen.Enqueue((operation, _node.Kernel.IdentityOf("192.0.2.2") != ReservedIdentity.WorldIPv4, Passes("192.0.2.2")));
        await _node.PublishAsync(Node("node-b", "zone=a", "192.0.2.2"));
        Assert.Contains(seen, state => state.Known);
        Assert.DoesNotContain(seen, state => state.Known && state.Passes);
    }

    [Fact]
    public async Task Numbers_stay_over_a_restart_and_are_not_given_to_another_at_once()
    {
        await _node.PublishAsync(Node("node-b", "zone=a", "192.0.2.2"), Node("node-c", "zone=b", "192.0.2.3"), Policy("ingress: [{fromNodes: [{matchLabels: {zone: a}}]}]"));
        var (b, c, policy) = (_node.Kernel.IdentityOf("192.0.2.2"), _node.Kernel.IdentityOf("192.0.2.3"), _node.Endpoint("c1").PolicyId);
        await _node.StopAsync();
        await _node.StartAsync();
        Assert.Equal((b, c, policy), (_node.Kernel.IdentityOf("192.0.2.2"), _node.Kernel.IdentityOf("192.0.2.3"), _node.Endpoint("c1").PolicyId));
        await _node.PublishAsync(Records.Identity(101, "other")); // the agent follows again: tombstones are told on the live stream only
        await _node.PublishAsync(Records.Gone(Node("node-b", "", "192.0.2.2")));
        await _node.PublishAsync(Node("node-d", "zone=a", "192.0.2.4"));
        Assert.DoesNotContain(_node.Kernel.IdentityOf("192.0.2.4"), new[] { b, c });
        Assert.Equal(ReservedIdentity.WorldIPv4, _node.Kernel.IdentityOf("192.0.2.2"));
    }

    [Fact]
    public async Task Where_another_node_serves_the_api_it_is_the_api_server_and_a_node_with_its_labels()
    {
        await _node.PublishAsync(Node("node-b", "role=master", "192.0.2.2", "10.2.0.1"), Policy("ingress: [{fromEntities: [kube-apiserver]}]"));
        Assert.False(Passes("192.0.2.2"));
        await _node.PublishAsync(ApiAt("192.0.2.2"));
        Assert.True(Passes("192.0.2.2"));
        Assert.False(Passes("10.2.0.1"));
        await _node.PublishAsync(Policy("ingress: [{fromNodes: [{matchLabels: {role: master}}]}]"));
        Assert.True(Passes("192.0.2.2") && Passes("10.2.0.1"));
        await _node.PublishAsync(Policy("ingress: [{fromEntities: [kube-apiserver]}]"), ApiAt("203.0.113.9"));
        Assert.False(Passes("192.0.2.2"));
        Assert.True(Passes("203.0.113.9"));
    }

    [Fact]
    public async Task An_api_server_outside_is_of_the_world_and_of_its_prefixes_too()
    {
        await _node.PublishAsync(Policy("ingress: [{fromEntities: [kube-apiserver]}]"), ApiAt("203.0.113.5", "2001:db8::5"));
        Assert.True(Passes("203.0.113.5"));
        Assert.False(Passes("203.0.113.6"));
        foreach (var rules in new[] { "fromEntities: [world]", "fromCIDR: [203.0.113.0/24]", "fromCIDR: [203.0.113.5/32]" })
        {
            await _node.PublishAsync(Policy($"ingress: [{{{rules}}}]"));
            Assert.True(Passes("203.0.113.5"), rules);
        }

        // The policy still names the prefix, so its identity stays, without the API's label.
        await _node.PublishAsync(Records.Gone(ApiAt()));
        Assert.True(Passes("203.0.113.5"));
        await _node.PublishAsync(Policy("ingress: [{fromCIDR: [203.0.113.5/32]}], ingressDeny: [{fromEntities: [kube-apiserver]}]"));
        Assert.True(Passes("203.0.113.5"));
        await _node.PublishAsync(ApiAt("203.0.113.5"));
        Assert.False(Passes("203.0.113.5"));
    }

    [Fact]
    public async Task The_own_node_that_serves_the_api_is_host_and_api_server()
    {
        await _node.PublishAsync(Policy("egress: [{toEntities: [kube-apiserver]}]"));
        Assert.False(Reaches("192.0.2.1"));
        await _node.PublishAsync(ApiAt("192.0.2.1"));
        Assert.Equal(ReservedIdentity.Host, _node.Kernel.IdentityOf("192.0.2.1"));
        Assert.True(Reaches("192.0.2.1"));
        await _node.StopAsync();
        await _node.StartAsync();
        Assert.True(Reaches("192.0.2.1"));
        await _node.PublishAsync(ApiAt("203.0.113.5"));
        Assert.False(Reaches("192.0.2.1"));
    }

    [Fact]
    public async Task Slices_of_other_services_are_no_api_servers()
    {
        await _node.PublishAsync(Policy("ingress: [{fromEntities: [kube-apiserver]}]"), Slice("other", "203.0.113.5"));
        Assert.False(Passes("203.0.113.5"));
        Assert.Equal(0u, (uint)_node.Kernel.Prefixes.Count);
    }

    private bool Passes(string address) => Judge.Of(_node.Kernel, _node.Endpoint("c1").Ifindex, TrafficDirection.Ingress, _node.Kernel.IdentityOf(address), Http).Passes;

    private bool Reaches(string address) => Judge.Of(_node.Kernel, _node.Endpoint("c1").Ifindex, TrafficDirection.Egress, _node.Kernel.IdentityOf(address), Http).Passes;

    private static Record Node(string name, string label, params string[] addresses)
    {
        var record = Records.Node(name, addresses);
        if (label.Split('=') is [var key, var value])
        {
            record.Node.Labels[key] = value;
        }

        return record;
    }

    private static Record Policy(string rules) => Records.Clusterwide("p", $"endpointSelector: {{}}, {rules}");

    private static Record ApiAt(params string[] addresses) => Slice("kubernetes", addresses);

    private static Record Slice(string service, params string[] addresses) => Records.Document(
        "Endpoints", service,
        $$"""{"apiVersion":"v1","kind":"Endpoints","metadata":{"name":"{{service}}","namespace":"default"},"subsets":[{"addresses":[{{string.Join(',', addresses.Select(address => $$"""{"ip":"{{address}}"}"""))}}],"ports":[{"port":6443}]}]}""");
}
