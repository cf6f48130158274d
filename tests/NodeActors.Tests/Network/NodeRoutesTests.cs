using System.Net;
using Axoneme.Datapath.Network;
using Axoneme.NodeActors.Network;

namespace Axoneme.NodeActors.Tests.Network;

/// <summary>Routes to other nodes' pods, and what is said of those that cannot be reached.</summary>
public class NodeRoutesTests
{
    private static readonly IPNetwork[] Own = [IPNetwork.Parse("10.1.0.0/24"), IPNetwork.Parse("fd00:1::/64")];
    private static readonly IPAddress[] Routers = [IPAddress.Parse("10.1.0.1"), IPAddress.Parse("fd00:1::1")];
    private static readonly LinkInfo Eth0 = new(2, "eth0", default, 1500, true, "", 0);
    private static readonly NodeUplinks Uplinks = new([new NodeDevice(2, "eth0", default, 1500, IPAddress.Parse("172.30.0.1"), null)], IPAddress.Parse("172.30.0.1"), null, 1500);

    private static NodeLinks Seen(params RouteInfo[] routes) => new([Eth0], [new AddressInfo(2, IPAddress.Parse("172.30.0.1"), 24, false), new AddressInfo(2, IPAddress.Parse("fd30::1"), 64, false)], routes);

    private static NodeAddressing Node(string name, string? ipv4, string? ipv6, params string[] cidrs) =>
        new(name, ipv4 is null ? null : IPAddress.Parse(ipv4), ipv6 is null ? null : IPAddress.Parse(ipv6), [.. cidrs.Select(IPNetwork.Parse)]);

    [Fact]
    public void A_node_on_the_same_link_gets_a_direct_route_per_family()
    {
        var routes = Direct(Seen(), Node("b", "172.30.0.2", "fd30::2", "10.2.0.0/24", "fd00:2::/64"));

        Assert.Empty(routes.Problems);
        Assert.Equal(
            [
                new RouteInfo(IPNetwork.Parse("10.2.0.0/24"), 2, IPAddress.Parse("172.30.0.2"), Routers[0]) { Protocol = RouteInfo.OurProtocol },
                new RouteInfo(IPNetwork.Parse("fd00:2::/64"), 2, IPAddress.Parse("fd30::2"), Routers[1]) { Protocol = RouteInfo.OurProtocol },
            ],
            routes.Routes);
    }

    [Fact]
    public void A_node_behind_a_router_is_skipped_and_said_to_be_unreachable_unless_somebody_routes_there()
    {
        var away = Node("c", "172.31.0.2", null, "10.3.0.0/24");
        var refused = Direct(Seen(), away);
        Assert.Empty(refused.Routes);
        Assert.Contains("pods of node c cannot be reached: its address 172.31.0.2 is on no link", Assert.Single(refused.Problems), StringComparison.Ordinal);
        Assert.Equal("unreachable", refused.Ways["c"]);

        var byDefault = Direct(Seen(new RouteInfo(RouteInfo.DefaultIPv4, 2, IPAddress.Parse("172.30.0.254"))), away);
        Assert.Empty(byDefault.Routes);
        Assert.Empty(byDefault.Problems);
        Assert.Equal("left to the network (0.0.0.0/0 via 172.30.0.254)", byDefault.Ways["c"]);

        Assert.Single(Direct(Seen(new RouteInfo(IPNetwork.Parse("10.3.0.0/24"), 2, IPAddress.Parse("172.30.0.3")) { Protocol = RouteInfo.OurProtocol }), away).Problems);
    }

    [Fact]
    public void Pods_of_a_family_their_node_has_no_address_of_cannot_be_reached_directly() =>
        Assert.Contains("no address of the family", Assert.Single(Direct(Seen(), Node("b", "172.30.0.2", null, "fd00:2::/64")).Problems), StringComparison.Ordinal);

    [Fact]
    public void The_tunnel_carries_both_families_with_the_routers_as_sources()
    {
        var routes = Tunnel(Node("b", "172.30.0.2", null, "10.2.0.0/24", "fd00:2::/64"));

        Assert.Equal(
            [
                new RouteInfo(IPNetwork.Parse("10.2.0.0/24"), 9, null, Routers[0]) { Protocol = RouteInfo.OurProtocol, Mtu = 1450 },
                new RouteInfo(IPNetwork.Parse("fd00:2::/64"), 9, null, Routers[1]) { Protocol = RouteInfo.OurProtocol, Mtu = 1450 },
            ],
            routes.Routes);
        Assert.Equal("tunnel to 172.30.0.2", routes.Ways["b"]);
    }

    [Fact]
    public void A_node_without_a_common_family_has_no_tunnel() =>
        Assert.Contains("pods of node b cannot be reached: it has no address", Assert.Single(Tunnel(Node("b", null, "fd30::2", "10.2.0.0/24")).Problems), StringComparison.Ordinal);

    [Theory]
    [InlineData("10.1.0.0/24")]
    [InlineData("10.0.0.0/8")]
    [InlineData("10.1.0.128/25")]
    public void Pods_networks_that_overlap_with_ours_are_not_routed_away(string cidr)
    {
        var routes = Tunnel(Node("b", "172.30.0.2", null, cidr));

        Assert.Empty(routes.Routes);
        Assert.Contains("overlaps with this node's", Assert.Single(routes.Problems), StringComparison.Ordinal);
    }

    [Fact]
    public void Of_two_nodes_with_the_same_network_the_second_is_named() =>
        Assert.Equal("pods of node c cannot be reached: node b has the same pods' network 10.2.0.0/24", Assert.Single(Tunnel(Node("b", "172.30.0.2", null, "10.2.0.0/24"), Node("c", "172.30.0.3", null, "10.2.0.0/24")).Problems));

    [Fact]
    public void A_record_that_names_no_address_has_those_that_are_not_its_pods_gateways()
    {
        var node = NodeAddressing.From(new Wire.State.NodeRecord { Name = "b", Addresses = { "10.2.0.1", "fd00:2::1", "172.30.0.2", "fd30::2" }, PodCidrs = { "10.2.0.0/24", "fd00:2::/64" } });

        Assert.Equal(("172.30.0.2", "fd30::2"), ($"{node.IPv4}", $"{node.IPv6}"));
    }

    private static NodeRoutes Direct(NodeLinks seen, params NodeAddressing[] nodes) => NodeRoutes.Direct(nodes, Own, Routers, Uplinks, seen);

    private static NodeRoutes Tunnel(params NodeAddressing[] nodes) =>
        NodeRoutes.ByTunnel(nodes, Own, Routers, Uplinks, new LinkInfo(9, "axo_vx", default, 1450, true, "vxlan", 0), 1450);
}
