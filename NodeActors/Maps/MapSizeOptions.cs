namespace Axoneme.NodeActors.Maps;

/// <summary>Sizes of the node's kernel maps. Those without a value are chosen by <see cref="MapSizing"/>. A changed size is brought over at the next start.</summary>
public sealed record MapSizeOptions
{
    /// <summary>The share of the machine's memory that the maps of connections may take together when they are full (<c>--bpf-map-dynamic-size-ratio</c>).</summary>
    public double DynamicSizeRatio { get; init; } = 0.0025;

    /// <summary>Connections of IPv4 (<c>--bpf-ct-global-max</c>), and half as many of IPv6.</summary>
    public uint? ConntrackMax { get; init; }

    /// <summary>Entries of masqueraded connections, two each (<c>--bpf-nat-global-max</c>).</summary>
    public uint? NatMax { get; init; }

    /// <summary>Packets in fragments under way, of each family (<c>--bpf-fragments-map-max</c>).</summary>
    public uint? FragmentsMax { get; init; }

    /// <summary>Entries (policy, direction, identity) of all policies together (<c>--bpf-policy-map-max</c>).</summary>
    public uint? PolicyMax { get; init; }

    /// <summary>Intervals of policy entries that have several (<c>--bpf-policy-ranges-max</c>).</summary>
    public uint? PolicyRangesMax { get; init; }

    /// <summary>Single addresses, and as many prefixes (<c>--bpf-ipcache-max</c>).</summary>
    public uint? IpcacheMax { get; init; }

    /// <summary>Pods of the node (<c>--bpf-endpoint-max</c>).</summary>
    public uint? EndpointMax { get; init; }

    /// <summary>Nodes that can be reached through the tunnel (<c>--bpf-tunnel-max</c>).</summary>
    public uint? TunnelMax { get; init; }

    /// <summary>Frontends of services, an address with port and protocol each (<c>--bpf-lb-map-max</c>).</summary>
    public uint? ServiceMax { get; init; }

    /// <summary>Backends of services (<c>--bpf-lb-service-backend-map-max</c>).</summary>
    public uint? BackendMax { get; init; }

    /// <summary>Backends in all pools together (<c>--bpf-lb-pool-map-max</c>).</summary>
    public uint? PoolMax { get; init; }

    /// <summary>Pieces of tables for consistent choice, of 128 entries each (<c>--bpf-lb-maglev-map-max</c>).</summary>
    public uint? MaglevMax { get; init; }

    /// <summary>Clients that stay with their backend (<c>--bpf-lb-affinity-map-max</c>).</summary>
    public uint? AffinityMax { get; init; }

    /// <summary>Prefixes that services restrict their clients to (<c>--bpf-lb-source-range-map-max</c>).</summary>
    public uint? SourceRangeMax { get; init; }

    /// <summary>Sockets that talk to a service without a connection (<c>--bpf-sock-rev-map-max</c>).</summary>
    public uint? SocketPeerMax { get; init; }

    /// <summary>Destinations that are not masqueraded (<c>--bpf-ip-masq-max</c>).</summary>
    public uint? UnmasqueradedMax { get; init; }
}
