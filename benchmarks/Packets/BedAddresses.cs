using System.Net;

namespace Axoneme.Benchmarks.Packets;

/// <summary>Who is on and around the node of a <see cref="CostBed"/>, in one address family.</summary>
/// <param name="Client">A pod of the node.</param>
/// <param name="Server">Another pod of the same node.</param>
/// <param name="Remote">A pod of another node.</param>
/// <param name="World">Somebody outside the cluster.</param>
/// <param name="Self">The node.</param>
/// <param name="Node">The other node.</param>
internal sealed record BedAddresses(IPAddress Client, IPAddress Server, IPAddress Remote, IPAddress World, IPAddress Self, IPAddress Node)
{
    public static BedAddresses V4 { get; } = Of("10.244.0.2", "10.244.0.3", "10.245.0.3", "172.30.0.99", "172.30.0.1", "172.30.0.2");

    public static BedAddresses V6 { get; } = Of("fd00:10:244::2", "fd00:10:244::3", "fd00:10:245::3", "fd30::99", "fd30::1", "fd30::2");

    private static BedAddresses Of(params string[] all)
    {
        var addresses = all.Select(IPAddress.Parse).ToArray();
        return new BedAddresses(addresses[0], addresses[1], addresses[2], addresses[3], addresses[4], addresses[5]);
    }
}
