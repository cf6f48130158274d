using System.Net;

namespace Axoneme.PolicyOracle;

/// <summary>
/// A node: <c>reserved:host</c> when it is the local one, else <c>reserved:remote-node</c>; besides its <c>node:</c> labels, and
/// <c>k8s:io.cilium.k8s.policy.cluster</c> (a node without it belongs to the local cluster).
/// </summary>
/// <param name="Name">Unique within a world.</param>
/// <param name="Labels">See <see cref="Party"/>.</param>
/// <param name="Addresses">Its addresses. CIDR rules must not select by them.</param>
public sealed record Node(string Name, IReadOnlyList<string> Labels, IReadOnlyList<IPAddress> Addresses) : Party(Name, Labels)
{
    /// <summary>Whether it is the node the oracle's world is seen from.</summary>
    public bool IsLocal => IsReserved("host");
}
