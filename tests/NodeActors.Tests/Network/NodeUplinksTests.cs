using System.Net;
using Axoneme.Datapath.Network;
using Axoneme.NodeActors.Network;

namespace Axoneme.NodeActors.Tests.Network;

/// <summary>Which interfaces lead out of a node, and by which addresses.</summary>
public class NodeUplinksTests
{
    private static readonly NodeLinks Seen = new(
        [
            Link(1, "lo") with { IsLoopback = true }, Link(2, "eth0"), Link(3, "eth1", 9000), Link(4, "br0", kind: "bridge"), Link(5, "port1") with { Master = 4 },
            Link(6, "lxc0123456789ab", kind: "veth"), Link(7, "axo_12345678", kind: "veth"), Link(8, "vrf0", kind: "vrf"), Link(9, "eth2") with { Master = 8 },
        ],
        [
            new(2, IPAddress.Parse("169.254.7.7"), 16, false) { IsGlobal = false }, new(2, IPAddress.Parse("172.30.0.9"), 24, false) { IsSecondary = true },
            new(2, IPAddress.Parse("172.30.0.1"), 24, false), new(2, IPAddress.Parse("172.30.1.1"), 24, false), new(2, IPAddress.Parse("fe80::1"), 64, false),
            new(2, IPAddress.Parse("fd30::7"), 64, true), new(2, IPAddress.Parse("fd30::8"), 64, false) { IsDeprecated = true }, new(2, IPAddress.Parse("fd30::1"), 64, false),
            new(3, IPAddress.Parse("10.99.0.1"), 24, false), new(7, IPAddress.Parse("10.77.0.1"), 32, false),
        ],
        [new(RouteInfo.DefaultIPv4, 2, IPAddress.Parse("172.30.0.254"))]);

    [Theory]
    [InlineData("auto", "eth0")]
    [InlineData("eth+", "eth0 eth1 eth2")]
    [InlineData("eth1", "eth1")]
    [InlineData("lo", "")]
    [InlineData("lxc+", "")]
    [InlineData("axo_12345678", "")]
    [InlineData("port1", "")]
    [InlineData("br0", "br0")]
    [InlineData("nothing", "")]
    [InlineData("auto eth1", "eth0 eth1")]
    public void Devices_are_chosen_by_name_pattern_or_default_route(string devices, string expected) =>
        Assert.Equal(expected, string.Join(' ', Detect(devices).Devices.Select(device => device.Name)));

    [Fact]
    public void Auto_means_the_interface_with_the_nodes_address_too_and_the_default_route_comes_first() =>
        Assert.Equal(["eth0", "eth1"], NodeUplinks.Detect(Options("auto") with { NodeIPv4 = IPAddress.Parse("10.99.0.1") }, Seen).Devices.Select(device => device.Name));

    [Fact]
    public void The_address_is_the_first_global_one_that_lasts()
    {
        var uplinks = Detect("auto");

        Assert.Equal(("172.30.0.1", "fd30::1"), ($"{uplinks.IPv4}", $"{uplinks.IPv6}"));
        Assert.Equal(("172.30.0.1", "fd30::1"), ($"{uplinks.Devices[0].IPv4}", $"{uplinks.Devices[0].IPv6}"));
    }

    [Fact]
    public void An_address_that_is_named_goes_before_others_of_its_device() =>
        Assert.Equal("172.30.1.1", $"{NodeUplinks.Detect(Options("eth0") with { NodeIPv4 = IPAddress.Parse("172.30.1.1") }, Seen).Devices[0].IPv4}");

    [Theory]
    [InlineData("eth0", 1450)]
    [InlineData("eth1", 8950)]
    [InlineData("eth0 eth1", 1450)]
    [InlineData("br0", 1430)]
    [InlineData("", 1430)]
    public void The_tunnel_takes_what_the_smallest_device_does_without_the_outer_headers(string devices, uint mtu) => Assert.Equal(mtu, Detect(devices).TunnelMtu);

    private static NodeUplinks Detect(string devices) => NodeUplinks.Detect(Options(devices), Seen);

    private static NodeAgentOptions Options(string devices) =>
        new() { NodeName = "a", StateDirectory = "/nonexistent", Devices = devices.Split(' ', StringSplitOptions.RemoveEmptyEntries) };

    private static LinkInfo Link(uint index, string name, uint mtu = 1500, string kind = "") => new(index, name, default, mtu, IsUp: true, kind, 0);
}
