using Axoneme.Datapath.Network;

namespace Axoneme.NodeActors.Network;

/// <summary>The interfaces, addresses and routes of the node's own network namespace at one moment.</summary>
internal sealed record NodeLinks(IReadOnlyList<LinkInfo> Links, IReadOnlyList<AddressInfo> Addresses, IReadOnlyList<RouteInfo> Routes);
