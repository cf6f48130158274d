using System.Net;
using Axoneme.Datapath;
using Axoneme.Datapath.Layout;
using Axoneme.Datapath.Network;
using Axoneme.Datapath.Programs;

namespace Axoneme.Benchmarks.Packets;

/// <summary>
/// A node to run programs on: a namespace with a pod's interface, a device with a neighbour, a tunnel device, and the datapath with as much in its maps
/// as a <see cref="LargeCluster"/> would put there.
/// </summary>
internal sealed class CostBed : IDisposable
{
    public const ushort FirstPort = 20_000;
    public const uint OtherPodIfindex = 77; // a test run goes nowhere: it need not exist
    private const uint RemoteIdentity = 4000;
    private readonly string _name = $"axn-bench{Environment.ProcessId}";
    private readonly string _root;
    private readonly NetworkNamespace _neighbour;

    public CostBed(bool tunnel)
    {
        _root = $"/run/{_name}/bpf";
        Directory.CreateDirectory(_root);
        Namespace = NetworkNamespace.Create(_name);
        _neighbour = NetworkNamespace.Create($"{_name}b");
        using var routes = RouteSocket.OpenIn(Namespace);
        Sysctl("net.ipv4.ip_forward");
        Pod = Veth(routes, "lxc1", ClientMac, "10.244.0.1");
        Device = Veth(routes, "eth0", MacAddress.Parse("02:00:00:00:00:10"), "172.30.0.1");
        routes.Execute(new RouteBatch()
            .AddRoute(new RouteInfo(IPNetwork.Parse("172.30.0.0/24"), Device))
            .AddNeighbour(Device, Node, MacAddress.Parse("02:00:00:00:00:20"))
            .AddNeighbour(Device, World, MacAddress.Parse("02:00:00:00:00:21"))
            .AddRoute(new RouteInfo(IPNetwork.Parse("10.245.0.0/24"), Device, Node)));
        if (tunnel)
        {
            Ip("link", "add", "vx0", "type", "vxlan", "external", "dstport", "8472", "nolearning");
            Ip("link", "set", "vx0", "arp", "off", "up");
            Overlay = routes.FindLink("vx0")!.Index;
        }

        Options = new DatapathOptions
        {
            BpfRoot = _root,
            Config = new DatapathConfig { TunnelIfindex = Overlay, TunnelMtu = 1450, HostFirewall = 1, Masquerade4 = 1, Masquerade6 = 1, Services = 1 },
        };
        Datapath = Namespace.Run(() => NodeDatapath.Open(Options));
        Fill(tunnel);
    }

    public static MacAddress ClientMac { get; } = MacAddress.Parse("02:00:00:00:00:02");

    public static IPAddress Client { get; } = IPAddress.Parse("10.244.0.2");

    /// <summary>Another pod of the same node.</summary>
    public static IPAddress Server { get; } = IPAddress.Parse("10.244.0.3");

    /// <summary>A pod of another node.</summary>
    public static IPAddress Remote { get; } = IPAddress.Parse("10.245.0.3");

    /// <summary>Somebody outside the cluster.</summary>
    public static IPAddress World { get; } = IPAddress.Parse("172.30.0.99");

    public static IPAddress Node { get; } = IPAddress.Parse("172.30.0.2");

    public NetworkNamespace Namespace { get; }

    public DatapathOptions Options { get; }

    public NodeDatapath Datapath { get; }

    public uint Pod { get; }

    public uint Device { get; }

    public uint Overlay { get; }

    public string ProgramPath(string program) => Path.Combine(_root, "programs", program);

    public void Forget() => Datapath.Conntrack4.DeleteMany([.. Datapath.Conntrack4.Entries().Select(entry => entry.Key)]);

    /// <summary>A TCP packet of 60 bytes behind its Ethernet header, to port 80.</summary>
    public static byte[] Packet(IPAddress source, IPAddress destination, byte tcpFlags, ushort port = FirstPort)
    {
        var frame = new byte[74];
        ClientMac.ToArray().CopyTo(frame, 0);
        ClientMac.ToArray().CopyTo(frame, 6);
        frame[12] = 8;
        frame[14] = 0x45;
        frame[17] = 60;
        frame[22] = 64;
        frame[23] = 6;
        source.TryWriteBytes(frame.AsSpan(26), out _);
        destination.TryWriteBytes(frame.AsSpan(30), out _);
        frame[34] = (byte)(port >> 8);
        frame[35] = (byte)port;
        frame[37] = 80;
        frame[46] = 0xA0;
        frame[47] = tcpFlags;
        return frame;
    }

