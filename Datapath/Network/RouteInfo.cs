using System.Net;

namespace Axoneme.Datapath.Network;

/// <summary>A route of the main table.</summary>
/// <param name="Destination">The network; of length 0 for the default route.</param>
/// <param name="Ifindex">Where it leads out.</param>
/// <param name="Gateway">The next hop, null when the destination is on the link.</param>
/// <param name="Source">The preferred source address, null when the kernel chooses.</param>
public sealed record RouteInfo(IPNetwork Destination, uint Ifindex, IPAddress? Gateway = null, IPAddress? Source = null)
{
    /// <summary>Everything of IPv4.</summary>
    public static IPNetwork DefaultIPv4 { get; } = new(IPAddress.Any, 0);

    /// <summary>Everything of IPv6.</summary>
    public static IPNetwork DefaultIPv6 { get; } = new(IPAddress.IPv6Any, 0);
}
