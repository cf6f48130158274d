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
