using Axoneme.Datapath.Layout;
using Axoneme.Datapath.Maps;
using Axoneme.NodeActors.Services;
using Axoneme.NodeActors.Tests.Fakes;

namespace Axoneme.NodeActors.Tests.Services;

/// <summary>An agent's services in the kernel's pinned maps. Needs root.</summary>
[Collection("real node")]
public sealed class RealServicesTests
{
    [Fact]
    public async Task Services_are_in_pinned_maps_and_keep_their_ids_over_a_restart_without_the_control_plane()
    {
        await using var node = new RealNode(forceClsact: false);
        node.Options = node.Options with { Services = new ServiceOptions { Algorithm = LoadBalancerAlgorithm.Maglev, MaglevTableSize = 251 } };
        await node.StartAsync();
        var web = ServiceRecords.Service("web", "10.96.0.1", nodePort: 30080);
        web.LoadBalancerIps.Add("198.51.100.1");
        web.SourceRanges.Add(["10.0.0.0/8", "fd00::/8"]);
        await node.PublishAsync(
            ServiceRecords.Record(web), ServiceRecords.Record(ServiceRecords.Service("empty", "10.96.0.2")),
            ServiceRecords.Record(ServiceRecords.Slice("web", Enumerable.Range(1, 20).Select(i => ServiceRecords.Endpoint($"10.2.0.{i}", terminating: i == 20, ready: i != 20)))));
        var before = Read(node);
        Assert.Contains(before.Services, pair => ServiceEnd.Text(pair.Key) == "198.51.100.1:80/TCP" && pair.Value.Outside is { Count: 19, TableSize: 251 });
        Assert.Contains(before.Services, pair => ServiceEnd.Text(pair.Key) == "10.96.0.2:80/TCP" && pair.Value.Inside.Count == 0);
        Assert.Equal((20, 19, 2, 2), (before.Backends.Count, before.Slots, before.Pieces, before.Ranges));
        node.ControlPlane.GoAway();
        await node.StopAsync();
        await node.StartAsync();
        Assert.Equivalent(before, Read(node));
        node.ControlPlane.ComeBack();
        await node.PublishAsync(Records.Node("node-b", "192.0.2.2")); // connected again: what follows comes as it is published
        await node.PublishAsync(Records.Gone(ServiceRecords.Record(web)));
        await Eventually.IsTrue(() => Read(node) is { Services.Count: 1, Backends.Count: 0, Slots: 0, Pieces: 0, Ranges: 0 }, "what only the service needed is gone");
    }

    private static Pinned Read(RealNode node)
    {
        using var services = Open<ServiceKey, ServiceEntry>("services");
        using var backends = Open<uint, BackendEntry>("backends");
        using var pools = Open<PoolSlot, uint>("service_pools");
        using var maglev = Open<MaglevKey, MaglevPiece>("maglev");
        using var ranges = Open<SourceRangeKey, uint>("source_ranges");
        return new Pinned(services.Entries().ToDictionary(), backends.Entries().ToDictionary(), pools.Entries().Count, maglev.Entries().Count, ranges.Entries().Count);

        KernelMap<TKey, TValue> Open<TKey, TValue>(string name)
            where TKey : unmanaged
            where TValue : unmanaged => KernelMap<TKey, TValue>.OpenPinned($"{node.Options.BpfRoot}/maps/{name}");
    }

    private sealed record Pinned(Dictionary<ServiceKey, ServiceEntry> Services, Dictionary<uint, BackendEntry> Backends, int Slots, int Pieces, int Ranges);
}
