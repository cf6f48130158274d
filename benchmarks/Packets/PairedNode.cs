using System.Net;
using Axoneme.Datapath;
using Axoneme.Datapath.Layout;
using Axoneme.Datapath.Network;
using Axoneme.Testbed;

namespace Axoneme.Benchmarks.Packets;

/// <summary>One node of a <see cref="NodePair"/>: its namespace, its pod, the datapath with maps written by hand and its events read.</summary>
internal sealed class PairedNode : IAsyncDisposable
{
    private const uint EventsLostCounter = 512;
    private const uint NodePolicy = 2;
    private const uint RemoteNodeIdentity = 6;
    private readonly string _bpfRoot;
    private readonly NetworkNamespace _netns;
    private readonly CancellationTokenSource _stop = new();
    private NodeDatapath? _datapath;
    private Task _reader = Task.CompletedTask;
    private long _eventsRead;

    private PairedNode(int number, Namespace node, Namespace pod, bool tunnel)
    {
        (Number, Namespace, Pod, Tunnel) = (number, node, pod, tunnel);
        _netns = NetworkNamespace.Open(node.Path);
        _bpfRoot = $"/run/{node.Name}/bpf";
        Directory.CreateDirectory(_bpfRoot);
    }

    /// <summary>1 or 2.</summary>
    public int Number { get; }

    public Namespace Namespace { get; }

    public Namespace Pod { get; }

    public bool Tunnel { get; }

    /// <summary>The longest IP packet a pod may send, in bytes.</summary>
    public int PodMtu => Tunnel ? 1450 : 1500;

    public uint PodIdentity => 1000 + (uint)Number;

    public string PodAddress => $"10.{Number}.0.2";

    public string RouterAddress => $"10.{Number}.0.1";

    public string NodeAddress => $"172.30.0.{Number}";

    /// <summary>What is in force, once opened.</summary>
    public NodeDatapath Datapath => _datapath ?? throw new InvalidOperationException($"node {Number} is not open");

    /// <summary>Events the reader got so far.</summary>
    public long EventsRead => Interlocked.Read(ref _eventsRead);

    /// <summary>Events that found no room in the ring.</summary>
    public long EventsLost => _datapath!.ReadCounters().Where(counter => counter.Index == EventsLostCounter).Sum(counter => (long)counter.Packets);

    /// <summary>A node with a pod, as an agent would configure both; not yet linked to another.</summary>
    public static async Task<PairedNode> CreateAsync(int number, bool tunnel)
    {
        var node = new PairedNode(number, await Namespace.CreateAsync(Namespace.UniqueName($"n{number}")), await Namespace.CreateAsync(Namespace.UniqueName($"p{number}")), tunnel);
        (await node.Namespace.RunAsync("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.default.rp_filter=0")).OrThrow();
        await node.IpAsync("link", "add", "lxc1", "mtu", $"{node.PodMtu}", "type", "veth", "peer", "name", "eth0", "mtu", $"{node.PodMtu}", "netns", node.Pod.Name);
        await node.IpAsync("link", "set", "lxc1", "up");
        await node.IpInPodAsync("link", "set", "eth0", "up");
        await node.IpAsync("address", "add", $"{node.RouterAddress}/32", "dev", "lo");
        var (outside, inside) = (node.Link(node._netns, "lxc1"), node.PodLink());
        await node.IpInPodAsync("address", "add", $"{node.PodAddress}/32", "dev", "eth0");
        await node.IpInPodAsync("neigh", "add", "169.254.1.1", "lladdr", $"{outside.Mac}", "dev", "eth0", "nud", "permanent");
        await node.IpInPodAsync("route", "add", "default", "via", "169.254.1.1", "dev", "eth0", "onlink");
        await node.IpAsync("route", "add", $"{node.PodAddress}/32", "dev", "lxc1");
        await node.IpAsync("neigh", "add", node.PodAddress, "lladdr", $"{inside.Mac}", "dev", "lxc1", "nud", "permanent");
        if (tunnel)
        {
            await node.IpAsync("link", "add", "vx0", "mtu", $"{node.PodMtu}", "type", "vxlan", "external", "dstport", "8472", "nolearning");
            await node.IpAsync("link", "set", "vx0", "arp", "off", "up");
        }

        return node;
    }

    /// <summary>Gives its device an address and a way to the other node's pods.</summary>
    public async Task JoinAsync(PairedNode other)
    {
        await IpAsync("address", "add", $"{NodeAddress}/24", "dev", "eth0");
        await IpAsync("link", "set", "eth0", "up");
        await IpAsync(["route", "add", $"10.{other.Number}.0.0/24", .. Tunnel ? ["dev", "vx0", "src", RouterAddress] : new[] { "via", other.NodeAddress }]);
    }

