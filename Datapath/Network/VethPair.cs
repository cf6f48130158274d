using Axoneme.Datapath.Layout;

namespace Axoneme.Datapath.Network;

/// <summary>A pair of virtual interfaces to be made: one end here, the other directly in another namespace. Ours comes up, the other stays down.</summary>
public sealed record VethPair
{
    /// <summary>Our end's name, at most 15 bytes.</summary>
    public required string Name { get; init; }

    public required MacAddress Mac { get; init; }

    /// <summary>The other end's name, for example <c>eth0</c>.</summary>
    public required string PeerName { get; init; }

    public required MacAddress PeerMac { get; init; }

    /// <summary>Where the other end goes; null for here.</summary>
    public NetworkNamespace? PeerNamespace { get; init; }

    /// <summary>Bytes, of both ends.</summary>
    public uint Mtu { get; init; } = 1500;
}
