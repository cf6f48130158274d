namespace Axoneme.PolicyOracle;

/// <summary>Everyone there is.</summary>
/// <param name="ClusterName">The local cluster's name.</param>
/// <param name="Endpoints">Pods and reserved endpoints; those of other clusters can only be peers.</param>
/// <param name="Nodes">Exactly one local node, any number of remote ones.</param>
/// <param name="Outside">Addresses outside the cluster.</param>
public sealed record World(
    string ClusterName,
    IReadOnlyList<Endpoint> Endpoints,
    IReadOnlyList<Node> Nodes,
    IReadOnlyList<OutsideAddress> Outside)
{
    /// <summary>The node the world is seen from.</summary>
    public Node LocalNode => Nodes.Single(n => n.IsLocal);

    /// <summary>Everyone, in a fixed order.</summary>
    public IEnumerable<Party> Parties => [.. Endpoints, .. Nodes, .. Outside];

    /// <summary>
    /// Those whose traffic is judged: the endpoints of this cluster that are managed (<c>reserved:unmanaged</c> ones are not, so nothing
    /// enforces anything on them), and the local node.
    /// </summary>
    public IEnumerable<Party> Subjects =>
        [.. Endpoints.Where(e => !e.IsReserved("unmanaged") && (e.LabelValue("k8s", Label.Cluster) ?? ClusterName) == ClusterName), LocalNode];

    /// <summary>The party of that name.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public Party Find(string name) => Parties.Single(p => p.Name == name);
}
