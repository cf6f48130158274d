using System.Net;

namespace Axoneme.PolicyOracle;

/// <summary>
/// A pod, or one of the endpoints that carry a reserved label (<c>init</c>, <c>health</c>, <c>ingress</c>, <c>unmanaged</c>).
/// Endpoints of the local cluster stand on the local node.
/// </summary>
/// <param name="Name">Unique within a world.</param>
/// <param name="Namespace">The pod's namespace; empty for the reserved ones.</param>
/// <param name="Labels">See <see cref="Party"/>; a pod carries its namespace, cluster and service account among them.</param>
/// <param name="Ports">The named ports of its containers.</param>
/// <param name="Addresses">Its addresses. CIDR rules must not select by them.</param>
public sealed record Endpoint(
    string Name,
    string Namespace,
    IReadOnlyList<string> Labels,
    IReadOnlyList<ContainerPort> Ports,
    IReadOnlyList<IPAddress> Addresses) : Party(Name, Labels);
