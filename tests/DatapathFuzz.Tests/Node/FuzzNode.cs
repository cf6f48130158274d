using System.Net;
using Axoneme.Datapath;
using Axoneme.Datapath.Layout;
using Axoneme.Datapath.Native;
using Axoneme.Datapath.Network;
using Axoneme.Datapath.Programs;

namespace Axoneme.DatapathFuzz.Tests.Node;

/// <summary>A node for test runs: a namespace with interfaces for pods, a device with a gateway, maybe a tunnel device, and the datapath, attached to nothing.</summary>
internal sealed class FuzzNode : IDisposable
{
    private static int _last;
    private readonly string _name = $"axn-fuzz{Environment.ProcessId}-{Interlocked.Increment(ref _last)}";
    private readonly NetworkNamespace _namespace;
    private readonly NetworkNamespace _neighbour;
    private readonly DatapathOptions _options;
    private readonly BpfObject _front;
    private readonly FileDescriptor _senders;
    private readonly ProgramTestRun _throughTunnel;
    private readonly Dictionary<string, ProgramTestRun> _programs;

    public FuzzNode(FuzzSettings settings)
    {
        Settings = settings;
        Directory.CreateDirectory($"/run/{_name}/bpf");
        _namespace = NetworkNamespace.Create(_name);
        _neighbour = NetworkNamespace.Create($"{_name}b");
        _namespace.Run(() =>
        {
            File.WriteAllText("/proc/sys/net/ipv4/ip_forward", "1");
            File.WriteAllText("/proc/sys/net/ipv6/conf/all/forwarding", "1");
        });
        using var routes = RouteSocket.OpenIn(_namespace);
        Pods = [.. Enumerable.Range(0, MostPods).Select(i => Veth(routes, $"lxc{i}", MacAddress.Parse($"02:00:00:00:01:{i:x2}")))];
        Device = Veth(routes, "eth0", DeviceMac);
        routes.Execute(new RouteBatch()
            .AddAddress(Device, NodeIPv4)
            .AddRoute(new RouteInfo(IPNetwork.Parse("172.30.0.0/24"), Device))
            .AddRoute(new RouteInfo(IPNetwork.Parse("fd30::/64"), Device))
            .AddNeighbour(Device, IPAddress.Parse("172.30.0.254"), GatewayMac)
            .AddNeighbour(Device, IPAddress.Parse("fd30::fe"), GatewayMac)
            .AddRoute(new RouteInfo(RouteInfo.DefaultIPv4, Device, IPAddress.Parse("172.30.0.254")))
            .AddRoute(new RouteInfo(RouteInfo.DefaultIPv6, Device, IPAddress.Parse("fd30::fe"))));
        if (settings.Tunnel)
        {
            Testbed.Command.OkAsync("ip", "-n", _name, "link", "add", "vx0", "type", "vxlan", "external", "dstport", "8472", "nolearning").GetAwaiter().GetResult();
            Overlay = routes.FindLink("vx0")!.Index;
            routes.Execute(new RouteBatch().SetUp(Overlay));
        }

        var on = (bool feature) => (byte)(feature ? 1 : 0);
        _options = new DatapathOptions
        {
            BpfRoot = $"/run/{_name}/bpf",
            EndpointEntries = 64,
            ConntrackEntries = 1 << 13,
            FragmentEntries = 4096,
            HostEntries = 1024,
            PrefixEntries = 1024,
            PolicyEntries = 1 << 14,
            PolicyRangeEntries = 1 << 15,
            NatEntries = 1 << 13,
            TunnelEntries = 64,
            UnmasqueradedEntries = 64,
            EventRingBytes = 1 << 18,
            Config = new DatapathConfig
            {
                TunnelIfindex = Overlay, TunnelMtu = settings.Tunnel ? 1450u : 0, HostFirewall = on(settings.HostFirewall),
                Services = 1, Masquerade4 = on(settings.Masquerade), Masquerade6 = on(settings.Masquerade),
            },
        };
        Datapath = _namespace.Run(() => NodeDatapath.Open(_options));
        _programs = new[] { "from_pod", "to_pod", "from_netdev", "to_netdev", "from_overlay", "to_overlay" }.ToDictionary(name => name, Datapath.TestRun);
        _front = BpfObject.Open("tunnel", FrontObject());
        _front.Load();
        _senders = _front.Maps().Single(map => map.Name == "senders").Descriptor();
        _throughTunnel = new ProgramTestRun(_front.Programs()["through_tunnel"], "through_tunnel", owns: true);
        using var tested = _front.Maps().Single(map => map.Name == "tested").Descriptor();
        using var target = BpfObjectCalls.OpenPinned(Path.Combine(_options.BpfRoot, "programs", "from_overlay")) ?? throw new InvalidOperationException("from_overlay is not pinned");
        using var lease = target.Acquire();
        Update(tested, BitConverter.GetBytes((uint)lease.Number), "tested");
    }

