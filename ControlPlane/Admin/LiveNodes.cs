using System.Collections.Immutable;
using System.Net;
using Axoneme.ControlPlane.StateLog;
using Axoneme.Policy;
using Axoneme.Wire.State;

namespace Axoneme.ControlPlane.Admin;

/// <summary>
/// The nodes as ends of flows. To others a node is an identity with its labels, and another one at the addresses where it serves the Kubernetes API; to
/// itself and to its own pods it is <c>host</c>. A cluster of one node has no others.
/// </summary>
internal sealed class LiveNodes
{
    private const uint FirstNumber = 2u << 24 | 1;
    private readonly ImmutableSortedDictionary<string, NodeRecord> _nodes;
    private readonly ImmutableHashSet<IPAddress> _apiServers;
    private readonly Dictionary<IPAddress, string> _nodeOf = [];
    private readonly Dictionary<(string Node, bool ServesApi), uint> _numbers = [];

    /// <param name="log">The records in force.</param>
    /// <param name="policies">Among them the slices of the Service that the Kubernetes API is.</param>
    public LiveNodes(RevisionLog log, IEnumerable<PolicyObject> policies)
    {
        _nodes = log.List(RecordKind.Node).Select(record => record.Node).ToImmutableSortedDictionary(node => node.Name, node => node, StringComparer.Ordinal);
        _apiServers = policies.OfType<ServiceAddresses>().Where(addresses => addresses.ServeApi).SelectMany(addresses => addresses.Addresses)
            .Select(prefix => prefix.BaseAddress).ToImmutableHashSet();
        foreach (var (name, node) in _nodes)
        {
            var own = AddressesOf(node).ToList();
            own.ForEach(address => _nodeOf[address] = name);
            var views = own.Select(_apiServers.Contains).DefaultIfEmpty(false).Distinct().Order().ToList();
            views.ForEach(servesApi => _numbers[(name, servesApi)] = _nodes.Count == 1 ? ReservedIdentity.Host : FirstNumber + (uint)_numbers.Count);
        }

        OutsideApiServers = [.. _apiServers.Where(address => !_nodeOf.ContainsKey(address) && log.Find(RecordKind.Ip, address.ToString()) is null)
            .Select(address => new IPNetwork(address, address.GetAddressBytes().Length * 8))];
    }

    /// <summary>Addresses of no node and no pod at which the Kubernetes API is served.</summary>
    public ImmutableHashSet<IPNetwork> OutsideApiServers { get; }

    /// <summary>What a node is called as an end of a flow.</summary>
    public static string EndOf(string node) => $"node/{node}";

    /// <summary>The identities others know nodes by; none in a cluster of one.</summary>
    public IEnumerable<KeyValuePair<uint, LabelSet>> Identities => _numbers.Where(_ => _nodes.Count > 1)
        .Select(pair => KeyValuePair.Create(pair.Value, NodeLabels.OfRemote(_nodes[pair.Key.Node].Labels, pair.Key.ServesApi)));

    /// <summary>Nodes as those that policies with a nodeSelector are enforced on. The first of a name stands for the node.</summary>
    public IEnumerable<PolicyEndpoint> Endpoints => _numbers.DistinctBy(pair => pair.Value).Select(pair => new PolicyEndpoint(
        pair.Value == NumberOf(pair.Key.Node) ? EndOf(pair.Key.Node) : $"{EndOf(pair.Key.Node)} (kube-apiserver)", pair.Value, [], OwnLabels(pair.Key.Node)));

    /// <summary>What no policy cuts off, as far as the control plane knows it. The tunnel's port is the same on all nodes; while it is being changed there is none to go by.</summary>
    public ControlTraffic Control => new() { TunnelPort = _nodes.Values.Select(node => node.TunnelPort).Where(port => port != 0).Distinct().ToArray() is [var port] ? (ushort)port : null };

    public bool Contains(string node) => _nodes.ContainsKey(node);

    /// <summary>Whose address it is; null when no node's.</summary>
    public string? NodeAt(IPAddress address) => _nodeOf.GetValueOrDefault(address);

    /// <summary>The identity others know a node by, at one of its addresses or at any.</summary>
    public uint NumberOf(string node, IPAddress? address = null) =>
        address is not null ? _numbers[(node, _apiServers.Contains(address))] : _numbers.TryGetValue((node, false), out var usual) ? usual : _numbers[(node, true)];

    /// <summary>The labels of <c>host</c> on a node, or on one that nobody named.</summary>
    public LabelSet HostLabels(string? node) => node is not null && _nodes.ContainsKey(node) && ServesApi(node)
        ? NodeLabels.ServingApi(ReservedIdentity.LabelsOf(ReservedIdentity.Host))
        : ReservedIdentity.LabelsOf(ReservedIdentity.Host);

    /// <summary>What a nodeSelector sees of a node.</summary>
    private LabelSet OwnLabels(string node) => NodeLabels.OfHost(_nodes[node].Labels, ServesApi(node));

    private bool ServesApi(string node) => _numbers.ContainsKey((node, true));

    private static IEnumerable<IPAddress> AddressesOf(NodeRecord node) =>
        node.Addresses.Select(text => IPAddress.TryParse(text, out var address) ? address : null).OfType<IPAddress>();
}
