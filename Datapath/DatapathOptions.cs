using Axoneme.Datapath.Layout;

namespace Axoneme.Datapath;

/// <summary>
/// How a node's datapath is loaded. Maps that are pinned with other sizes are replaced by copies of the size asked for.
/// </summary>
public sealed record DatapathOptions
{
    /// <summary>
    /// The node's own directory in a bpffs. Where there is no bpffs one is mounted: at <c>/sys/fs/bpf</c> for paths below
    /// it, otherwise at this directory. One process at a time may use it.
    /// </summary>
    public required string BpfRoot { get; init; }

    /// <summary>Pods of this node.</summary>
    public uint EndpointEntries { get; init; } = 4096;

    /// <summary>Connections of IPv4.</summary>
    public uint ConntrackEntries { get; init; } = 1 << 17;

    /// <summary>Connections of IPv6; null for half as many.</summary>
    public uint? Conntrack6Entries { get; init; }

    /// <summary>Packets of IPv4 in fragments under way.</summary>
    public uint FragmentEntries { get; init; } = 8192;

    /// <summary>The same of IPv6; null for as many.</summary>
    public uint? Fragment6Entries { get; init; }

    /// <summary>(policy, direction, identity) entries.</summary>
    public uint PolicyEntries { get; init; } = 1 << 20;

    /// <summary>Intervals of policy entries that have more than one.</summary>
    public uint PolicyRangeEntries { get; init; } = 1 << 18;

    /// <summary>Single addresses whose identity is known.</summary>
    public uint HostEntries { get; init; } = 512_000;

    /// <summary>Prefixes whose identity is known.</summary>
    public uint PrefixEntries { get; init; } = 512_000;

    /// <summary>Entries of masqueraded connections, two each.</summary>
    public uint NatEntries { get; init; } = 1 << 17;

    /// <summary>Nodes that can be reached through the tunnel.</summary>
    public uint TunnelEntries { get; init; } = 8192;

    /// <summary>Destinations that are not masqueraded.</summary>
    public uint UnmasqueradedEntries { get; init; } = 16384;

    /// <summary>Frontends of services: an address with port and protocol each.</summary>
    public uint ServiceEntries { get; init; } = 1 << 17;

    /// <summary>Backends of services.</summary>
    public uint BackendEntries { get; init; } = 1 << 18;

    /// <summary>Backends in all lists together: a backend counts for every list it is in.</summary>
    public uint PoolEntries { get; init; } = 1 << 20;

    /// <summary>Pieces of tables for consistent choice, of <see cref="Layout.MaglevPiece.Length"/> entries each.</summary>
    public uint MaglevEntries { get; init; } = 1 << 20;

    /// <summary>Clients that stay with their backend, for every such service.</summary>
    public uint AffinityEntries { get; init; } = 1 << 16;

    /// <summary>Prefixes that services restrict their clients to.</summary>
    public uint SourceRangeEntries { get; init; } = 1 << 16;

    /// <summary>Sockets that talk to a service without a connection, or may ask for their peer.</summary>
    public uint SocketPeerEntries { get; init; } = 1 << 16;

    /// <summary>Size of the event ring: a power of two and a multiple of the page size.</summary>
    public uint EventRingBytes { get; init; } = 4 << 20;

    /// <summary>Attach by clsact filters also where the kernel has tcx.</summary>
    public bool ForceClsact { get; init; }

    /// <summary>The programs' constants; null for the defaults in C.</summary>
    public DatapathConfig? Config { get; init; }

    /// <summary>max_entries by map name.</summary>
    internal IReadOnlyDictionary<string, uint> MapSizes() => new Dictionary<string, uint>
    {
        ["endpoints"] = EndpointEntries,
        ["hosts"] = HostEntries,
        ["prefixes"] = PrefixEntries,
        ["policy"] = PolicyEntries,
        ["policy_ranges"] = PolicyRangeEntries,
        ["conntrack4"] = ConntrackEntries,
        ["conntrack6"] = Conntrack6Entries ?? Math.Max(1, ConntrackEntries / 2),
        ["fragments4"] = FragmentEntries,
        ["fragments6"] = Fragment6Entries ?? FragmentEntries,
        ["nat"] = NatEntries,
        ["tunnels"] = TunnelEntries,
        ["unmasqueraded"] = UnmasqueradedEntries,
        ["services"] = ServiceEntries,
        ["frontends"] = ServiceEntries,
        ["service_pools"] = PoolEntries,
        ["backends"] = BackendEntries,
        ["maglev"] = MaglevEntries,
        ["affinity"] = AffinityEntries,
        ["source_ranges"] = SourceRangeEntries,
        ["socket_peers"] = SocketPeerEntries,
        ["events"] = EventRingBytes,
    };

    internal void Validate()
    {
        if (!Path.IsPathFullyQualified(BpfRoot))
        {
            throw new KernelException($"{nameof(BpfRoot)} \"{BpfRoot}\": must be an absolute path");
        }

        if (!uint.IsPow2(EventRingBytes) || EventRingBytes % Environment.SystemPageSize != 0)
        {
            throw new KernelException($"{nameof(EventRingBytes)} {EventRingBytes}: must be a power of two and a multiple of {Environment.SystemPageSize}");
        }

        foreach (var (map, size) in MapSizes())
        {
            if (size == 0)
            {
                throw new KernelException($"map {map}: its size must not be 0");
            }
        }
    }
}
