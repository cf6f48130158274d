using Axoneme.Testbed;

namespace Axoneme.Benchmarks.Packets;

/// <summary>Two nodes of ours on one link with a pod each, and in their maps what a <see cref="LargeCluster"/> would put there.</summary>
internal sealed class NodePair : IAsyncDisposable
{
    private readonly List<PairedNode> _nodes = [];

    private NodePair()
    {
    }

    /// <summary>Events read and lost on both nodes.</summary>
    public (long Read, long Lost) Events => (_nodes.Sum(node => node.EventsRead), _nodes.Sum(node => node.EventsLost));

    /// <summary>The first and the second.</summary>
    public IReadOnlyList<PairedNode> Nodes => _nodes;

    /// <summary>Natively routed, or through VXLAN.</summary>
    public static async Task<NodePair> CreateAsync(bool tunnel)
    {
        var pair = new NodePair();
        try
        {
            pair._nodes.Add(await PairedNode.CreateAsync(1, tunnel));
            pair._nodes.Add(await PairedNode.CreateAsync(2, tunnel));
            var (one, two) = (pair._nodes[0], pair._nodes[1]);
            await Command.OkAsync("ip", "link", "add", "eth0", "netns", one.Namespace.Name, "type", "veth", "peer", "name", "eth0", "netns", two.Namespace.Name);
            await one.JoinAsync(two);
            await two.JoinAsync(one);
            one.Open(two);
            two.Open(one);
            return pair;
        }
        catch
        {
            await pair.DisposeAsync();
            throw;
        }
    }

    /// <summary>From the first node's pod to the second's; the pair goes on when the topology is disposed.</summary>
    public Topology Topology() => new("pods", _nodes[0].Pod.Path, _nodes[1].Pod.Path, _nodes[1].PodAddress, []);

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
        {
            await node.DisposeAsync();
        }
    }
}
