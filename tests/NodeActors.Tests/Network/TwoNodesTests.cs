using System.Net;
using Axoneme.Datapath.Network;
using Axoneme.NodeActors.Tests.Fakes;

namespace Axoneme.NodeActors.Tests.Network;

/// <summary>Agents that bring their nodes together, with real packets.</summary>
public sealed class TwoNodesTests
{
    [Theory]
    [InlineData(true, true, 1450)]
    [InlineData(true, false, 1450)]
    [InlineData(false, true, 1430)]
    public async Task Pods_reach_each_other_through_the_tunnel_whatever_family_is_below_it(bool ipv4, bool ipv6, int mtu)
    {
        await using var nodes = await TwoNodes.StartAsync(options => options with { Routing = RoutingMode.Vxlan }, ipv4, ipv6);

        await nodes.AssertReachAsync("at first");

        Assert.Empty(nodes.A.Agent!.GetStatus().Problems);
        var network = nodes.A.Agent.GetStatus().Network!;
        Assert.Equal(("vxlan", mtu, (uint)mtu), (network.Routing, network.PodMtu, network.Tunnel!.Mtu));
        using var pod = RouteSocket.OpenIn(nodes.A.Netns("x"));
        Assert.Equal((uint)mtu, pod.FindLink("eth0")!.Mtu);
    }

    [Fact]
    public async Task The_tunnel_outlives_the_agent_and_comes_back_when_somebody_takes_it_away()
    {
        await using var nodes = await TwoNodes.StartAsync(options => options with { Routing = RoutingMode.Vxlan });
        var tunnel = nodes.A.Agent!.GetStatus().Network!.Tunnel!;

        await nodes.A.StopAsync();
        await nodes.A.StartAsync();
        await nodes.AssertReachAsync("after a restart");
        Assert.Equal(tunnel, nodes.A.Agent!.GetStatus().Network!.Tunnel);

        using var routes = RouteSocket.OpenIn(nodes.A.Namespace);
        Assert.True(routes.DeleteLink(tunnel.Name));
        await Eventually.IsTrue(
            () => routes.FindLink(tunnel.Name)?.Index == tunnel.Ifindex && OursIn(routes).Count == 2, "the device has its index and its routes again");
        await nodes.AssertReachAsync("after the device was deleted");
    }

    [Fact]
    public async Task A_node_that_leaves_takes_its_routes_along_and_nobody_elses()
    {
        await using var nodes = await TwoNodes.StartAsync(options => options with { Routing = RoutingMode.Vxlan });
        using var routes = RouteSocket.OpenIn(nodes.A.Namespace);
        var theirs = new RouteInfo(IPNetwork.Parse("10.99.0.0/16"), routes.FindLink("eth0")!.Index);
        routes.Execute(new RouteBatch().AddRoute(theirs));
        await Eventually.IsTrue(() => OursIn(routes).SequenceEqual(["10.77.2.0/24", "fd77:2::/64"]), "routes to b");

        await nodes.PublishAsync(Records.Gone(nodes.Cluster[1]));

        await Eventually.IsTrue(() => OursIn(routes).Count == 0, "no route to b");
        Assert.Contains(theirs, routes.Routes());
    }

    [Fact]
    public async Task Natively_nodes_on_one_link_route_directly_and_pods_keep_their_addresses()
    {
        await using var nodes = await TwoNodes.StartAsync(options => options with { Routing = RoutingMode.Native });

        await nodes.AssertReachAsync("at first");

        var status = nodes.A.Agent!.GetStatus();
        Assert.Empty(status.Problems);
        Assert.Equal(("native", 1500, null), (status.Network!.Routing, status.Network.PodMtu, status.Network.Tunnel));
        using var routes = RouteSocket.OpenIn(nodes.A.Namespace);
        Assert.Contains(
            new RouteInfo(IPNetwork.Parse("10.77.2.0/24"), routes.FindLink("eth0")!.Index, IPAddress.Parse("172.30.0.2"), IPAddress.Parse("10.77.1.1")) { Protocol = RouteInfo.OurProtocol },
            routes.Routes());
    }

    [Theory]
    [InlineData(RoutingMode.Native)]
    [InlineData(RoutingMode.Vxlan)]
    public async Task What_leaves_the_cluster_leaves_under_the_nodes_address_unless_the_destination_is_exempt(RoutingMode routing)
    {
        await using var nodes = await TwoNodes.StartAsync(options => options with { Routing = routing, NonMasqueradeCidrs = [IPNetwork.Parse("192.0.2.2/32"), IPNetwork.Parse("2001:db8::2/128")] });
        using (var a = RouteSocket.OpenIn(nodes.A.Namespace))
        {
            var eth0 = a.FindLink("eth0")!.Index;
            a.Execute(new RouteBatch().AddRoute(new RouteInfo(RouteInfo.DefaultIPv4, eth0, IPAddress.Parse("172.30.0.2"))).AddRoute(new RouteInfo(RouteInfo.DefaultIPv6, eth0, IPAddress.Parse("fd30::2"))));
        }

        // Loopback's addresses are not the node's: whoever asks them asks the world.
        using (var b = RouteSocket.OpenIn(nodes.B.Namespace))
        {
            foreach (var address in new[] { "192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2" })
            {
                b.Execute(new RouteBatch().AddAddress(1, IPAddress.Parse(address)));
            }
        }

        var pod = nodes.A.Endpoint("x");
        Assert.Equal("172.30.0.1", await SeenAsAsync("192.0.2.1"));
        Assert.Equal("fd30::1", await SeenAsAsync("2001:db8::1"));
        Assert.Equal(pod.Ipv4, await SeenAsAsync("192.0.2.2"));
        Assert.Equal(pod.Ipv6, await SeenAsAsync("2001:db8::2"));

        async Task<string> SeenAsAsync(string address)
        {
            var listener = nodes.B.Namespace.Run(() =>
            {
                var made = new System.Net.Sockets.TcpListener(IPAddress.Parse(address), 9090);
                made.Start();
                return made;
            });
            using var connection = await nodes.A.ConnectAsync("x", address, 9090, 3000);
            if (connection is null)
            {
                listener.Stop();
                return "nobody";
            }

            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5));
            using var accepted = await listener.AcceptSocketAsync(patience.Token);
            listener.Stop();
            return ((IPEndPoint)accepted.RemoteEndPoint!).Address.ToString();
        }
    }

    [Fact]
    public async Task Routes_of_an_earlier_run_go_when_nobody_wants_them_any_more()
    {
        await using var nodes = await TwoNodes.StartAsync(options => options with { Routing = RoutingMode.Native });
        using var routes = RouteSocket.OpenIn(nodes.A.Namespace);
        await Eventually.IsTrue(() => OursIn(routes).Count == 2, "routes to b");

        await nodes.A.StopAsync();
        nodes.A.Options = nodes.A.Options with { AutoDirectNodeRoutes = false };
        await nodes.A.StartAsync();

        await Eventually.IsTrue(() => OursIn(routes).Count == 0, "no routes of ours");
    }

    private static List<string> OursIn(RouteSocket routes) =>
        [.. routes.Routes().Where(route => route.Protocol == RouteInfo.OurProtocol).Select(route => route.Destination.ToString()).Order(StringComparer.Ordinal)];
}
