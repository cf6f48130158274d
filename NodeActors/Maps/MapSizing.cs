using System.Runtime.CompilerServices;
using Axoneme.Datapath;
using Axoneme.Datapath.Layout;
using Axoneme.NodeActors.Services;

namespace Axoneme.NodeActors.Maps;

/// <summary>
/// Chooses map sizes. Maps of connections take their memory when they are made, so they share a part of the machine's memory in fixed proportions, as
/// Cilium's dynamic map sizes do; the others take memory by the entry and have generous fixed sizes. What a node does not need is made as small as it can be.
/// </summary>
internal static class MapSizing
{
    /// <summary>What the kernel keeps beside key and value of a hash entry, and its share of the buckets, in bytes.</summary>
    private const uint Overhead = 64;
    private static readonly uint Conntrack4Bytes = (uint)(Unsafe.SizeOf<ConntrackKey4>() + Unsafe.SizeOf<ConntrackEntry>()) + Overhead;
    private static readonly uint Conntrack6Bytes = (uint)(Unsafe.SizeOf<ConntrackKey6>() + Unsafe.SizeOf<ConntrackEntry>()) + Overhead;
    private static readonly uint NatBytes = (uint)(Unsafe.SizeOf<NatKey>() + Unsafe.SizeOf<NatEntry>()) + Overhead;

    /// <summary>For a family or function that is not used: the kernel makes no map of no entries.</summary>
    private const uint Unused = 1;
    private const uint Largest = 1 << 24;
    private const ulong AmpleMemory = 16UL << 30;

    /// <summary>The command-line option that makes a map larger; null when there is none.</summary>
    public static string? OptionOf(string map) => map switch
    {
        "conntrack4" or "conntrack6" => "--bpf-ct-global-max",
        "nat" => "--bpf-nat-global-max",
        "policy" => "--bpf-policy-map-max",
        "policy_ranges" => "--bpf-policy-ranges-max",
        "hosts" or "prefixes" => "--bpf-ipcache-max",
        "endpoints" => "--bpf-endpoint-max",
        "tunnels" => "--bpf-tunnel-max",
        "unmasqueraded" => "--bpf-ip-masq-max",
        "services" or "frontends" => "--bpf-lb-map-max",
        "backends" => "--bpf-lb-service-backend-map-max",
        "service_pools" => "--bpf-lb-pool-map-max",
        "maglev" => "--bpf-lb-maglev-map-max",
        "affinity" => "--bpf-lb-affinity-map-max",
        "source_ranges" => "--bpf-lb-source-range-map-max",
        "socket_peers" => "--bpf-sock-rev-map-max",
        "fragments4" or "fragments6" => "--bpf-fragments-map-max",
        _ => null,
    };

    /// <summary>Sets every size.</summary>
    /// <param name="datapath">Gets the sizes.</param>
    /// <param name="options">What the node is asked to do.</param>
    /// <param name="memory">The machine's memory in bytes.</param>
    public static DatapathOptions Apply(DatapathOptions datapath, NodeAgentOptions options, ulong memory)
    {
        var sizes = options.MapSizes;
        var judgesHost = options.HostFirewall && options.Devices.Count > 0;
        var has4 = options.PodCidr4 is not null || judgesHost;
        var has6 = options.PodCidr6 is not null || judgesHost;
        var translates = options.KubeProxyReplacement || (options.Devices.Count > 0 && (options.MasqueradeIPv4 || options.MasqueradeIPv6));

        // Proportions for what is used; a node of one family gives it what the other would have had.
        var perUnit = (has4 ? Conntrack4Bytes * 1.0 : 0) + (has6 ? Conntrack6Bytes * 0.5 : 0) + (translates ? NatBytes * 1.0 : 0);
        var unit = perUnit == 0 ? 0 : memory * sizes.DynamicSizeRatio / perUnit;
        var conntrack = sizes.ConntrackMax ?? Dynamic(unit, 1 << 16);
        var fragments = sizes.FragmentsMax ?? 8192;
        return datapath with
        {
            ConntrackEntries = has4 ? conntrack : Unused,
            Conntrack6Entries = !has6 ? Unused : sizes.ConntrackMax is { } set ? Math.Max(1, set / 2) : Dynamic(unit / 2, 1 << 15),
            NatEntries = translates ? sizes.NatMax ?? Dynamic(unit, 1 << 16) : Unused,
            FragmentEntries = has4 ? fragments : Unused,
            Fragment6Entries = has6 ? fragments : Unused,
            PolicyEntries = sizes.PolicyMax ?? datapath.PolicyEntries,
            PolicyRangeEntries = sizes.PolicyRangesMax ?? datapath.PolicyRangeEntries,
            HostEntries = sizes.IpcacheMax ?? datapath.HostEntries,
            PrefixEntries = sizes.IpcacheMax ?? datapath.PrefixEntries,
            EndpointEntries = sizes.EndpointMax ?? datapath.EndpointEntries,
            TunnelEntries = options.Routing == RoutingMode.Native ? Unused : sizes.TunnelMax ?? datapath.TunnelEntries,
            UnmasqueradedEntries = sizes.UnmasqueradedMax ?? datapath.UnmasqueradedEntries,
            ServiceEntries = sizes.ServiceMax ?? Scaled(datapath.ServiceEntries, 1 << 14, memory),
            BackendEntries = sizes.BackendMax ?? Scaled(datapath.BackendEntries, 1 << 16, memory),
            PoolEntries = sizes.PoolMax ?? Scaled(datapath.PoolEntries, 1 << 17, memory),
            MaglevEntries = options.Services.Algorithm == LoadBalancerAlgorithm.Maglev ? sizes.MaglevMax ?? Scaled(datapath.MaglevEntries, 1 << 17, memory) : Unused,
            AffinityEntries = sizes.AffinityMax ?? Scaled(datapath.AffinityEntries, 1 << 14, memory),
            SourceRangeEntries = sizes.SourceRangeMax ?? datapath.SourceRangeEntries,
            SocketPeerEntries = sizes.SocketPeerMax ?? Scaled(datapath.SocketPeerEntries, 1 << 14, memory),
        };
    }

