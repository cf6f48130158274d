using System.Net;
using Axoneme.Datapath;
using Axoneme.NodeActors.Network;
using Axoneme.Wire.State;

namespace Axoneme.NodeActors.State;

/// <summary>Other nodes, and the ends of tunnels by which they and their pods are reached.</summary>
internal sealed partial class StateActor
{
    private NodeTunnels? _tunnels;
    private bool _nodesChanged = true;

    /// <summary>Told of the state when nodes came, went or changed, once it is whole; on the actor's thread.</summary>
    public Action<NodeState>? NodesChanged { private get; set; }

    /// <summary>Before <see cref="Restore"/>: what is on other nodes is reached through the tunnel. Takes over the indices that the kernel holds.</summary>
    public void UseTunnel(IDatapath datapath, IPAddress? ipv4, IPAddress? ipv6)
    {
        _tunnels = new NodeTunnels(_maps.Tunnels, datapath.Tunnels);
        _tunnels.SetOwn(ipv4, ipv6);
    }

    private uint TunnelTo(string node) => _tunnels?.IndexOf(node) ?? 0;

    private void SetUnderlay(IPAddress? ipv4, IPAddress? ipv6)
    {
        if (_tunnels?.SetOwn(ipv4, ipv6) == true)
        {
            Reach(_state.Nodes.Keys.ToHashSet());
        }
    }

    /// <summary>After the state changed by these.</summary>
    private void TakeNodes(IReadOnlyList<RecordChange> changes)
    {
        var changed = changes.Where(change => change.Kind == RecordKind.Node).Select(change => change.Key).ToHashSet();
        if (changed.Count > 0)
        {
            _nodesChanged = true;
            Reach(changed);
        }
    }

    /// <summary>Works out by which tunnel some nodes are reached; what is there follows when that is another one.</summary>
    private void Reach(HashSet<string> nodes)
    {
        if (_tunnels is null)
        {
            return;
        }

        var moved = new HashSet<string>();
        foreach (var name in nodes.Where(name => name != _node))
        {
            var record = _state.Records.GetValueOrDefault((RecordKind.Node, name))?.Node;
            if (_tunnels.Set(name, record is null ? null : NodeAddressing.From(record)))
            {
                moved.Add(name);
            }
        }

        if (moved.Count > 0)
        {
            _dirtyAddresses.UnionWith(_state.Ips.Where(pair => moved.Contains(pair.Value.Node)).Select(pair => pair.Key));
            _dirtyAddresses.UnionWith(_state.NodeAddresses.Where(pair => moved.Contains(pair.Value)).Select(pair => pair.Key));
        }
    }

    private void TellOfNodes()
    {
        if (_nodesChanged && _state.IsComplete)
        {
            _nodesChanged = false;
            NodesChanged?.Invoke(_state);
        }
    }
}
