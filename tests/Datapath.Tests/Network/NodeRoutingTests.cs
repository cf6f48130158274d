using System.Net;
using Axoneme.Datapath.Network;
using Axoneme.Datapath.Tests.Support;

namespace Axoneme.Datapath.Tests.Network;

/// <summary>What rtnetlink has for nodes that reach each other: tunnel devices, routes of our own, word of changes.</summary>
public class NodeRoutingTests
{
    private static readonly IPNetwork _pods = IPNetwork.Parse("10.2.0.0/24");
    private static readonly IPNetwork _pods6 = IPNetwork.Parse("fd00:2::/64");

    [Fact]
    public void A_VXLAN_device_is_made_with_the_index_port_and_MTU_asked_for()
    {
        using var node = new TestNode();
        using var socket = RouteSocket.OpenIn(node.Namespace);
        socket.Execute(new RouteBatch().CreateVxlan(new VxlanDevice("axo_vx", 4789, 1450, Ifindex: 4711)));

        var device = socket.FindLink("axo_vx");
        Assert.NotNull(device);
        Assert.Equal((4711u, 1450u, true, "vxlan", (ushort)4789), (device.Index, device.Mtu, device.IsUp, device.Kind, device.TunnelPort));
        Assert.Empty(socket.Addresses(device.Index));
        Assert.False(device.HasNeighbours);

        socket.Execute(new RouteBatch().SetMtu(device.Index, 1400));
        Assert.Equal(1400u, socket.FindLink("axo_vx")!.Mtu);
    }

    [Fact]
    public void A_second_device_on_the_same_port_is_refused()
    {
        using var node = new TestNode();
        using var socket = RouteSocket.OpenIn(node.Namespace);
        socket.Execute(new RouteBatch().CreateVxlan(new VxlanDevice("one", 8472, 1450)));

        var refusal = Assert.Throws<KernelException>(() => socket.Execute(new RouteBatch().CreateVxlan(new VxlanDevice("two", 8472, 1450))));

        Assert.Contains("create VXLAN device two on UDP port 8472", refusal.Message, StringComparison.Ordinal);
        Assert.Null(socket.FindLink("two"));
    }

    [Fact]
    public void A_route_keeps_who_made_it_its_source_and_its_MTU()
    {
        using var node = new TestNode();
        using var socket = RouteSocket.OpenIn(node.Namespace);
        var (device, router, router6) = Tunnel(socket);
        var route = new RouteInfo(_pods, device, null, router) { Protocol = RouteInfo.OurProtocol, Mtu = 1400 };
        var route6 = new RouteInfo(_pods6, device, null, router6) { Protocol = RouteInfo.OurProtocol, Mtu = 1400 };

        socket.Execute(new RouteBatch().AddNewRoute(route).AddNewRoute(route6));

        Assert.Contains(route, socket.Routes());
        Assert.Contains(route6, socket.Routes());
        Assert.Throws<KernelException>(() => socket.Execute(new RouteBatch().AddNewRoute(route)));
        socket.Execute(new RouteBatch().AddRoute(route with { Mtu = 1300 }).AddRoute(route6 with { Mtu = 1300 }));
        Assert.Equal([1300u, 1300u], socket.Routes().Where(r => r.Protocol == RouteInfo.OurProtocol).Select(r => r.Mtu));
    }

    [Fact]
    public void Somebody_elses_route_is_not_removed_as_ours()
    {
        using var node = new TestNode();
        using var socket = RouteSocket.OpenIn(node.Namespace);
        var (device, _, _) = Tunnel(socket);
        foreach (var network in new[] { _pods, _pods6 })
        {
            var theirs = new RouteInfo(network, device);
            socket.Execute(new RouteBatch().AddRoute(theirs));
            Assert.Throws<KernelException>(() => socket.Execute(new RouteBatch().RemoveRoute(theirs with { Protocol = RouteInfo.OurProtocol })));
            Assert.Contains(theirs, socket.Routes());
        }
    }

    [Fact]
    public void The_kernel_tells_of_new_links_addresses_and_routes()
    {
        using var node = new TestNode();
        using var socket = RouteSocket.OpenIn(node.Namespace);
        using var told = new SemaphoreSlim(0);
        using (var changes = NetworkChanges.Listen(node.Namespace, () => told.Release()))
        {
            socket.Execute(new RouteBatch().CreateDummy("uplink"));
            var uplink = socket.FindLink("uplink")!.Index;
            Assert.True(Told(), "link");
            socket.Execute(new RouteBatch().AddAddress(uplink, IPAddress.Parse("172.30.0.1"), 24));
            Assert.True(Told(), "address");
            socket.Execute(new RouteBatch().AddRoute(new RouteInfo(_pods, uplink, IPAddress.Parse("172.30.0.2"))));
            Assert.True(Told(), "route");
            Assert.Null(changes.Failure);
        }

        socket.Execute(new RouteBatch().CreateDummy("late"));
        Assert.False(told.Wait(500), "told after the end");

        bool Told()
        {
            var was = told.Wait(3000);
            while (told.Wait(300))
            {
                // a change is several messages
            }

            return was;
        }
    }

    [Fact]
    public void The_reverse_path_check_is_off_for_one_interface_and_as_strict_as_before_for_others()
    {
        using var node = new TestNode();
        using var socket = RouteSocket.OpenIn(node.Namespace);
        socket.Execute(new RouteBatch().CreateDummy("uplink").CreateDummy("axo_x"));
        node.Namespace.Run(() =>
        {
            Sysctl.Write("net/ipv4/conf/all/rp_filter", "1");
            Sysctl.Write("net/ipv4/conf/default/rp_filter", "0");
            Sysctl.Write("net/ipv4/conf/uplink/rp_filter", "2");
            Sysctl.Write("net/ipv4/conf/lo/rp_filter", "0");
            var before = ReversePathFilter.Changes();

            ReversePathFilter.Exempt("axo_x");

            Assert.Equal("0 1 2 1 0", Read());
            Assert.Empty(ReversePathFilter.Changes());
            ForwardingSettings.Restore(before);
            Assert.Equal("1 0 2 0 0", Read());
        });

        static string Read() => string.Join(' ', new[] { "all", "default", "uplink", "lo", "axo_x" }.Select(name => Sysctl.Read($"net/ipv4/conf/{name}/rp_filter")));
    }

    private static (uint Device, IPAddress Router, IPAddress Router6) Tunnel(RouteSocket socket)
    {
        IPAddress router = IPAddress.Parse("10.1.0.1"), router6 = IPAddress.Parse("fd00:1::1");
        socket.Execute(new RouteBatch().CreateVxlan(new VxlanDevice("axo_vx", 8472, 1450)).CreateDummy("host"));
        var host = socket.FindLink("host")!.Index;
        socket.Execute(new RouteBatch().AddAddress(host, router).AddAddress(host, router6));
        return (socket.FindLink("axo_vx")!.Index, router, router6);
    }
}
