using System.Net;

namespace Axoneme.Datapath.Network;

/// <summary>A route of the main table.</summary>
/// <param name="Destination">The network; of length 0 for the default route.</param>
/// <param name="Ifindex">Where it leads out.</param>
/// <param name="Gateway">The next hop, null when the destination is on the link.</param>
/// <param name="Source">The preferred source address, null when the kernel chooses.</param>
public sealed record RouteInfo(IPNetwork Destination, uint Ifindex, IPAddress? Gateway = null, IPAddress? Source = null)
{
    /// <summary>Whoever administers the machine (RTPROT_STATIC).</summary>
    public const byte StaticProtocol = 4;

    /// <summary>
    /// Who made a route, as the kernel keeps it: ours to other nodes. A number that neither the kernel (linux/rtnetlink.h) nor iproute2's
    /// rt_protos gives to anybody.
    /// </summary>
    public const byte OurProtocol = 97;

    /// <summary>Everything of IPv4.</summary>
    public static IPNetwork DefaultIPv4 { get; } = new(IPAddress.Any, 0);

    /// <summary>Everything of IPv6.</summary>
    public static IPNetwork DefaultIPv6 { get; } = new(IPAddress.IPv6Any, 0);

    /// <summary>Who made it, see <see cref="OurProtocol"/>.</summary>
    public byte Protocol { get; init; } = StaticProtocol;

    /// <summary>The longest packet, in bytes, that goes this way; 0 for the interface's.</summary>
    public uint Mtu { get; init; }
}
