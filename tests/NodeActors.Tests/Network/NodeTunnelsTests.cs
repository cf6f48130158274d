using System.Net;
using Axoneme.Datapath.InMemory;
using Axoneme.Datapath.Layout;
using Axoneme.NodeActors.Maps;
using Axoneme.NodeActors.Network;
using Axoneme.NodeActors.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Axoneme.NodeActors.Tests.Network;

/// <summary>Indices of tunnels' ends never change their meaning while anybody may name them.</summary>
public class NodeTunnelsTests
{
    private readonly InMemoryArrayMap<IpAddressKey> _kernel = new("tunnels", 4);

    [Fact]
    public void An_address_keeps_its_index_while_its_node_is_away_and_over_restarts()
    {
        var (tunnels, map) = Open();
        Set(tunnels, "b", 2);
        Set(tunnels, "c", 3);
        Assert.Equal((1u, 2u), (tunnels.IndexOf("b"), tunnels.IndexOf("c")));
        Assert.True(tunnels.Set("b", null));
        Assert.Equal(0u, tunnels.IndexOf("b"));
        Assert.True(map.WritePuts());
        tunnels.Settle();

        (tunnels, map) = Open();
        Set(tunnels, "d", 4);
        Set(tunnels, "b", 2);
        Set(tunnels, "c", 3);
        Assert.Equal((1u, 2u, 3u), (tunnels.IndexOf("b"), tunnels.IndexOf("c"), tunnels.IndexOf("d")));
        Assert.True(map.WritePuts());
        Assert.Equal(1, map.Status.Puts);
    }

    [Fact]
    public void A_given_up_index_is_used_again_only_when_there_is_no_other_and_the_kernel_has_let_go()
    {
        var (tunnels, map) = Open();
        Set(tunnels, "b", 2);
        tunnels.Set("b", null);
        Set(tunnels, "c", 3);
        Set(tunnels, "d", 4);
        Assert.Equal((2u, 3u), (tunnels.IndexOf("c"), tunnels.IndexOf("d")));
        Set(tunnels, "e", 5);
        Assert.Equal(0u, tunnels.IndexOf("e"));
        Assert.Equal("map tunnels is full with 4 entries: node e cannot be reached", Assert.Single(tunnels.Problems));

        tunnels.Settle();
        tunnels.Set("e", null);
        Set(tunnels, "e", 5);
        Assert.Equal(1u, tunnels.IndexOf("e"));
        Assert.Empty(tunnels.Problems);
        Assert.True(map.WritePuts());
        Assert.True(_kernel.TryGet(1, out var address));
        Assert.Equal("172.30.0.5", address.ToString());
    }

    [Fact]
    public void A_node_that_moves_gets_another_index_and_two_names_of_one_address_share_it()
    {
        var (tunnels, _) = Open();
        Set(tunnels, "b", 2);
        Assert.True(Set(tunnels, "b", 3));
        Assert.Equal(2u, tunnels.IndexOf("b"));
        Set(tunnels, "c", 3);
        Assert.Equal(2u, tunnels.IndexOf("c"));
        tunnels.Set("b", null);
        tunnels.Settle();
        Assert.Equal(2u, tunnels.IndexOf("c"));
        Assert.False(Set(tunnels, "c", 3));
    }

    [Fact]
    public async Task Other_nodes_and_their_pods_are_reached_by_the_tunnel_which_is_in_the_kernel_first()
    {
        await using var node = new TestNode();
        node.Options = node.Options with { Routing = RoutingMode.Vxlan, NodeIPv4 = IPAddress.Parse("192.0.2.1") };
        await node.StartAsync();
        await node.PublishAsync(Records.Identity(1001, "web"));
        node.Datapath.TakeOperations();

        await node.PublishAsync(Records.NodeAt("node-b", "172.30.0.2", "", "10.2.0.0/24"), Records.Ip("10.2.0.9", 1001, "node-b"));

        Assert.Equal(["put tunnels", "put hosts"], node.Datapath.TakeOperations().Where(operation => operation is "put tunnels" or "put hosts"));
        Assert.Equal("172.30.0.2", Address(node, 1));
        Assert.Equal((1001u, 1u), Host(node, "10.2.0.9"));
        Assert.Equal((0x0200_0001u, 1u), Host(node, "172.30.0.2")); // the first identity of nodes with labels
        Assert.Equal((1u, 0u), Host(node, "192.0.2.1"));
        await Eventually.IsTrue(() => node.Network.Routes.Any(route => route.Destination.ToString() == "10.2.0.0/24"), "route to node-b");

        await node.PublishAsync(Records.NodeAt("node-b", "172.30.0.3", "", "10.2.0.0/24"));
        Assert.Equal((1001u, 2u), Host(node, "10.2.0.9"));
        Assert.Equal("172.30.0.3", Address(node, 2));

        await node.StopAsync();
        await node.StartAsync();
        Assert.Equal((1001u, 2u), Host(node, "10.2.0.9"));
        Assert.Equal(1, node.Network.TunnelsMade);
        node.Network.Tunnel = null;
        node.Network.Changed();
        await Eventually.IsTrue(() => node.Network.TunnelsMade == 2 && node.Network.Tunnel!.Index == 500, "the tunnel device is back under its index");
    }

    [Fact]
    public async Task Natively_nothing_is_behind_a_tunnel()
    {
        await using var node = new TestNode();
        await node.StartAsync();

        await node.PublishAsync(Records.Identity(1001, "web"), Records.NodeAt("node-b", "172.30.0.2", "", "10.2.0.0/24"), Records.Ip("10.2.0.9", 1001, "node-b"));

        Assert.Equal((1001u, 0u), Host(node, "10.2.0.9"));
        Assert.Equal((0x0200_0001u, 0u), Host(node, "172.30.0.2"));
    }

    private static (uint Identity, uint Tunnel) Host(TestNode node, string address)
    {
        Assert.True(node.Kernel.Hosts.TryGet(IpAddressKey.From(IPAddress.Parse(address)), out var entry), address);
        return (entry.Identity, entry.Tunnel);
    }

    private static string Address(TestNode node, uint index) => node.Kernel.Tunnels.TryGet(index, out var address) ? address.ToString() : "";

    private static bool Set(NodeTunnels tunnels, string name, int number) => tunnels.Set(name, new NodeAddressing(name, IPAddress.Parse($"172.30.0.{number}"), null, []));

    private (NodeTunnels Tunnels, MapReconciler<uint, IpAddressKey> Map) Open()
    {
        var map = new MapReconciler<uint, IpAddressKey>(_kernel, NullLogger.Instance, removesStrangers: false);
        var tunnels = new NodeTunnels(map, _kernel);
        tunnels.SetOwn(IPAddress.Parse("172.30.0.1"), null);
        return (tunnels, map);
    }
}
