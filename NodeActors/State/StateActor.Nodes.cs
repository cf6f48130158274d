using System.Collections.Immutable;
using System.Net;
using Axoneme.NodeActors.Identities;
using Axoneme.Policy;

namespace Axoneme.NodeActors.State;

/// <summary>Who other nodes are, and who serves the Kubernetes API.</summary>
internal sealed partial class StateActor
{
    private readonly RemoteNodeIdentities _nodes;
    private ImmutableHashSet<IPAddress> _apiServersSeen = [];
    private ImmutableHashSet<IPNetwork> _outsideApiServers = [];
    private ImmutableHashSet<IPNetwork> _labelledApiServers = [];
    private bool _nodesDirty = true;

    /// <summary>
    /// Every other node gets an identity of its own, so that policies can ask for its labels; the addresses at which it serves the Kubernetes API get
    /// another. Policies in force first learn to judge the new identity as they judge nodes nobody has heard of.
    /// </summary>
    private void GiveNodesIdentities()
    {
        if (!_nodesDirty && ReferenceEquals(_apiServersSeen, Policies.ApiServers))
        {
            return;
        }

        (_nodesDirty, _apiServersSeen) = (false, Policies.ApiServers);
        var wanted = new Dictionary<RemoteNodeKey, LabelSet>();
        foreach (var (name, node) in _state.Nodes.Where(pair => pair.Key != _node))
        {
            foreach (var servesApi in NodeState.Addresses(node).Select(_apiServersSeen.Contains).Distinct())
            {
                wanted[new RemoteNodeKey(name, servesApi)] = NodeLabels.OfRemote(node.Labels, servesApi);
            }
        }

        foreach (var (number, key) in _nodes.Update(wanted.Keys))
        {
            if (!_programmer.Inherit(number, key.ServesApi ? ReservedIdentity.KubeApiServer : ReservedIdentity.RemoteNode))
            {
                Log.NotInherited(Logger, $"node {key}");
            }
        }

        foreach (var (key, labels) in wanted)
        {
            Policies.SetLocal(_nodes.Numbers[key], labels);
        }

        _dirtyAddresses.UnionWith(_state.NodeAddresses.Keys);
        _outsideApiServers = [.. _apiServersSeen.Where(IsOutside).Select(address => new IPNetwork(address, address.GetAddressBytes().Length * 8))];
        Policies.SetLocal(
            ReservedIdentity.Host,
            ServesApi ? NodeLabels.ServingApi(ReservedIdentity.LabelsOf(ReservedIdentity.Host)) : ReservedIdentity.LabelsOf(ReservedIdentity.Host));
    }

    /// <summary>The Kubernetes API is served on this node.</summary>
    private bool ServesApi => _apiServersSeen.Any(address => _localAddresses.Contains(address) || _state.NodeAddresses.GetValueOrDefault(address) == _node);

    private bool IsOutside(IPAddress address) =>
        !_state.NodeAddresses.ContainsKey(address) && !_localAddresses.Contains(address) && !_state.Ips.ContainsKey(address) && !_endpointOfAddress.ContainsKey(address);

    /// <summary>The identity of an address of another node.</summary>
    private uint NodeIdentity(string node, IPAddress address) =>
        _nodes.Numbers.GetValueOrDefault(new RemoteNodeKey(node, _apiServersSeen.Contains(address)), ReservedIdentity.RemoteNode);
}