    public void Dispose()
    {
        Datapath.Dispose();
        Namespace.Run(() => NodeDatapath.Remove(Options));
        NetworkNamespace.Delete(_name);
        NetworkNamespace.Delete($"{_name}b");
        Namespace.Dispose();
        _neighbour.Dispose();
        Directory.Delete(Path.GetDirectoryName(_root)!, recursive: true);
    }

    private static EndpointEntry PodEntry(ushort id, IPAddress address, uint identity, uint policyId) => new()
    {
        Identity = identity, PolicyId = policyId, PolicyRevision = 1, Id = id, Flags = EndpointFlags.IngressEnforced | EndpointFlags.EgressEnforced,
        Mac = ClientMac, GatewayMac = ClientMac, Ipv4 = IpAddressKey.From(address).Word3,
    };

    private static PolicyEntry Allow => new(0, 1, new PolicyRangeEntry(6 << 16 | 80, 6 << 16 | 80, 1, 20));

    private void Fill(bool tunnel)
    {
        var hops = tunnel ? 1u : 0u;
        Datapath.Tunnels.Put(1, IpAddressKey.From(Node));
        Datapath.Endpoints.Put(Pod, PodEntry(1, Client, 1000, 1));
        Datapath.Endpoints.Put(OtherPodIfindex, PodEntry(2, Server, 2000, 2));
        Datapath.Devices.Put(Device, new DeviceEntry { Ipv4 = IpAddressKey.From(IPAddress.Parse("172.30.0.1")).Word3, Mac = MacAddress.Parse("02:00:00:00:00:10") });
        Datapath.Hosts.Put(IpAddressKey.From(Client), new IpcacheEntry { Identity = 1000, Ifindex = Pod });
        Datapath.Hosts.Put(IpAddressKey.From(Server), new IpcacheEntry { Identity = 2000, Ifindex = OtherPodIfindex });
        Datapath.Hosts.Put(IpAddressKey.From(Remote), new IpcacheEntry { Identity = RemoteIdentity, Tunnel = hops });
        Datapath.Hosts.Put(IpAddressKey.From(Node), new IpcacheEntry { Identity = 6, Tunnel = hops });
        Datapath.Hosts.Put(IpAddressKey.From(IPAddress.Parse("172.30.0.1")), new IpcacheEntry { Identity = 1 });
        foreach (var peer in new[] { 2000u, RemoteIdentity, 9u })
        {
            Datapath.Policy.Put(PolicyKey.Of(1, TrafficDirection.Egress, peer), Allow);
            Datapath.Policy.Put(PolicyKey.Of(1, TrafficDirection.Ingress, peer), Allow);
        }

        Datapath.Policy.Put(PolicyKey.Of(2, TrafficDirection.Ingress, 1000), Allow);
        LargeCluster.Fill(Datapath, 1, 2);
    }

    private uint Veth(RouteSocket routes, string name, MacAddress mac, string address)
    {
        var link = routes.CreateVeth(new VethPair { Name = name, Mac = mac, PeerName = name, PeerMac = MacAddress.Parse("02:00:00:00:00:99"), PeerNamespace = _neighbour });
        using var there = RouteSocket.OpenIn(_neighbour);
        there.Execute(new RouteBatch().SetUp(there.FindLink(name)!.Index));
        routes.Execute(new RouteBatch().AddAddress(link.Index, IPAddress.Parse(address)));
        return link.Index;
    }

    private void Sysctl(string setting) => Namespace.Run(() => File.WriteAllText($"/proc/sys/{setting.Replace('.', '/')}", "1"));

    private void Ip(params string[] arguments) => Testbed.Command.OkAsync("ip", ["-n", _name, .. arguments]).GetAwaiter().GetResult();
}
