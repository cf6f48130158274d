using System.Net;
using Axoneme.Datapath.Layout;

namespace Axoneme.NodeActors.Network;

/// <summary>The interface pair of a pod and what belongs to it.</summary>
/// <param name="HostName">Name of the host's side.</param>
/// <param name="PodName">Name of the pod's side, in the pod's namespace.</param>
/// <param name="Netns">Path of the pod's network namespace.</param>
/// <param name="Mac">The pod's MAC.</param>
/// <param name="HostMac">The host side's MAC: where the pod sends everything.</param>
/// <param name="Ipv4">The pod's address, /32; null for none.</param>
/// <param name="Ipv6">The pod's address, /128; null for none.</param>
/// <param name="Mtu">In bytes, of both sides.</param>
internal sealed record PodInterface(
    string HostName, string PodName, string Netns, MacAddress Mac, MacAddress HostMac, IPAddress? Ipv4, IPAddress? Ipv6, int Mtu)
{
    /// <summary>The gateways are no one's addresses: a permanent neighbour entry in the pod gives them the host side's MAC.</summary>
    public static readonly IPAddress Gateway4 = IPAddress.Parse("169.254.1.1");

    public static readonly IPAddress Gateway6 = IPAddress.Parse("fe80::1");

    public IEnumerable<IPAddress> Addresses => new[] { Ipv4, Ipv6 }.OfType<IPAddress>();
}
