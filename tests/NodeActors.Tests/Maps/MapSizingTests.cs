using System.Net;
using System.Runtime.CompilerServices;
using Axoneme.Datapath;
using Axoneme.Datapath.Layout;
using Axoneme.NodeActors.Maps;
using Axoneme.NodeActors.Services;

namespace Axoneme.NodeActors.Tests.Maps;

public class MapSizingTests
{
    private const ulong GiB = 1UL << 30;
    private static readonly NodeAgentOptions _dual = new()
    {
        NodeName = "node-a", StateDirectory = "/var/lib/axoneme", PodCidr4 = IPNetwork.Parse("10.0.0.0/16"), PodCidr6 = IPNetwork.Parse("fd00::/64"), Devices = ["eth0"],
    };

    [Theory]
    [InlineData(1, 65536, 32768, 65536)]
    [InlineData(8, 65536, 32768, 65536)]
    [InlineData(16384, 16777216, 16777216, 16777216)]
    public void Maps_of_connections_are_neither_too_small_nor_too_large_on_any_machine(ulong gibibytes, uint conntrack4, uint conntrack6, uint nat)
    {
        var sizes = Sizes(_dual, gibibytes * GiB);
        Assert.Equal((conntrack4, conntrack6, nat), (sizes.ConntrackEntries, sizes.Conntrack6Entries, sizes.NatEntries));
    }

    [Fact]
    public void Maps_of_connections_grow_with_memory_in_fixed_proportions()
    {
        var (half, whole) = (Sizes(_dual, 128 * GiB), Sizes(_dual, 256 * GiB));
        Assert.InRange(whole.ConntrackEntries, 2 * half.ConntrackEntries, 2 * half.ConntrackEntries + 1);
        Assert.Equal((whole.ConntrackEntries / 2, whole.ConntrackEntries), (whole.Conntrack6Entries, whole.NatEntries));
    }

    [Fact]
    public void They_take_the_share_of_memory_they_are_given()
    {
        var sizes = Sizes(_dual with { MapSizes = new MapSizeOptions { DynamicSizeRatio = 0.01 } }, 64 * GiB);
        var value = (ulong)Unsafe.SizeOf<ConntrackEntry>();
        var nat = (ulong)(Unsafe.SizeOf<NatKey>() + Unsafe.SizeOf<NatEntry>());
        var bytes = sizes.ConntrackEntries * (16 + value + 64) + sizes.Conntrack6Entries!.Value * (40 + value + 64) + sizes.NatEntries * (nat + 64);
        Assert.InRange(bytes / (64.0 * GiB), 0.0099, 0.01);
    }

    [Fact]
    public void What_is_not_used_is_as_small_as_it_can_be()
    {
        var sizes = Sizes(_dual with { PodCidr6 = null, HostFirewall = false, MasqueradeIPv4 = false, MasqueradeIPv6 = false, KubeProxyReplacement = false }, 24 * GiB);
        Assert.Equal((1u, 1u, 1u, 1u), (sizes.Conntrack6Entries, sizes.Fragment6Entries, sizes.NatEntries, sizes.TunnelEntries));
        Assert.True(sizes.ConntrackEntries > 400_000, "the other family gets what is left");
        Assert.True(Sizes(_dual with { PodCidr6 = null }, 24 * GiB).Conntrack6Entries > 1, "the node's own traffic is judged in both families");
        Assert.Equal(1u, Sizes(_dual with { Devices = [], KubeProxyReplacement = false }, 24 * GiB).NatEntries);
        Assert.True(Sizes(_dual with { Devices = [] }, 24 * GiB).NatEntries > 1, "pods ask services");
    }

