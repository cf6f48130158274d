using Axoneme.Datapath.Network;
using Axoneme.Datapath.Tests.Support;

namespace Axoneme.Datapath.Tests.Packets;

/// <summary>
/// A node's interfaces, routes and neighbours in a namespace of their own, and its programs, loaded once for each set of features that a case asks for.
/// </summary>
public sealed class NodeFixture : IDisposable
{
    private readonly TestNode _node = new();
    private readonly NodeInterfaces _interfaces;
    private readonly Dictionary<NodeFeatures, Loaded> _loaded = [];

    public NodeFixture()
    {
        try
        {
            _interfaces = SetUp();
        }
        catch
        {
            _node.Dispose();
            throw;
        }
    }

    /// <summary>Runs one case in the fixture's namespace, where its interfaces are.</summary>
    internal void Run(NodeFeatures features, bool ipv6, Action<NodeWorld> test) => _node.Namespace.Run(() =>
    {
        if (!_loaded.TryGetValue(features, out var loaded))
        {
            _loaded.Add(features, loaded = Load(features));
        }

        var world = new NodeWorld(loaded.Datapath, loaded.Arrivals, ipv6, _interfaces, features);
        world.Reset();
        test(world);
    });

    public void Dispose()
    {
        foreach (var (features, loaded) in _loaded)
        {
            loaded.Arrivals.Dispose();
            loaded.Datapath.Dispose();
            _node.Namespace.Run(() => NodeDatapath.Remove(OptionsOf(features)));
        }

        _node.Dispose();
    }

    private NodeInterfaces SetUp()
    {
        var client = _node.AddPod().HostSide.Index;
        var server = _node.AddPod().HostSide.Index;
        var name = Path.GetFileName(_node.Namespace.Path);
        Shell.Run($"""
            N="ip -n {name}"
            ip netns exec {name} sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
            $N link add eth0 type veth peer name cable0; $N link set eth0 up; $N link set cable0 up
            $N link add eth1 type veth peer name cable1; $N link set eth1 up; $N link set cable1 up
            $N link add vx0 type vxlan external dstport 8472 nolearning; $N link set vx0 arp off up
            $N addr add 172.30.0.1/24 dev eth0; $N -6 addr add fd30::1/64 dev eth0 nodad
            $N neigh add 172.30.0.254 lladdr {NodeWorld.RouterMac} dev eth0 nud permanent; $N -6 neigh add fd30::fe lladdr {NodeWorld.RouterMac} dev eth0 nud permanent
            $N route add default via 172.30.0.254; $N -6 route add default via fd30::fe
            $N route add 198.18.0.0/24 dev eth1; $N -6 route add 2001:db8:1::/64 dev eth1
            $N route add unreachable 203.0.113.0/24; $N -6 route add unreachable 2001:db8:2::/64
            """);
        using var routes = RouteSocket.OpenIn(_node.Namespace);
        var device = routes.FindLink("eth0")!;
        return new NodeInterfaces(client, server, device.Index, routes.FindLink("eth1")!.Index, routes.FindLink("vx0")!.Index, device.Mac);
    }

    private Loaded Load(NodeFeatures features)
    {
        var datapath = NodeDatapath.Open(OptionsOf(features));
        return new Loaded(datapath, new TunnelArrivals(datapath.TestRun("from_overlay")));
    }

    private DatapathOptions OptionsOf(NodeFeatures features) =>
        _node.Options with { BpfRoot = $"{_node.Directory}/bpf-{(int)features}", Config = features.ToConfig(_interfaces.Tunnel) };

    private sealed record Loaded(NodeDatapath Datapath, TunnelArrivals Arrivals);
}
