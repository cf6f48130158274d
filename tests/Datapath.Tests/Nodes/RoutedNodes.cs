using Axoneme.Datapath.Layout;
using Axoneme.Datapath.Native;
using Axoneme.Datapath.Network;
using Axoneme.Datapath.Tests.Support;

namespace Axoneme.Datapath.Tests.Nodes;

/// <summary>
/// Two nodes with a pod each, and a third namespace that is their switch, their router and the world behind it
/// (192.0.2.1, 2001:db8::1). Everything goes with it.
/// </summary>
internal sealed class RoutedNodes : IDisposable
{
    public const string World4 = "192.0.2.1";
    public const string World6 = "2001:db8::1";
    private static int _last;
    private readonly string _prefix = $"axt-n{Environment.ProcessId}-{Interlocked.Increment(ref _last)}";
    private readonly List<string> _namespaces = [];
    private readonly List<RoutedNode> _nodes = [];
    private readonly List<FileDescriptor> _links = [];

    /// <summary>Behind a link of 1300 bytes.</summary>
    public const string Narrow4 = "198.51.100.1";
    public const string Narrow6 = "2001:db8:1::1";

    private readonly bool _tunnel;
    private readonly bool _hostFirewall;

    public RoutedNodes(bool tunnel, bool hostFirewall = false, bool ipv6Underlay = false)
    {
        (_tunnel, _hostFirewall) = (tunnel, hostFirewall);
        try
        {
            World = Make("w");
            Narrow = Make("x");
            Connect();
            Make(1, tunnel);
            Make(2, tunnel);
            Start(ipv6Underlay);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public NetworkNamespace World { get; }

    public NetworkNamespace Narrow { get; }

    public IReadOnlyList<RoutedNode> Nodes => _nodes;

    public DatapathConfig Config(RoutedNode node) => new()
    {
        TunnelIfindex = _tunnel ? node.Link("vx0").Index : 0, TunnelMtu = 1430, HostFirewall = (byte)(_hostFirewall ? 1 : 0), Masquerade4 = 1, Masquerade6 = 1, Services = 1,
    };

    /// <summary>
    /// Has the drivers of all nodes' devices send on what they can, as an agent would. The other end of a veth pair needs a program of its own for that,
    /// and must send with complete checksums.
    /// </summary>
    public void Accelerate()
    {
        using var pass = BpfProgramCalls.LoadDriverPass();
        foreach (var node in Nodes)
        {
            Shell.Run($"ip netns exec {_prefix}-w ethtool -K port{node.Number} tx off >/dev/null");
            World.Run(() =>
            {
                using var routes = RouteSocket.Open();
                var link = BpfLinkCalls.Create(pass, routes.FindLink($"port{node.Number}")!.Index, BpfAttachType.Xdp);
                Assert.True(link > 0, $"error {-link}");
                _links.Add(new FileDescriptor(link));
            });
            node.Accelerate(Config(node) with { Acceleration = 1 });
        }
    }

    public void Dispose()
    {
        _links.ForEach(link => link.Dispose());
        _nodes.ForEach(node => node.Dispose());
        World?.Dispose();
        Narrow?.Dispose();
        _namespaces.ForEach(name => NetworkNamespace.Delete(name));
    }

    /// <summary>The switch, the router and the world.</summary>
    private void Connect() => Shell.Run($"""
        W="ip -n {_prefix}-w"
        $W link add br0 type bridge; $W link set br0 up; $W link set lo up
        $W addr add 172.30.0.254/24 dev br0; $W -6 addr add fd30::fe/64 dev br0 nodad
        $W addr add {World4}/32 dev lo; $W -6 addr add {World6}/128 dev lo nodad
        X="ip -n {_prefix}-x"; ip netns exec {_prefix}-w sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
        $W link add narrow mtu 1300 type veth peer name narrow mtu 1300 netns {_prefix}-x; $W link set narrow up; $X link set narrow up; $X link set lo up
        $W addr add 198.51.100.254/24 dev narrow; $W -6 addr add 2001:db8:1::fe/64 dev narrow nodad
        $X addr add {Narrow4}/24 dev narrow; $X -6 addr add {Narrow6}/64 dev narrow nodad
        $X route add default via 198.51.100.254; $X -6 route add default via 2001:db8:1::fe
        """);

    private void Start(bool ipv6Underlay)
    {
        foreach (var node in Nodes)
        {
            var other = Nodes[2 - node.Number];
            var via = _tunnel ? "dev vx0 src" : $"via {other.NodeAddress(false)} dev eth0 src";
            var via6 = _tunnel ? "dev vx0 src" : $"via {other.NodeAddress(true)} dev eth0 src";
            Shell.Run($"""
                N="ip -n {_prefix}-{node.Number}"
                $N route add 10.{other.Number}.0.0/24 {via} {node.Router(false)}
                $N -6 route add fd10:{other.Number}::/64 {via6} {node.Router(true)}
                """);
            node.Open(Config(node));
        }

        foreach (var node in Nodes)
        {
            node.WriteMaps(Nodes, _tunnel, ipv6Underlay);
        }
    }

    private void Make(int number, bool tunnel)
    {
        var mtu = tunnel ? 1430 : 1500;
        var node = Make($"{number}");
        var pod = Make($"{number}p");
        var made = new RoutedNode(_prefix, number, node, pod);
        _nodes.Add(made);
        Shell.Run($"""
            N="ip -n {_prefix}-{number}"; P="ip -n {_prefix}-{number}p"; W="ip -n {_prefix}-w"
            ip netns exec {_prefix}-{number} sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
            $N link set lo up; $P link set lo up
            $N link add eth0 type veth peer name port{number} netns {_prefix}-w
            $W link set port{number} master br0 up; $N link set eth0 up
            $N addr add 172.30.0.{number}/24 dev eth0; $N -6 addr add fd30::{number}/64 dev eth0 nodad
            $N route add default via 172.30.0.254; $N -6 route add default via fd30::fe
            $N addr add {made.Router(false)}/32 dev lo; $N -6 addr add {made.Router(true)}/128 dev lo nodad
            $N link add lxc1 mtu {mtu} type veth peer name eth0 mtu {mtu} netns {_prefix}-{number}p
            $N link set lxc1 up; $P link set eth0 up
            M=$($N -o link show lxc1 | sed 's/.*ether \([0-9a-f:]*\).*/\1/'); E=$($P -o link show eth0 | sed 's/.*ether \([0-9a-f:]*\).*/\1/')
            $P addr add {made.PodAddress(false)}/32 dev eth0; $P -6 addr add {made.PodAddress(true)}/128 dev eth0 nodad
            $P neigh add 169.254.1.1 lladdr $M dev eth0 nud permanent; $P -6 neigh add fe80::1 lladdr $M dev eth0 nud permanent
            $P route add default via 169.254.1.1 dev eth0 onlink; $P -6 route add default via fe80::1 dev eth0
            $N route add {made.PodAddress(false)}/32 dev lxc1 src {made.Router(false)}; $N -6 route add {made.PodAddress(true)}/128 dev lxc1 src {made.Router(true)}
            $N neigh add {made.PodAddress(false)} lladdr $E dev lxc1 nud permanent; $N -6 neigh add {made.PodAddress(true)} lladdr $E dev lxc1 nud permanent
            """);
        if (tunnel)
        {
            Shell.Run($"""
                N="ip -n {_prefix}-{number}"
                $N link add vx0 mtu 1430 type vxlan external dstport 8472 nolearning
                $N link set vx0 arp off up
                """);
        }
    }

    private NetworkNamespace Make(string name)
    {
        _namespaces.Add($"{_prefix}-{name}");
        return NetworkNamespace.Create($"{_prefix}-{name}");
    }
}