    [Fact]
    public void What_is_set_holds()
    {
        var sizes = Sizes(
            _dual with
            {
                Routing = RoutingMode.Vxlan,
                MapSizes = new MapSizeOptions
                {
                    ConntrackMax = 2000, NatMax = 3000, FragmentsMax = 100, PolicyMax = 4000, PolicyRangesMax = 5000, IpcacheMax = 6000, EndpointMax = 70, TunnelMax = 80,
                    UnmasqueradedMax = 90, ServiceMax = 1000, BackendMax = 1001, PoolMax = 1002, MaglevMax = 1003, AffinityMax = 1004, SourceRangeMax = 1005, SocketPeerMax = 1006,
                },
                Services = new() { Algorithm = LoadBalancerAlgorithm.Maglev },
            },
            GiB);
        Assert.Equal((2000u, 1000u, 3000u, 100u, 100u), (sizes.ConntrackEntries, sizes.Conntrack6Entries, sizes.NatEntries, sizes.FragmentEntries, sizes.Fragment6Entries));
        Assert.Equal((4000u, 5000u, 6000u, 6000u), (sizes.PolicyEntries, sizes.PolicyRangeEntries, sizes.HostEntries, sizes.PrefixEntries));
        Assert.Equal((70u, 80u, 90u), (sizes.EndpointEntries, sizes.TunnelEntries, sizes.UnmasqueradedEntries));
        Assert.Equal((1000u, 1001u, 1002u, 1003u), (sizes.ServiceEntries, sizes.BackendEntries, sizes.PoolEntries, sizes.MaglevEntries));
        Assert.Equal((1004u, 1005u, 1006u), (sizes.AffinityEntries, sizes.SourceRangeEntries, sizes.SocketPeerEntries));
    }

    [Fact]
    public void Maps_of_services_are_smaller_where_memory_is_and_there_are_no_tables_without_the_algorithm()
    {
        var maglev = _dual with { Services = new() { Algorithm = LoadBalancerAlgorithm.Maglev } };
        var (large, small, least) = (Sizes(maglev, 64 * GiB), Sizes(maglev, 4 * GiB), Sizes(maglev, GiB / 4));
        Assert.Equal((1u << 17, 1u << 20, 1u << 20), (large.ServiceEntries, large.PoolEntries, large.MaglevEntries));
        Assert.Equal((1u << 15, 1u << 18, 1u << 18), (small.ServiceEntries, small.PoolEntries, small.MaglevEntries));
        Assert.Equal((1u << 14, 1u << 17, 1u << 17), (least.ServiceEntries, least.PoolEntries, least.MaglevEntries));
        Assert.Equal(1u, Sizes(_dual, 64 * GiB).MaglevEntries);
    }

    [Fact]
    public void Impossible_sizes_are_refused_by_the_option_s_name()
    {
        Assert.Contains("--bpf-ct-global-max: 5 must be from 1024", Assert.Throws<NodeAgentException>(() => MapSizing.Validate(new MapSizeOptions { ConntrackMax = 5 })).Message);
        Assert.Contains("--bpf-map-dynamic-size-ratio", Assert.Throws<NodeAgentException>(() => MapSizing.Validate(new MapSizeOptions { DynamicSizeRatio = 0 })).Message);
        Assert.Contains("--bpf-map-dynamic-size-ratio", Assert.Throws<NodeAgentException>(() => MapSizing.Validate(new MapSizeOptions { DynamicSizeRatio = double.NaN })).Message);
        MapSizing.Validate(new MapSizeOptions());
    }

    [Fact]
    public void Memory_is_read_from_the_kernel_s_table()
    {
        Assert.Equal(24_686_000UL * 1024, MapSizing.MachineMemory("MemTotal:       24686000 kB\nMemFree:        100 kB\n"));
        Assert.Contains("MemTotal", Assert.Throws<NodeAgentException>(() => MapSizing.MachineMemory("MemFree: 1 kB")).Message);
    }

    private static DatapathOptions Sizes(NodeAgentOptions options, ulong memory) => MapSizing.Apply(new DatapathOptions { BpfRoot = "/sys/fs/bpf/x" }, options, memory);
}
