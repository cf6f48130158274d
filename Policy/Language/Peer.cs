using System.Collections.Immutable;
using System.Net;

namespace Axoneme.Policy;

/// <summary>One member of a rule's from or to list. A rule is about the union of its peers.</summary>
public abstract record Peer;

/// <summary>Endpoints by label.</summary>
public sealed record EndpointPeer(Selector Selector) : Peer;

/// <summary>One of <see cref="Entity.Names"/>.</summary>
public sealed record EntityPeer(string Name) : Peer;

/// <summary>Addresses outside the cluster.</summary>
public sealed record CidrPeer(IPNetwork Network, ImmutableArray<IPNetwork> Except) : Peer;

/// <summary>The prefixes of CiliumCIDRGroups, picked by <see cref="Name"/> or, when that is null, by their labels.</summary>
public sealed record CidrGroupPeer(string? Name, Selector? GroupSelector, ImmutableArray<IPNetwork> Except) : Peer;

/// <summary>Other nodes of the cluster by their labels, as the entity <c>remote-node</c>: the local one is never meant.</summary>
public sealed record NodePeer(Selector Selector) : Peer;

/// <summary>
/// What Kubernetes services lead to: the pods a service selects, or its addresses when it selects none. Picked by <see cref="Name"/> or, when that is
/// null, by their labels; of every namespace when <see cref="Namespace"/> is empty.
/// </summary>
public sealed record ServicePeer(string Namespace, string? Name, Selector? ServiceSelector) : Peer;

/// <summary>Addresses outside the cluster that were learned under a DNS name.</summary>
public sealed record FqdnPeer(DnsPattern Pattern) : Peer;
