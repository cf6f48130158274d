using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Axoneme.Datapath.Layout;
using Axoneme.Datapath.Network;
using Axoneme.NodeActors.Network;

namespace Axoneme.NodeActors.Tests.Network;

/// <summary>Pods' interfaces in real namespaces. Needs root.</summary>
public sealed class NodeNetworkTests : IDisposable
{
    private static readonly IPAddress[] Routers = [IPAddress.Parse("10.55.0.1"), IPAddress.Parse("fd55::1")];
    private readonly string _suffix = $"{Environment.ProcessId}-{Guid.NewGuid().ToString("N")[..6]}";
    private readonly NetworkNamespace _node;
    private readonly NodeNetwork _network;
    private readonly List<string> _names = [];

    public NodeNetworkTests()
    {
        _node = Namespace("node");
        _network = new NodeNetwork(NodeNetwork.HostDeviceOf("/sys/fs/bpf/a"), _node);
        _network.EnsureHostDevice(Routers);
    }

    [Fact]
    public void The_host_device_holds_the_router_addresses_and_no_others()
    {
        _network.EnsureHostDevice(Routers);
        Assert.Equal(Routers.Select(r => r.ToString()).Order(), _network.LocalAddresses().Select(a => a.ToString()).Order());
        _network.EnsureHostDevice([Routers[0]]);
        Assert.Equal(["10.55.0.1"], _network.LocalAddresses().Select(a => a.ToString()));
        _network.DeleteHostDevice();
        _network.DeleteHostDevice();
        Assert.Empty(_network.LocalAddresses());
    }

    [Fact]
    public void Two_nodes_in_one_namespace_leave_each_others_host_device_alone()
    {
        using var other = new NodeNetwork(NodeNetwork.HostDeviceOf("/sys/fs/bpf/b"), _node);
        IPAddress[] routers = [IPAddress.Parse("10.56.0.1"), IPAddress.Parse("fd56::1")];
        other.EnsureHostDevice(routers);
        _network.EnsureHostDevice(Routers);
        Assert.Equal(Routers.Concat(routers).Select(r => r.ToString()).Order(), _network.LocalAddresses().Select(a => a.ToString()).Order());
        other.DeleteHostDevice();
        Assert.Equal(Routers.Select(r => r.ToString()).Order(), _network.LocalAddresses().Select(a => a.ToString()).Order());
    }

    [Fact]
    public void Two_nodes_in_one_namespace_cannot_tunnel_by_one_port_and_leave_each_others_routes_alone()
    {
        using var other = new NodeNetwork(NodeNetwork.HostDeviceOf("/sys/fs/bpf/b"), _node);
        IPAddress[] routers = [IPAddress.Parse("10.56.0.1"), IPAddress.Parse("fd56::1")];
        other.EnsureHostDevice(routers);
        var ours = _network.EnsureTunnel(8472, 1450, 0, out var wasMade);
        Assert.True(wasMade);
        Assert.Contains("give the tunnel another port", Assert.Throws<Datapath.KernelException>(() => other.EnsureTunnel(8472, 1450, 0, out _)).Message, StringComparison.Ordinal);
        var theirs = other.EnsureTunnel(8473, 1450, 0, out _);

        RouteInfo[] mine = [Route("10.1.0.0/24", ours.Index, Routers[0])];
        RouteInfo[] others = [Route("10.2.0.0/24", theirs.Index, routers[0])];
        Assert.Empty(_network.SetRoutes(mine));
        Assert.Empty(other.SetRoutes(others));
        Assert.Empty(_network.SetRoutes([]));
        Assert.Equal(others, _network.Look().Routes.Where(route => route.Protocol == RouteInfo.OurProtocol));

        Assert.Equal(ours, _network.EnsureTunnel(8472, 1450, ours.Index, out wasMade));
        Assert.False(wasMade);
        var again = _network.EnsureTunnel(4789, 1400, ours.Index, out wasMade);
        Assert.Equal((true, ours.Index, (ushort)4789, 1400u), (wasMade, again.Index, again.TunnelPort, again.Mtu));
        _network.DeleteTunnel();
        other.DeleteTunnel();
        Assert.DoesNotContain(_network.Look().Links, link => link.Kind == "vxlan");
    }