    /// <summary>Loads and attaches the programs, writes the maps, and reads events from then on.</summary>
    public void Open(PairedNode other)
    {
        var overlay = Tunnel ? Link(_netns, "vx0").Index : 0;
        var (pod, device) = (Link(_netns, "lxc1"), Link(_netns, "eth0"));
        _datapath = _netns.Run(() => NodeDatapath.Open(new DatapathOptions
        {
            BpfRoot = _bpfRoot, Config = new DatapathConfig { TunnelIfindex = overlay, TunnelMtu = (uint)PodMtu, HostFirewall = 1, Masquerade4 = 1, Masquerade6 = 1, Services = 1, NamespaceCookie = _netns.Cookie() },
        }));
        WriteMaps(_datapath, other, pod, device);
        _netns.Run(() =>
        {
            _datapath.Attach(pod.Index);
            _datapath.Attach(device.Index, InterfaceRole.Device);
            if (overlay != 0)
            {
                _datapath.Attach(overlay, InterfaceRole.Overlay);
            }
        });
        _reader = _datapath.ReadEventsAsync(events => Interlocked.Add(ref _eventsRead, events.Length), _stop.Token);
    }

    /// <summary>A further device, which links it to somebody outside the cluster.</summary>
    public async Task LinkOutsideAsync(Namespace outside, string name, string address, string outsideAddress)
    {
        await KernelPaths.LinkAsync(Namespace, name, address, outside, name, outsideAddress, 1500);
        var device = Link(_netns, name);
        Datapath.Devices.Put(device.Index, new DeviceEntry { Mac = device.Mac, Ipv4 = Key(address).Word3 });
        Datapath.Hosts.Put(Key(address), new IpcacheEntry { Identity = 1 });
        _netns.Run(() => Datapath.Attach(device.Index, InterfaceRole.Device));
    }

    public Task IpAsync(params string[] arguments) => Command.OkAsync("ip", ["-n", Namespace.Name, .. arguments]);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _reader;
        _datapath?.Dispose();
        _netns.Run(() => NodeDatapath.Remove(new DatapathOptions { BpfRoot = _bpfRoot }));
        Directory.Delete(Path.GetDirectoryName(_bpfRoot)!, recursive: true);
        _netns.Dispose();
        _stop.Dispose();
        await Pod.DisposeAsync();
        await Namespace.DisposeAsync();
    }

    private static uint Class(byte protocol, int port) => (uint)(protocol << 16 | port);

    /// <summary>
    /// The first node's pod, and whom that node brings to a service, may reach the second's on the load generator's ports; everything else is refused, in both directions
    /// at both pods.
    /// </summary>
    private void WriteMaps(NodeDatapath datapath, PairedNode other, LinkInfo pod, LinkInfo device)
    {
        LargeCluster.Fill(datapath, 1, NodePolicy);
        datapath.PolicyRanges.Put(0, new PolicyRangeEntry(Class(6, Topology.FirstPort), Class(6, Topology.LastPort), 1, 20));
        datapath.PolicyRanges.Put(1, new PolicyRangeEntry(Class(17, Topology.FirstPort), Class(17, Topology.FirstPort), 1, 20));
        foreach (var peer in new[] { other.PodIdentity, RemoteNodeIdentity })
        {
            datapath.Policy.Put(PolicyKey.Of(1, Number == 1 ? TrafficDirection.Egress : TrafficDirection.Ingress, peer), new PolicyEntry(0, 2, default));
        }

        datapath.Devices.Put(device.Index, new DeviceEntry { Mac = device.Mac, Ipv4 = Key(NodeAddress).Word3 });
        foreach (var node in new[] { this, other })
        {
            var (self, tunnel) = (node == this, node != this && Tunnel ? (uint)node.Number : 0);
            if (tunnel != 0)
            {
                datapath.Tunnels.Put(tunnel, Key(node.NodeAddress));
            }

            datapath.Hosts.Put(Key(node.PodAddress), new IpcacheEntry { Identity = node.PodIdentity, Ifindex = self ? pod.Index : 0, Tunnel = tunnel });
            foreach (var address in new[] { node.NodeAddress, node.RouterAddress })
            {
                datapath.Hosts.Put(Key(address), new IpcacheEntry { Identity = self ? 1u : RemoteNodeIdentity, Tunnel = tunnel });
            }
        }

        datapath.Endpoints.Put(EndpointEntry.HostInterface, new EndpointEntry { Identity = 1, PolicyId = NodePolicy, PolicyRevision = 1, Id = 2 });
        datapath.Endpoints.Put(pod.Index, new EndpointEntry
        {
            Identity = PodIdentity, PolicyId = 1, PolicyRevision = 1, Id = 1, Flags = EndpointFlags.IngressEnforced | EndpointFlags.EgressEnforced,
            Mac = PodLink().Mac, GatewayMac = pod.Mac, Ipv4 = Key(PodAddress).Word3,
        });
    }

    private static IpAddressKey Key(string address) => IpAddressKey.From(IPAddress.Parse(address));

    private LinkInfo PodLink()
    {
        using var netns = NetworkNamespace.Open(Pod.Path);
        return Link(netns, "eth0");
    }

    private LinkInfo Link(NetworkNamespace netns, string name)
    {
        using var routes = RouteSocket.OpenIn(netns);
        return routes.FindLink(name) ?? throw new InvalidOperationException($"node {Number}: no interface {name} in {netns}");
    }

    private Task IpInPodAsync(params string[] arguments) => Command.OkAsync("ip", ["-n", Pod.Name, .. arguments]);
}
