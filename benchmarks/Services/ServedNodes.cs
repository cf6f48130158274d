using System.Net;
using Axoneme.Benchmarks.Packets;
using Axoneme.Datapath.Network;
using Axoneme.Testbed;

namespace Axoneme.Benchmarks.Services;

/// <summary>Two nodes of ours, a pod each, and somebody outside beside the first. The service's backends are on the second.</summary>
internal sealed class ServedNodes : IAsyncDisposable
{
    private const string NodeAddress = "192.0.2.1";
    private readonly NodePair _nodes;
    private readonly Namespace _outside;
    private readonly string _cgroup;

    private ServedNodes(NodePair nodes, Namespace outside) => (_nodes, _outside, _cgroup) = (nodes, outside, $"{CgroupHierarchy.Find("/sys/fs/cgroup")}/{outside.Name}");

    /// <summary>From outside to the first node's port.</summary>
    public Topology FromOutside => new("node port", _outside.Path, _nodes.Nodes[1].Pod.Path, NodeAddress, []) { Port = AskedService.NodePort, ServerPorts = AskedService.ServerPorts };

    /// <summary>From the first node's pod to the backends themselves.</summary>
    public Topology Direct => FromPod("the backend itself", _nodes.Nodes[1].PodAddress, Topology.FirstPort);

    /// <summary>From there to the cluster IP, translated at the socket.</summary>
    public Topology BySockets => FromPod("sockets", $"{AskedService.ClusterIp}", AskedService.Port, _cgroup);

    /// <summary>From there to the cluster IP, by a client whose socket nobody helps.</summary>
    public Topology ByPackets => FromPod("by packet", $"{AskedService.ClusterIp}", AskedService.Port);

    public static async Task<ServedNodes> CreateAsync(int services)
    {
        var pair = await NodePair.CreateAsync(tunnel: false);
        var outside = await Namespace.CreateAsync(Namespace.UniqueName("out"));
        var nodes = new ServedNodes(pair, outside);
        try
        {
            var first = pair.Nodes[0];
            await first.LinkOutsideAsync(outside, "eth1", NodeAddress, "192.0.2.2");
            await KubeProxyPaths.ForgetEndedAsync(pair.Nodes[1].Pod);
            Directory.CreateDirectory(nodes._cgroup);
            first.Datapath.AttachSockets(nodes._cgroup);
            foreach (var node in pair.Nodes)
            {
                new ServiceBooks(node.Datapath.Services, node == first ? [IPAddress.Parse(NodeAddress), IPAddress.Parse(node.NodeAddress)] : [IPAddress.Parse(node.NodeAddress)])
                    .Serve(AskedService.Among(services, pair.Nodes[1].PodAddress));
            }

            return nodes;
        }
        catch
        {
            await nodes.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _nodes.DisposeAsync();
        await _outside.DisposeAsync();
        if (Directory.Exists(_cgroup))
        {
            Directory.Delete(_cgroup);
        }
    }

    private Topology FromPod(string name, string address, int port, string? cgroup = null) =>
        new(name, _nodes.Nodes[0].Pod.Path, _nodes.Nodes[1].Pod.Path, address, []) { Port = port, ServerPorts = [], Cgroup = cgroup };
}