    [Fact]
    public void A_route_of_somebody_else_stays_and_is_told()
    {
        using var socket = RouteSocket.OpenIn(_node);
        var tunnel = _network.EnsureTunnel(8472, 1450, 0, out _);
        socket.Execute(new RouteBatch().CreateDummy("uplink"));
        var theirs = new RouteInfo(IPNetwork.Parse("10.1.0.0/24"), socket.FindLink("uplink")!.Index);
        socket.Execute(new RouteBatch().AddRoute(theirs));

        var problem = Assert.Single(_network.SetRoutes([Route("10.1.0.0/24", tunnel.Index, Routers[0]), Route("10.2.0.0/24", tunnel.Index, Routers[0])]));

        Assert.Contains("route 10.1.0.0/24: there is one of somebody else", problem, StringComparison.Ordinal);
        Assert.Contains(theirs, _network.Look().Routes);
        Assert.Contains(Route("10.2.0.0/24", tunnel.Index, Routers[0]), _network.Look().Routes);
        Assert.Empty(_network.SetRoutes([Route("10.2.0.0/24", tunnel.Index, Routers[0]) with { Mtu = 1300 }]));
        Assert.Equal(1300u, _network.Look().Routes.Single(route => route.Protocol == RouteInfo.OurProtocol).Mtu);
    }

    private static RouteInfo Route(string network, uint ifindex, IPAddress source) => new(IPNetwork.Parse(network), ifindex, null, source) { Protocol = RouteInfo.OurProtocol, Mtu = 1450 };

    [Fact]
    public void Settings_come_back_and_router_advertisements_are_taken_all_the_while()
    {
        const string uplink = "net/ipv6/conf/uplink/accept_ra";
        using var fresh = Namespace("fresh");
        using var socket = RouteSocket.OpenIn(fresh);
        socket.Execute(new RouteBatch().CreateDummy("uplink"));
        fresh.Run(() =>
        {
            Sysctl.Write("net/ipv4/ip_forward", "0");
            Sysctl.Write("net/ipv6/conf/all/forwarding", "0");
            Sysctl.Write(uplink, "1");
        });
        using var network = new NodeNetwork("axo_fresh", fresh);
        var before = network.SettingsToChange(Routers);
        network.EnsureHostDevice(Routers);
        Assert.Equal("1 1 2", Read());
        Assert.Empty(network.SettingsToChange(Routers));
        socket.Execute(new RouteBatch().CreateDummy("axo_other"));
        Assert.False(network.RestoreSettings(before));
        Assert.Equal("1 1 2", Read());
        socket.DeleteLink("axo_other");
        Assert.True(network.RestoreSettings(before));
        Assert.Equal("0 0 1", Read());

        string Read() => fresh.Run(() => string.Join(' ', new[] { "net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding", uplink }.Select(Sysctl.Read)));
    }

    [Fact]
    public void The_host_devices_name_is_the_same_in_every_run()
    {
        Assert.Equal("axo_138a28a2", NodeNetwork.HostDeviceOf("/sys/fs/bpf/axoneme"));
        Assert.Equal(NodeNetwork.HostDeviceOf("/sys/fs/bpf/axoneme"), NodeNetwork.HostDeviceOf("/sys/fs/bpf/axoneme/"));
    }

    [Fact]
    public void A_configured_pod_has_no_differences_and_is_reached_over_both_families()
    {
        using var netns = Namespace("pod");
        var pod = Pod(netns, 2);
        _network.Configure(pod, _network.Create(pod));
        Assert.Empty(_network.Differences(pod));
        Assert.Equal("hello", Exchange(netns, pod.Ipv4!));
        Assert.Equal("hello", Exchange(netns, pod.Ipv6!));
        Assert.Equal(IPStatus.Success, _node.Run(() => new Ping().Send(pod.Ipv4!, 2000).Status));
    }

    [Fact]
    public void Two_pods_reach_each_other_through_the_node()
    {
        using var first = Namespace("a");
        using var second = Namespace("b");
        var (one, two) = (Pod(first, 2), Pod(second, 3));
        _network.Configure(one, _network.Create(one));
        _network.Configure(two, _network.Create(two));
        Assert.Equal("hello", Exchange(second, two.Ipv4!, from: first));
        Assert.Equal("hello", Exchange(second, two.Ipv6!, from: first));
    }

    [Fact]
    public void Making_and_configuring_again_changes_nothing()
    {
        using var netns = Namespace("pod");
        var pod = Pod(netns, 2);
        var ifindex = _network.Create(pod);
        _network.Configure(pod, ifindex);
        _network.Configure(pod, ifindex);
        Assert.Empty(_network.Differences(pod));
        ifindex = _network.Create(pod);
        Assert.NotEmpty(_network.Differences(pod));
        _network.Configure(pod, ifindex);
        Assert.Empty(_network.Differences(pod));
        Assert.Equal(ifindex, _network.Find(pod));
    }

