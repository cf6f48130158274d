using Axoneme.Datapath.Layout;

namespace Axoneme.Datapath;

/// <summary>
/// Services in the kernel. A frontend points to pools of backends that never change: a new pool is written whole, then frontends are pointed to it by one update each, then
/// the old one may go. So no packet sees half a list.
/// </summary>
public sealed record ServiceMaps
{
    public required IKernelMap<ServiceKey, ServiceEntry> Services { get; init; }

    /// <summary>What answers seem to come from, by <see cref="ServiceEntry.Frontend"/>.</summary>
    public required IKernelMap<uint, ServiceKey> Frontends { get; init; }

    /// <summary>Keys of backends by pool and index.</summary>
    public required IKernelMap<PoolSlot, uint> Pools { get; init; }

    public required IKernelMap<uint, BackendEntry> Backends { get; init; }

    /// <summary>Tables for consistent choice.</summary>
    public required IKernelMap<MaglevKey, MaglevPiece> Maglev { get; init; }

    /// <summary>Where clients outside may come from; the value means nothing.</summary>
    public required IKernelMap<SourceRangeKey, uint> SourceRanges { get; init; }

    /// <summary>Ports that the node cannot bind; the value means nothing.</summary>
    public required IKernelMap<NodePortKey, uint> NodePorts { get; init; }

    /// <summary>Written by the programs.</summary>
    public required IKernelMap<AffinityKey, AffinityEntry> Affinity { get; init; }

    /// <summary>Written by the programs.</summary>
    public required IKernelMap<SocketPeerKey, SocketPeer> SocketPeers { get; init; }
}
