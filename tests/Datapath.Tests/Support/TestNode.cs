using System.Net;
using Axoneme.Datapath.Layout;
using Axoneme.Datapath.Network;

namespace Axoneme.Datapath.Tests.Support;

/// <summary>A node of a test: a network namespace and a bpffs directory of its own, gone when the test is over.</summary>
internal sealed class TestNode : IDisposable
{
    private static int _last;
    private readonly string _name = $"axt-{Environment.ProcessId}-{Interlocked.Increment(ref _last)}";
    private readonly List<NetworkNamespace> _pods = [];

    public TestNode()
    {
        Directory = $"/run/{_name}";
        System.IO.Directory.CreateDirectory(Directory);
        Namespace = NetworkNamespace.Create(_name);
        using var routes = RouteSocket.OpenIn(Namespace);
        routes.Execute(new RouteBatch().SetUp(1));
        Options = new DatapathOptions
        {
            BpfRoot = $"{Directory}/bpf",
            EndpointEntries = 64,
            ConntrackEntries = 1024,
            FragmentEntries = 64,
            HostEntries = 1024,
            PrefixEntries = 1024,
            PolicyEntries = 1024,
            PolicyRangeEntries = 1024,
            NatEntries = 1024,
            TunnelEntries = 64,
            UnmasqueradedEntries = 64,
            EventRingBytes = 1 << 16,
        };
    }

    public string Directory { get; }

    public DatapathOptions Options { get; init; }

    public NetworkNamespace Namespace { get; }

    public NodeDatapath Open(DatapathOptions? options = null) => Namespace.Run(() => NodeDatapath.Open(options ?? Options));

    /// <summary>A second namespace, connected to the node's by a veth pair: addresses 10.9.0.1 here and 10.9.0.2 there.</summary>
    public (NetworkNamespace Pod, LinkInfo HostSide) AddPod()
    {
        var name = $"{_name}-pod{_pods.Count}";
        var pod = NetworkNamespace.Create(name);
        _pods.Add(pod);
        using var here = RouteSocket.OpenIn(Namespace);
        var link = here.CreateVeth(new VethPair
        {
            Name = $"pod{_pods.Count}",
            Mac = MacAddress.Parse("02:00:00:00:00:01"),
            PeerName = "eth0",
            PeerMac = MacAddress.Parse("02:00:00:00:00:02"),
            PeerNamespace = pod,
        });
        here.Execute(new RouteBatch().AddAddress(link.Index, IPAddress.Parse("10.9.0.1"), 24));
        using var there = RouteSocket.OpenIn(pod);
        var peer = there.FindLink("eth0")!.Index;
        there.Execute(new RouteBatch().SetUp(1).SetUp(peer).AddAddress(peer, IPAddress.Parse("10.9.0.2"), 24));
        return (pod, link);
    }

    public void Dispose()
    {
        Namespace.Run(() => NodeDatapath.Remove(Options));
        foreach (var pod in _pods)
        {
            NetworkNamespace.Delete(Path.GetFileName(pod.Path));
            pod.Dispose();
        }

        NetworkNamespace.Delete(_name);
        Namespace.Dispose();
        System.IO.Directory.Delete(Directory, recursive: true);
    }
}
