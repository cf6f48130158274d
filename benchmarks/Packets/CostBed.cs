using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
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
    private static readonly MacAddress _deviceMac = MacAddress.Parse("02:00:00:00:00:10");
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
        Sysctl("net.ipv6.conf.all.forwarding");
        Pod = Veth(routes, "lxc1", ClientMac, IPAddress.Parse("10.244.0.1"));
        Device = Veth(routes, "eth0", _deviceMac, BedAddresses.V4.Self, BedAddresses.V6.Self);
        routes.Execute(new RouteBatch()
            .AddRoute(new RouteInfo(IPNetwork.Parse("172.30.0.0/24"), Device))
            .AddRoute(new RouteInfo(IPNetwork.Parse("fd30::/64"), Device)));
        foreach (var (family, pods) in new[] { (BedAddresses.V4, "10.245.0.0/24"), (BedAddresses.V6, "fd00:10:245::/64") })
        {
            routes.Execute(new RouteBatch()
                .AddNeighbour(Device, family.Node, MacAddress.Parse("02:00:00:00:00:20"))
                .AddNeighbour(Device, family.World, MacAddress.Parse("02:00:00:00:00:21"))
                .AddRoute(new RouteInfo(IPNetwork.Parse(pods), Device, family.Node)));
        }

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

    public NetworkNamespace Namespace { get; }

    public DatapathOptions Options { get; }

    public NodeDatapath Datapath { get; }

    public uint Pod { get; }

    public uint Device { get; }

    public uint Overlay { get; }

    public string ProgramPath(string program) => Path.Combine(_root, "programs", program);

    /// <summary>Forgets every connection and translation.</summary>
    public void Forget()
    {
        Empty(Datapath.Conntrack4);
        Empty(Datapath.Conntrack6);
        Empty(Datapath.Nat);
    }

    /// <summary>A TCP packet of 60 bytes behind its Ethernet header, to port 80.</summary>
    public static byte[] Packet(IPAddress source, IPAddress destination, byte tcpFlags) => Packet(new IPEndPoint(source, FirstPort), new IPEndPoint(destination, 80), tcpFlags);

    /// <summary>A TCP packet with 20 bytes of payload.</summary>
    public static byte[] Packet(IPEndPoint source, IPEndPoint destination, byte tcpFlags)
    {
        var ipv6 = source.AddressFamily == AddressFamily.InterNetworkV6;
        var frame = new byte[ipv6 ? 94 : 74];
        ClientMac.ToArray().CopyTo(frame, 0);
        ClientMac.ToArray().CopyTo(frame, 6);
        if (ipv6)
        {
            (frame[12], frame[13], frame[14], frame[19], frame[20], frame[21]) = (0x86, 0xDD, 0x60, 40, 6, 64);
        }
        else
        {
            (frame[12], frame[14], frame[17], frame[22], frame[23]) = (8, 0x45, 60, 64, 6);
        }

        source.Address.TryWriteBytes(frame.AsSpan(ipv6 ? 22 : 26), out var length);
        destination.Address.TryWriteBytes(frame.AsSpan((ipv6 ? 22 : 26) + length), out _);
        var tcp = frame.AsSpan(PortsOf(frame));
        BinaryPrimitives.WriteUInt16BigEndian(tcp, (ushort)source.Port);
        BinaryPrimitives.WriteUInt16BigEndian(tcp[2..], (ushort)destination.Port);
        (tcp[12], tcp[13]) = (0xA0, tcpFlags);
        return frame;
    }

    /// <summary>A packet of the tunnel, as it comes from the other node.</summary>
    public static byte[] OuterPacket()
    {
        var outer = Packet(BedAddresses.V4.Node, BedAddresses.V4.Self, 0);
        outer[23] = 17;
        (outer[36], outer[37]) = (8472 >> 8, 8472 & 0xFF);
        return outer;
    }

    /// <summary>Where a frame's ports are: the source's, two bytes on the destination's.</summary>
    public static int PortsOf(ReadOnlySpan<byte> frame) => frame[12] == 8 ? 34 : 54;

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

    private static EndpointEntry PodEntry(ushort id, Func<BedAddresses, IPAddress> address, uint identity, uint policyId) => new()
    {
        Identity = identity, PolicyId = policyId, PolicyRevision = 1, Id = id, Flags = EndpointFlags.IngressEnforced | EndpointFlags.EgressEnforced,
        Mac = ClientMac, GatewayMac = ClientMac, Ipv4 = IpAddressKey.From(address(BedAddresses.V4)).Word3, Ipv6 = IpAddressKey.From(address(BedAddresses.V6)),
    };

    private static PolicyEntry Allow => new(0, 1, new PolicyRangeEntry(6 << 16 | 80, 6 << 16 | 80, 1, 20));

    private static void Empty<TKey, TValue>(IKernelMap<TKey, TValue> map)
        where TKey : unmanaged
        where TValue : unmanaged => map.DeleteMany([.. map.Entries().Select(entry => entry.Key)]);

    private void Fill(bool tunnel)
    {
        var hops = tunnel ? 1u : 0u;
        Datapath.Tunnels.Put(1, IpAddressKey.From(BedAddresses.V4.Node));
        Datapath.Endpoints.Put(Pod, PodEntry(1, all => all.Client, 1000, 1));
        Datapath.Endpoints.Put(OtherPodIfindex, PodEntry(2, all => all.Server, 2000, 2));
        Datapath.Devices.Put(Device, new DeviceEntry { Ipv4 = IpAddressKey.From(BedAddresses.V4.Self).Word3, Ipv6 = IpAddressKey.From(BedAddresses.V6.Self), Mac = _deviceMac });
        foreach (var family in new[] { BedAddresses.V4, BedAddresses.V6 })
        {
            Datapath.Hosts.Put(IpAddressKey.From(family.Client), new IpcacheEntry { Identity = 1000, Ifindex = Pod });
            Datapath.Hosts.Put(IpAddressKey.From(family.Server), new IpcacheEntry { Identity = 2000, Ifindex = OtherPodIfindex });
            Datapath.Hosts.Put(IpAddressKey.From(family.Remote), new IpcacheEntry { Identity = RemoteIdentity, Tunnel = hops });
            Datapath.Hosts.Put(IpAddressKey.From(family.Node), new IpcacheEntry { Identity = 6, Tunnel = hops });
            Datapath.Hosts.Put(IpAddressKey.From(family.Self), new IpcacheEntry { Identity = 1 });
        }

        foreach (var peer in new[] { 2000u, RemoteIdentity, 9u, 10u })
        {
            Datapath.Policy.Put(PolicyKey.Of(1, TrafficDirection.Egress, peer), Allow);
            Datapath.Policy.Put(PolicyKey.Of(1, TrafficDirection.Ingress, peer), Allow);
        }

        Datapath.Policy.Put(PolicyKey.Of(2, TrafficDirection.Ingress, 1000), Allow);
        LargeCluster.Fill(Datapath, 1, 2);
    }

    private uint Veth(RouteSocket routes, string name, MacAddress mac, params IPAddress[] addresses)
    {
        var link = routes.CreateVeth(new VethPair { Name = name, Mac = mac, PeerName = name, PeerMac = MacAddress.Parse("02:00:00:00:00:99"), PeerNamespace = _neighbour });
        using var there = RouteSocket.OpenIn(_neighbour);
        there.Execute(new RouteBatch().SetUp(there.FindLink(name)!.Index));
        foreach (var address in addresses)
        {
            routes.Execute(new RouteBatch().AddAddress(link.Index, address));
        }

        return link.Index;
    }

    private void Sysctl(string setting) => Namespace.Run(() => File.WriteAllText($"/proc/sys/{setting.Replace('.', '/')}", "1"));

    private void Ip(params string[] arguments) => Testbed.Command.OkAsync("ip", ["-n", _name, .. arguments]).GetAwaiter().GetResult();
}
