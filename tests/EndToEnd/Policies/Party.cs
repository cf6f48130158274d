using System.Net;
using System.Net.Sockets;
using Axoneme.Datapath.Network;

namespace Axoneme.EndToEnd.Policies;

/// <summary>Who sends and receives in a case: a pod, the node itself or a computer outside.</summary>
internal sealed record Party(string Name, string NetnsPath, string Ipv4, string Ipv6)
{
    /// <summary>ETH_P_ALL of linux/if_ether.h.</summary>
    private const short EveryProtocol = 3;

    /// <summary>The host beyond the nodes.</summary>
    public static Party Outside(Underlay underlay) => new("outside", underlay.Outside.Path, Underlay.OutsideIPv4, Underlay.OutsideIPv6);

    public static Party Of(ClusterNode node) => new(node.Name, node.Namespace.Path, node.IPv4 ?? "", node.IPv6 ?? "");

    public static Party Of(Pod pod) => new(pod.FullName, pod.NetnsPath, pod.Ipv4, pod.Ipv6);

    public IPAddress Address(int family) => IPAddress.Parse(family == 4 ? Ipv4 : Ipv6);

    /// <summary>A socket of this party's: it belongs to the namespace it was made in, whoever uses it afterwards.</summary>
    public Socket Socket(int family, SocketType type, ProtocolType protocol) =>
        Inside(() => new Socket(family == 4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6, type, protocol));

    /// <summary>Gets every packet of this party's interfaces.</summary>
    public Socket PacketSocket() =>
        Inside(() => new Socket(AddressFamily.Packet, SocketType.Dgram, (ProtocolType)IPAddress.HostToNetworkOrder(EveryProtocol)));

    private T Inside<T>(Func<T> make)
    {
        using var ns = NetworkNamespace.Open(NetnsPath);
        return ns.Run(make);
    }
}
