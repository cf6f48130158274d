using System.Net;
using Axoneme.Datapath.Layout;
using Axoneme.Datapath.Native;
using Axoneme.Datapath.Network;
using Axoneme.Datapath.Tests.Support;

namespace Axoneme.Datapath.Tests.Network;

public class RouteSocketTests
{
    private static readonly MacAddress _mac = MacAddress.Parse("02:00:00:00:00:01");
    private static readonly MacAddress _peerMac = MacAddress.Parse("02:00:00:00:00:02");

    [Fact]
    public void A_veth_pair_is_made_with_its_peer_in_the_other_namespace()
    {
        using var node = new TestNode();
        using var pod = new TestNode();
        using var here = RouteSocket.OpenIn(node.Namespace);
        using var there = RouteSocket.OpenIn(pod.Namespace);
        var link = here.CreateVeth(new VethPair { Name = "lxc1", Mac = _mac, PeerName = "eth0", PeerMac = _peerMac, PeerNamespace = pod.Namespace, Mtu = 1450 });
        var peer = there.FindLink("eth0");

        Assert.NotNull(peer);
        Assert.Equal(new LinkInfo(link.Index, "lxc1", _mac, 1450, IsUp: true, "veth", peer.Index), link);
        Assert.Equal(new LinkInfo(peer.Index, "eth0", _peerMac, 1450, IsUp: false, "veth", link.Index), peer);
        Assert.Equal(link, here.FindLink(link.Index));
        Assert.Equal(["lo", "lxc1"], here.Links().Select(found => found.Name).Order());
    }

    [Fact]
    public void A_pod_gets_its_addresses_routes_and_neighbours_in_one_batch()
    {
        using var pod = new TestNode();
        using var routes = RouteSocket.OpenIn(pod.Namespace);
        var link = routes.CreateVeth(new VethPair { Name = "eth0", Mac = _mac, PeerName = "peer0", PeerMac = _peerMac });
        IPAddress address4 = IPAddress.Parse("10.0.0.7"), address6 = IPAddress.Parse("fd00::7");
        IPAddress gateway4 = IPAddress.Parse("169.254.1.1"), gateway6 = IPAddress.Parse("fe80::1");
        routes.Execute(new RouteBatch()
            .SetUp(link.PeerIndex)
            .AddAddress(link.Index, address4)
            .AddAddress(link.Index, address6)
            .AddNeighbour(link.Index, gateway4, _peerMac)
            .AddNeighbour(link.Index, gateway6, _peerMac)
            .AddRoute(new RouteInfo(RouteInfo.DefaultIPv4, link.Index, gateway4, address4))
            .AddRoute(new RouteInfo(RouteInfo.DefaultIPv6, link.Index, gateway6))
            .AddRoute(new RouteInfo(IPNetwork.Parse("192.0.2.1/32"), link.Index, Source: address4)));

        Assert.Contains(new AddressInfo(link.Index, address4, 32, IsTentative: false), routes.Addresses());
        Assert.Contains(new AddressInfo(link.Index, address6, 128, IsTentative: false), routes.Addresses(link.Index));
        Assert.Contains(new NeighbourInfo(link.Index, gateway4, _peerMac, IsPermanent: true), routes.Neighbours());
        Assert.Contains(new NeighbourInfo(link.Index, gateway6, _peerMac, IsPermanent: true), routes.Neighbours());
        Assert.Contains(new RouteInfo(RouteInfo.DefaultIPv4, link.Index, gateway4, address4), routes.Routes());
        Assert.Contains(new RouteInfo(RouteInfo.DefaultIPv6, link.Index, gateway6), routes.Routes());
        Assert.Contains(new RouteInfo(IPNetwork.Parse("192.0.2.1/32"), link.Index, null, address4), routes.Routes());

        routes.Execute(new RouteBatch()
            .RemoveRoute(new RouteInfo(RouteInfo.DefaultIPv4, link.Index, gateway4))
            .RemoveNeighbour(link.Index, gateway4)
            .RemoveAddress(link.Index, address6));
        Assert.DoesNotContain(routes.Routes(), route => route.Destination.Equals(RouteInfo.DefaultIPv4));
        Assert.DoesNotContain(routes.Neighbours(), neighbour => neighbour.Address.Equals(gateway4));
        Assert.DoesNotContain(routes.Addresses(link.Index), address => address.Address.Equals(address6));
    }