    /// <summary>The machine's memory in bytes, as <c>/proc/meminfo</c> says.</summary>
    /// <exception cref="NodeAgentException">It does not say.</exception>
    public static ulong MachineMemory(string meminfo)
    {
        var line = meminfo.Split('\n').FirstOrDefault(line => line.StartsWith("MemTotal:", StringComparison.Ordinal))?.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return line is [_, var kibibytes, "kB"] && ulong.TryParse(kibibytes, out var value)
            ? value * 1024
            : throw new NodeAgentException("/proc/meminfo: has no line MemTotal in kB, by which map sizes are chosen; set the sizes");
    }

    /// <exception cref="NodeAgentException">An option is wrong; the message names it.</exception>
    public static void Validate(MapSizeOptions sizes)
    {
        if (sizes.DynamicSizeRatio is not (> 0 and <= 1))
        {
            throw new NodeAgentException($"option --bpf-map-dynamic-size-ratio: {sizes.DynamicSizeRatio} must be above 0 and at most 1");
        }

        (string Option, uint? Value, uint Least)[] settings =
        [
            ("--bpf-ct-global-max", sizes.ConntrackMax, 1024), ("--bpf-nat-global-max", sizes.NatMax, 1024), ("--bpf-fragments-map-max", sizes.FragmentsMax, 64),
            ("--bpf-policy-map-max", sizes.PolicyMax, 256), ("--bpf-policy-ranges-max", sizes.PolicyRangesMax, 256), ("--bpf-ipcache-max", sizes.IpcacheMax, 256),
            ("--bpf-endpoint-max", sizes.EndpointMax, 16), ("--bpf-tunnel-max", sizes.TunnelMax, 16), ("--bpf-ip-masq-max", sizes.UnmasqueradedMax, 16),
            ("--bpf-lb-map-max", sizes.ServiceMax, 256), ("--bpf-lb-service-backend-map-max", sizes.BackendMax, 256), ("--bpf-lb-pool-map-max", sizes.PoolMax, 256),
            ("--bpf-lb-maglev-map-max", sizes.MaglevMax, 256), ("--bpf-lb-affinity-map-max", sizes.AffinityMax, 256),
            ("--bpf-lb-source-range-map-max", sizes.SourceRangeMax, 16), ("--bpf-sock-rev-map-max", sizes.SocketPeerMax, 256),
        ];
        foreach (var (option, value, least) in settings)
        {
            if (value is { } set && (set < least || set > Largest))
            {
                throw new NodeAgentException($"option {option}: {set} must be from {least} to {Largest}");
            }
        }
    }

    /// <summary>Hashes of services cost their buckets before their first entry: a machine with less memory than <see cref="AmpleMemory"/> has them smaller.</summary>
    private static uint Scaled(uint entries, uint least, ulong memory) => (uint)Math.Max(least, entries * Math.Min(1, memory / (double)AmpleMemory));

    private static uint Dynamic(double entries, uint least) => (uint)Math.Clamp(entries, least, Largest);
}
