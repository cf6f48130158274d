using Axoneme.Datapath;
using Axoneme.Datapath.Attachment;
using Axoneme.Datapath.Network;
using Axoneme.NodeActors.Tests.Fakes;

namespace Axoneme.NodeActors.Tests.Network;

/// <summary>An agent that starts with fewer devices than the one before: nobody judges there any more, however the programs were attached.</summary>
[Collection("real node")]
public sealed class FormerDevicesTests
{
    [Theory]
    [InlineData(false, false, false)]
    [InlineData(true, true, false)]
    [InlineData(true, false, false)]
    [InlineData(false, true, false)]
    [InlineData(true, true, true)]
    [InlineData(true, false, true)]
    [InlineData(false, false, true)]
    public async Task A_device_and_a_tunnel_that_are_no_longer_wanted_are_left(bool clsactBefore, bool clsactAfter, bool wasKilledMidway)
    {
        await using var node = new RealNode(clsactBefore);
        using var routes = RouteSocket.OpenIn(node.Namespace);
        var device = routes.CreateVeth(new VethPair { Name = "eth0", Mac = MacAddress("0a"), PeerName = "eth1", PeerMac = MacAddress("0b") }).Index;
        routes.Execute(new RouteBatch().SetUp(device).AddAddress(device, System.Net.IPAddress.Parse("172.30.0.1"), 24));
        var options = node.Options;
        node.Options = options with { Devices = ["eth0"], Routing = RoutingMode.Vxlan, HostFirewall = true };
        await node.StartAsync();
        Assert.Equal(2, Programs(node, device, options.BpfRoot));
        await node.StopAsync();
        if (wasKilledMidway)
        {
            DetachOne(node, device, options.BpfRoot, clsactBefore);
        }

        node.Options = options;
        node.DatapathOptions = node.DatapathOptions with { ForceClsact = clsactAfter };
        await node.StartAsync();
        Assert.Equal(0, Programs(node, device, options.BpfRoot));
        Assert.DoesNotContain(routes.Links(), link => link.Kind == "vxlan");
        Assert.Empty(Directory.GetFiles($"{options.BpfRoot}/links", "*_overlay"));
        Assert.DoesNotContain(node.Agent!.GetStatus().Problems, problem => !problem.StartsWith("control plane", StringComparison.Ordinal));
    }

    private static Datapath.Layout.MacAddress MacAddress(string last) => Datapath.Layout.MacAddress.Parse($"02:00:00:00:00:{last}");

    /// <summary>How many programs are on a device, by either kind of attachment.</summary>
    private static int Programs(RealNode node, uint device, string bpfRoot)
    {
        var clsact = ClsactAttachment.WithoutPrograms(InterfaceRole.Device, bpfRoot);
        using var socket = RouteSocket.OpenIn(node.Namespace);
        return Directory.GetFiles($"{bpfRoot}/links", $"{device}_*").Length + new[] { ("to_netdev", TrafficHook.Egress), ("from_netdev", TrafficHook.Ingress) }
            .Count(place => TrafficControl.HasOurs(socket, device, place.Item2, clsact.FilterName(place.Item1)));
    }

    private static void DetachOne(RealNode node, uint device, string bpfRoot, bool clsact)
    {
        if (clsact)
        {
            using var socket = RouteSocket.OpenIn(node.Namespace);
            Assert.True(TrafficControl.DeleteOurs(socket, device, TrafficHook.Egress, ClsactAttachment.WithoutPrograms(InterfaceRole.Device, bpfRoot).FilterName("to_netdev")));
        }
        else
        {
            File.Delete($"{bpfRoot}/links/{device}_to_netdev");
        }
    }
}
