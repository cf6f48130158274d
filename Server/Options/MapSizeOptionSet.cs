using System.CommandLine;
using System.Globalization;
using Axoneme.NodeActors.Maps;

namespace Axoneme.Server.Options;

/// <summary>The options that say how large the kernel's maps are.</summary>
internal sealed class MapSizeOptionSet
{
    private readonly Option<double> _ratio = CommandLine.Value(
        "--bpf-map-dynamic-size-ratio", "share", "Share of the machine's memory that the maps of connections may take when they are full.", "0.0025", Share);

    private readonly Option<uint?> _conntrack = Size("--bpf-ct-global-max", "Connections of IPv4, and half as many of IPv6.");
    private readonly Option<uint?> _nat = Size("--bpf-nat-global-max", "Entries of masqueraded connections, two each.");
    private readonly Option<uint?> _fragments = Size("--bpf-fragments-map-max", "Packets in fragments under way, of each family.");
    private readonly Option<uint?> _policy = Size("--bpf-policy-map-max", "Policy entries of all pods together.");
    private readonly Option<uint?> _ranges = Size("--bpf-policy-ranges-max", "Intervals of policy entries that have several.");
    private readonly Option<uint?> _ipcache = Size("--bpf-ipcache-max", "Addresses whose identity is known, and as many prefixes.");
    private readonly Option<uint?> _endpoints = Size("--bpf-endpoint-max", "Pods of the node.");
    private readonly Option<uint?> _tunnels = Size("--bpf-tunnel-max", "Nodes that can be reached through the tunnel.");
    private readonly Option<uint?> _unmasqueraded = Size("--bpf-ip-masq-max", "Destinations that are not masqueraded.");

    private readonly Option<uint?> _services = Size("--bpf-lb-map-max", "Frontends of services: an address with port and protocol each.");
    private readonly Option<uint?> _backends = Size("--bpf-lb-service-backend-map-max", "Backends of services.");
    private readonly Option<uint?> _pools = Size("--bpf-lb-pool-map-max", "Backends in all lists of services: one counts for every list it is in.");
    private readonly Option<uint?> _maglev = Size("--bpf-lb-maglev-map-max", "Pieces of tables for consistent choice, of 128 entries each.");
    private readonly Option<uint?> _affinity = Size("--bpf-lb-affinity-map-max", "Clients that stay with their backend.");
    private readonly Option<uint?> _sourceRanges = Size("--bpf-lb-source-range-map-max", "Prefixes that services restrict their clients to.");
    private readonly Option<uint?> _socketPeers = Size("--bpf-sock-rev-map-max", "Sockets that talk to a service without a connection.");

    public IEnumerable<Option> All =>
    [
        _ratio, _conntrack, _nat, _fragments, _policy, _ranges, _ipcache, _endpoints, _tunnels, _unmasqueraded, _services, _backends, _pools, _maglev, _affinity, _sourceRanges,
        _socketPeers,
    ];

    public MapSizeOptions Read(ParseResult parsed) => new()
    {
        DynamicSizeRatio = parsed.GetValue(_ratio),
        ConntrackMax = parsed.GetValue(_conntrack),
        NatMax = parsed.GetValue(_nat),
        FragmentsMax = parsed.GetValue(_fragments),
        PolicyMax = parsed.GetValue(_policy),
        PolicyRangesMax = parsed.GetValue(_ranges),
        IpcacheMax = parsed.GetValue(_ipcache),
        EndpointMax = parsed.GetValue(_endpoints),
        TunnelMax = parsed.GetValue(_tunnels),
        UnmasqueradedMax = parsed.GetValue(_unmasqueraded),
        ServiceMax = parsed.GetValue(_services),
        BackendMax = parsed.GetValue(_backends),
        PoolMax = parsed.GetValue(_pools),
        MaglevMax = parsed.GetValue(_maglev),
        AffinityMax = parsed.GetValue(_affinity),
        SourceRangeMax = parsed.GetValue(_sourceRanges),
        SocketPeerMax = parsed.GetValue(_socketPeers),
    };

    private static double Share(string text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var share) && share is > 0 and <= 1
            ? share
            : throw new FormatException($"\"{text}\" is not a share above 0 and at most 1, such as 0.0025");

    private static Option<uint?> Size(string name, string description) => CommandLine.Optional<uint?>(
        name, "entries", $"{description} Without it the node chooses.", text => (uint)CommandLine.Number(text, 1, 1 << 30));
}
