using Axoneme.Datapath.InMemory;
using Axoneme.Datapath.Layout;
using Axoneme.NodeActors.Conntrack;
using Axoneme.NodeActors.Maps;
using Microsoft.Extensions.Logging.Abstractions;

namespace Axoneme.NodeActors.Tests.Maps;

public class MapPressureTests
{
    private readonly InMemoryDatapath _kernel = new();
    private int _hosts;
    private int _connections;

    [Fact]
    public void A_map_is_a_problem_from_90_percent_until_it_is_below_85()
    {
        var pressure = Pressure();
        Assert.Empty(At(58_982));
        Assert.Equal(["map hosts is 90 % full (58983 of 65536 entries): raise --bpf-ipcache-max"], At(58_983));
        Assert.Equal(["map hosts is 86 % full (56361 of 65536 entries): raise --bpf-ipcache-max"], At(56_361));
        Assert.Empty(At(55_705));
        Assert.Empty(At(58_982));

        IReadOnlyList<string> At(int hosts)
        {
            _hosts = hosts;
            return pressure.Look();
        }
    }

    [Fact]
    public void Maps_that_programs_write_are_judged_by_what_the_collector_saw()
    {
        var pressure = Pressure();
        _connections = 62_260;
        Assert.Equal(["map conntrack4 is 95 % full (62260 of 65536 entries): raise --bpf-ct-global-max"], pressure.Look());
        _connections = 0;
        Assert.Empty(pressure.Look());
    }

    [Fact]
    public void Maps_nobody_counts_are_read_and_all_have_their_fill()
    {
        _kernel.Unmasqueraded.Put(new PrefixKey { Length = 100 }, 1);
        var fills = Pressure().Read();
        Assert.Equal(
            [
                "affinity", "backends", "conntrack4", "conntrack6", "devices", "endpoints", "frontends", "hosts", "maglev", "nat", "policy", "policy_ranges", "prefixes",
                "service_pools", "services", "socket_peers", "source_ranges", "tunnels", "unmasqueraded",
            ],
            fills.Select(fill => fill.Name));
        Assert.Equal(1u, fills.Single(fill => fill.Name == "unmasqueraded").Entries);
    }

    private MapPressure Pressure() => new(_kernel, () => [new MapStatus("hosts", 65536, _hosts, 0, 0, 0, 0, 0, null)], Collected, NullLogger<MapPressure>.Instance);

    private ConntrackCollection Collected() => new(
        1, 0, default, default, new("conntrack4", 65536, _connections, 0, 0, 0), new("conntrack6", 65536, 0, 0, 0, 0), new("nat", 65536, 0, 0, 0, 0), 0, 0);
}