    [Fact]
    public void Each_difference_is_named()
    {
        using var netns = Namespace("pod");
        var pod = Pod(netns, 2);
        var ifindex = _network.Create(pod);
        _network.Configure(pod, ifindex);
        using (var inside = RouteSocket.OpenIn(netns))
        {
            var eth0 = inside.FindLink("eth0")!.Index;
            inside.Execute(new RouteBatch().RemoveAddress(eth0, pod.Ipv4!).RemoveNeighbour(eth0, PodInterface.Gateway6));
        }

        using (var outside = RouteSocket.OpenIn(_node))
        {
            outside.Execute(new RouteBatch().RemoveNeighbour(ifindex, pod.Ipv4!).RemoveRoute(new RouteInfo(new IPNetwork(pod.Ipv6!, 128), ifindex)));
        }

        var differences = string.Join('\n', _network.Differences(pod));
        Assert.Contains($"address {pod.Ipv4} is missing on eth0", differences);
        Assert.Contains("neighbour entry of gateway fe80::1 is missing", differences);
        Assert.Contains($"neighbour entry {pod.Ipv4} is {pod.Mac} is missing on {pod.HostName}", differences);
        Assert.Contains($"route to {pod.Ipv6} over {pod.HostName} is missing", differences);
        Assert.DoesNotContain($"route to {pod.Ipv4} ", differences);
    }

    [Fact]
    public void A_deleted_pod_is_gone_and_may_be_deleted_again()
    {
        using var netns = Namespace("pod");
        var pod = Pod(netns, 2);
        _network.Configure(pod, _network.Create(pod));
        _network.Delete(pod.HostName);
        _network.Delete(pod.HostName);
        Assert.Null(_network.Find(pod));
        Assert.Equal([$"interface {pod.HostName} is missing on the node"], _network.Differences(pod));
    }

    [Fact]
    public void An_interface_of_the_name_with_another_mac_is_not_the_pods()
    {
        using var netns = Namespace("pod");
        var pod = Pod(netns, 2);
        _network.Create(pod);
        Assert.Null(_network.Find(pod with { HostMac = MacAddress.Parse("02:00:00:00:00:99") }));
    }

    [Fact]
    public void A_namespace_that_is_gone_is_an_error_that_names_it()
    {
        var failure = Assert.Throws<Datapath.KernelException>(() => _network.Create(Pod(_node, 2) with { Netns = "/run/netns/not-there" }));
        Assert.Contains("/run/netns/not-there", failure.Message);
    }

    public void Dispose()
    {
        _network.Dispose();
        _node.Dispose();
        _names.ForEach(name => NetworkNamespace.Delete(name));
    }

    private NetworkNamespace Namespace(string role)
    {
        var name = $"axo-{role}-{_suffix}";
        _names.Add(name);
        return NetworkNamespace.Create(name);
    }

    private static PodInterface Pod(NetworkNamespace netns, byte number) => new(
        $"lxctest{number}", "eth0", netns.Path, new MacAddress(2, 0, 0, 0, 1, number), new MacAddress(2, 0, 0, 0, 2, number),
        IPAddress.Parse($"10.55.0.{number}"), IPAddress.Parse($"fd55::{number}"), 1500);

    /// <summary>A listener in the pod says hello to somebody who connects, from the node or another pod.</summary>
    private string Exchange(NetworkNamespace pod, IPAddress address, NetworkNamespace? from = null)
    {
        using var listener = pod.Run(() =>
        {
            var socket = new TcpListener(address, 0);
            socket.Start();
            return socket;
        });
        var greeting = Task.Run(async () =>
        {
            using var client = await listener.AcceptTcpClientAsync();
            await client.GetStream().WriteAsync("hello"u8.ToArray());
        });
        var text = (from ?? _node).Run(() =>
        {
            using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 3000 };
            using var patience = new CancellationTokenSource(3000);
            socket.ConnectAsync(new IPEndPoint(address, ((IPEndPoint)listener.LocalEndpoint).Port), patience.Token).AsTask().Wait();
            var buffer = new byte[16];
            return System.Text.Encoding.ASCII.GetString(buffer, 0, socket.Receive(buffer));
        });
        Assert.True(greeting.Wait(3000));
        return text;
    }
}
