using System.Net;
using Axoneme.Datapath;
using Axoneme.Datapath.Layout;
using Axoneme.NodeActors.Maps;

namespace Axoneme.NodeActors.Network;

/// <summary>
/// Gives every node's end of the tunnel an index of map <c>tunnels</c>. An address keeps its index also over restarts and while its node is
/// away: connections may still name it. An index is given to another address only when every index has been used, the one that was
/// given up first before the others, and never before the kernel's addresses have stopped to name it.
/// </summary>
internal sealed class NodeTunnels
{
    private readonly MapReconciler<uint, IpAddressKey> _map;
    private readonly Dictionary<string, IPAddress?> _underlays = [];
    private readonly Dictionary<string, NodeAddressing> _nodes = [];
    private readonly Dictionary<IPAddress, uint> _indices = [];
    private readonly Dictionary<IPAddress, int> _users = [];
    private readonly LinkedList<IPAddress> _free = []; // in the order in which they were given up
    private readonly List<IPAddress> _givenUp = [];
    private uint _next = 1;
    private IPAddress? _own4;
    private IPAddress? _own6;

    public NodeTunnels(MapReconciler<uint, IpAddressKey> map, IKernelMap<uint, IpAddressKey> kernel)
    {
        _map = map;
        foreach (var (index, key) in kernel.Entries().Where(pair => pair.Key != 0 && pair.Value != default).OrderBy(pair => pair.Key))
        {
            var address = key.ToIPAddress();
            _next = index + 1;
            if (_indices.TryAdd(address, index))
            {
                _map.Adopt(index, key);
                _free.AddLast(address);
            }
        }
    }

    /// <summary>Nodes that have no way, and why.</summary>
    public IEnumerable<string> Problems => _nodes.Keys.Where(name => _underlays[name] is { } underlay && !_indices.ContainsKey(underlay))
        .Select(name => $"map tunnels is full with {_map.Capacity} entries: node {name} cannot be reached");

    /// <summary>The addresses this node has for its end. True when they changed, and every node has to be told again.</summary>
    public bool SetOwn(IPAddress? ipv4, IPAddress? ipv6)
    {
        var changed = !Equals(_own4, ipv4) || !Equals(_own6, ipv6);
        (_own4, _own6) = (ipv4, ipv6);
        return changed;
    }

    /// <summary>A node came, changed, or went (null). True when it is now reached by another index.</summary>
    public bool Set(string name, NodeAddressing? node)
    {
        var before = IndexOf(name);
        var old = _underlays.GetValueOrDefault(name);
        var now = node?.UnderlayFrom(_own4, _own6);
        if (!Equals(old, now))
        {
            Use(now);
            GiveUp(old);
        }

        if (node is null)
        {
            _nodes.Remove(name);
            _underlays.Remove(name);
        }
        else
        {
            _nodes[name] = node;
            _underlays[name] = now;
        }

        return IndexOf(name) != before;
    }

    /// <summary>The index by which a node is reached, 0 for none.</summary>
    public uint IndexOf(string node) => _underlays.GetValueOrDefault(node) is { } underlay ? _indices.GetValueOrDefault(underlay) : 0;

    /// <summary>The kernel holds nothing any more that names what was given up before.</summary>
    public void Settle()
    {
        foreach (var address in _givenUp.Where(address => _users.GetValueOrDefault(address) == 0 && !_free.Contains(address)))
        {
            _free.AddLast(address);
        }

        _givenUp.Clear();
    }

    private void Use(IPAddress? underlay)
    {
        if (underlay is null)
        {
            return;
        }

        _users[underlay] = _users.GetValueOrDefault(underlay) + 1;
        _free.Remove(underlay);
        if (!_indices.ContainsKey(underlay) && Take() is { } index)
        {
            _indices[underlay] = index;
            _map.Set(index, IpAddressKey.From(underlay));
        }
    }

    private void GiveUp(IPAddress? underlay)
    {
        if (underlay is not null && --_users[underlay] == 0)
        {
            _users.Remove(underlay);
            _givenUp.Add(underlay);
        }
    }

    private uint? Take()
    {
        if (_next < _map.Capacity)
        {
            return _next++;
        }

        if (_free.First is not { } longest)
        {
            return null;
        }

        _free.RemoveFirst();
        _indices.Remove(longest.Value, out var index);
        return index;
    }
}