    [Fact]
    public void Repeating_addresses_routes_and_neighbours_is_no_error()
    {
        using var pod = new TestNode();
        using var routes = RouteSocket.OpenIn(pod.Namespace);
        var link = routes.CreateVeth(Pair("v0")).Index;
        for (var i = 0; i < 2; i++)
        {
            routes.Execute(new RouteBatch()
                .AddAddress(link, IPAddress.Parse("10.0.0.7"))
                .AddRoute(new RouteInfo(IPNetwork.Parse("10.1.0.0/16"), link))
                .AddNeighbour(link, IPAddress.Parse("10.1.0.1"), _mac));
        }

        Assert.Single(routes.Routes(), route => route.Destination.Equals(IPNetwork.Parse("10.1.0.0/16")));
    }

    [Fact]
    public void A_dummy_is_up_and_holds_addresses()
    {
        using var node = new TestNode();
        using var routes = RouteSocket.OpenIn(node.Namespace);
        routes.Execute(new RouteBatch().CreateDummy("d0"));
        var link = routes.FindLink("d0")!;
        Assert.True(link.IsUp);
        routes.Execute(new RouteBatch()
            .AddAddress(link.Index, IPAddress.Parse("10.0.0.1"))
            .AddRoute(new RouteInfo(IPNetwork.Parse("10.1.0.0/16"), link.Index, Source: IPAddress.Parse("10.0.0.1"))));
        Assert.Single(routes.Routes(), route => route.Destination.Equals(IPNetwork.Parse("10.1.0.0/16")));
        Assert.True(routes.DeleteLink("d0"));
        Assert.Equal(["lo"], routes.Links().Select(left => left.Name));
    }

    [Fact]
    public void Deleting_one_end_of_a_pair_deletes_the_other_and_twice_is_no_error()
    {
        using var node = new TestNode();
        using var routes = RouteSocket.OpenIn(node.Namespace);
        var link = routes.CreateVeth(new VethPair { Name = "a", Mac = _mac, PeerName = "b", PeerMac = _peerMac });
        Assert.True(routes.DeleteLink("b"));
        Assert.False(routes.DeleteLink(link.Index));
        Assert.False(routes.DeleteLink("a"));
        Assert.Null(routes.FindLink("a"));
        Assert.Null(routes.FindLink(link.Index));
    }

    [Fact]
    public void A_taken_name_is_refused_with_the_operation_and_the_kernel_s_reason()
    {
        using var node = new TestNode();
        using var routes = RouteSocket.OpenIn(node.Namespace);
        routes.CreateVeth(Pair("v0"));
        var failure = Assert.Throws<KernelException>(() => routes.CreateVeth(Pair("v0")));
        Assert.Equal(Errno.Exists, failure.ErrorNumber);
        Assert.Contains("create veth v0", failure.Message);
    }

    [Fact]
    public void The_kernel_s_own_words_are_in_the_error()
    {
        using var node = new TestNode();
        using var routes = RouteSocket.OpenIn(node.Namespace);
        var failure = Assert.Throws<KernelException>(() => routes.Execute(new RouteBatch().AddRoute(new RouteInfo(RouteInfo.DefaultIPv4, 4242, IPAddress.Parse("10.0.0.1")))));
        Assert.Contains("add route 0.0.0.0/0", failure.Message);
        Assert.Matches(@"\(errno \d+\): \w+", failure.Message);
    }

    [Fact]
    public void The_first_refusal_of_a_batch_is_the_one_reported_and_the_rest_is_done()
    {
        using var node = new TestNode();
        using var routes = RouteSocket.OpenIn(node.Namespace);
        var failure = Assert.Throws<KernelException>(() => routes.Execute(new RouteBatch().SetUp(4242).DeleteLink(4243).CreateVeth(Pair("v0"))));
        Assert.Contains("bring interface 4242 up", failure.Message);
        Assert.NotNull(routes.FindLink("v0"));
    }

    [Fact]
    public void A_name_too_long_is_refused_before_the_kernel_sees_it()
    {
        var failure = Assert.Throws<KernelException>(() => new RouteBatch().CreateVeth(Pair("sixteen-bytes-ab")));
        Assert.Contains("\"sixteen-bytes-ab\"", failure.Message);
    }

    [Fact]
    public void A_hundred_interfaces_are_listed_whole()
    {
        using var node = new TestNode();
        using var routes = RouteSocket.OpenIn(node.Namespace);
        var batch = new RouteBatch();
        for (var i = 0; i < 100; i++)
        {
            batch.CreateVeth(Pair($"v{i}"));
        }

        routes.Execute(batch);
        Assert.Equal(201, routes.Links().Count);
        Assert.Equal(100, routes.Links().Count(link => link.IsUp && link.Kind == "veth"));
    }

    private static VethPair Pair(string name) => new() { Name = name, Mac = _mac, PeerName = $"{name}p", PeerMac = _peerMac };
}
