using Axoneme.Datapath.Layout;

namespace Axoneme.Datapath.Network;

/// <summary>A network interface.</summary>
/// <param name="Index">Its ifindex.</param>
/// <param name="Name">Its name.</param>
/// <param name="Mac">Its MAC address; zero if it has none.</param>
/// <param name="Mtu">Bytes.</param>
/// <param name="IsUp">Whether it is administratively up.</param>
/// <param name="Kind">The driver, for example <c>veth</c>; empty for hardware.</param>
/// <param name="PeerIndex">For a veth: the peer's ifindex, in the peer's namespace. 0 if none.</param>
public sealed record LinkInfo(uint Index, string Name, MacAddress Mac, uint Mtu, bool IsUp, string Kind, uint PeerIndex)
{
    /// <summary>The ifindex of the bridge, bond or VRF it belongs to, 0 for none.</summary>
    public uint Master { get; init; }

    /// <summary>Whether others on it are found by ARP and ND.</summary>
    public bool HasNeighbours { get; init; } = true;

    /// <summary>Whether it only leads back.</summary>
    public bool IsLoopback { get; init; }

    /// <summary>For a VXLAN device whose every packet says where it goes: its UDP port, else 0.</summary>
    public ushort TunnelPort { get; init; }
}
