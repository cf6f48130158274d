using System.Net;
using System.Net.Sockets;
using Axoneme.Wire.State;

namespace Axoneme.NodeActors.Network;

/// <summary>Where another node is: what its record says in a form to work with.</summary>
/// <param name="Name">Its name.</param>
/// <param name="IPv4">The address it is reached by; null for none.</param>
/// <param name="IPv6">The same for IPv6.</param>
/// <param name="PodCidrs">Its pods' networks.</param>
internal sealed record NodeAddressing(string Name, IPAddress? IPv4, IPAddress? IPv6, IReadOnlyList<IPNetwork> PodCidrs)
{
    /// <summary>Reads a record. One that names no address to reach the node by has among its addresses those of its pods' gateways, which are none.</summary>
    public static NodeAddressing From(NodeRecord node)
    {
        IPNetwork[] cidrs = [.. node.PodCidrs.Select(text => IPNetwork.TryParse(text, out var network) ? network : (IPNetwork?)null).OfType<IPNetwork>()];
        IPAddress[] own = [.. State.NodeState.Addresses(node).Where(address => !Array.Exists(cidrs, cidr => cidr.Contains(address)))];
        return new NodeAddressing(
            node.Name,
            Parse(node.NodeIpv4) ?? Array.Find(own, address => address.AddressFamily == AddressFamily.InterNetwork),
            Parse(node.NodeIpv6) ?? Array.Find(own, address => address.AddressFamily == AddressFamily.InterNetworkV6), cidrs);
    }

    /// <summary>The end of a tunnel to it from a node with these addresses: of the family both have, IPv4 if that is both. Null for none.</summary>
    public IPAddress? UnderlayFrom(IPAddress? ipv4, IPAddress? ipv6) => ipv4 is not null && IPv4 is not null ? IPv4 : ipv6 is not null ? IPv6 : null;

    private static IPAddress? Parse(string text) => IPAddress.TryParse(text, out var address) ? address : null;
}