    /// <summary>Interfaces for pods.</summary>
    public const int MostPods = 4;

    public static IPAddress NodeIPv4 { get; } = IPAddress.Parse("10.0.0.200");

    public static IPAddress NodeIPv6 { get; } = IPAddress.Parse("fd00::c8");

    public static MacAddress DeviceMac { get; } = MacAddress.Parse("02:00:00:00:00:10");

    public static MacAddress GatewayMac { get; } = MacAddress.Parse("02:00:00:00:00:fe");

    public FuzzSettings Settings { get; }

    public NodeDatapath Datapath { get; }

    public IReadOnlyList<uint> Pods { get; }

    public uint Device { get; }

    public uint Overlay { get; }

    /// <summary>Runs something in the node's namespace, where test runs find its interfaces.</summary>
    public T Run<T>(Func<T> function) => _namespace.Run(function);

    /// <summary>Puts a packet in, in the node's namespace.</summary>
    public Outcome Inject(Injection packet)
    {
        var program = _programs[packet.Program];
        if (packet.Program == "from_overlay")
        {
            Update(_senders, [.. BitConverter.GetBytes(packet.TunnelIdentity), .. BitConverter.GetBytes(packet.TunnelNode)], "senders");
            program = _throughTunnel;
        }

        var result = program.Run(packet.Frame, packet.Ifindex, ingressIfindex: packet.ArrivedOn, mark: packet.Mark);
        return new Outcome(result.Verdict, result.Output.ToArray(), result.Mark, DrainEvents());
    }

    /// <summary>Forgets the first fragments seen.</summary>
    public void ForgetFragments()
    {
        foreach (var (name, keySize) in new[] { ("fragments4", 12), ("fragments6", 36) })
        {
            using var map = BpfObjectCalls.OpenPinned(Path.Combine(_options.BpfRoot, "maps", name)) ?? throw new InvalidOperationException($"{name} is not pinned");
            var key = new byte[keySize];
            while (BpfMapCalls.GetNextKey(map, [], key) == 0 && BpfMapCalls.Delete(map, key) == 0)
            {
            }
        }
    }

    public DatapathEvent[] DrainEvents()
    {
        List<DatapathEvent>? events = null;
        Datapath.DrainEvents(batch => (events ??= []).AddRange(batch));
        return events?.ToArray() ?? [];
    }

    public void Dispose()
    {
        _throughTunnel.Dispose();
        _senders.Dispose();
        _front.Dispose();
        Datapath.Dispose();
        _namespace.Run(() => NodeDatapath.Remove(_options));
        NetworkNamespace.Delete(_name);
        NetworkNamespace.Delete($"{_name}b");
        _namespace.Dispose();
        _neighbour.Dispose();
        Directory.Delete($"/run/{_name}", recursive: true);
    }

    private static byte[] FrontObject()
    {
        using var stream = typeof(FuzzNode).Assembly.GetManifestResourceStream("tunnel.bpf.o") ?? throw new InvalidOperationException("tunnel.bpf.o is not embedded");
        var elf = new byte[stream.Length];
        stream.ReadExactly(elf);
        return elf;
    }

    private static void Update(FileDescriptor map, byte[] value, string name)
    {
        var result = BpfMapCalls.Update(map, BitConverter.GetBytes(0u), value);
        if (result < 0)
        {
            throw new InvalidOperationException($"map {name}: update: errno {-result}");
        }
    }

    private uint Veth(RouteSocket routes, string name, MacAddress mac)
    {
        var link = routes.CreateVeth(new VethPair { Name = name, Mac = mac, PeerName = name, PeerMac = MacAddress.Parse("02:00:00:00:00:99"), PeerNamespace = _neighbour });
        using var there = RouteSocket.OpenIn(_neighbour);
        there.Execute(new RouteBatch().SetUp(there.FindLink(name)!.Index));
        routes.Execute(new RouteBatch().SetUp(link.Index));
        return link.Index;
    }
}
