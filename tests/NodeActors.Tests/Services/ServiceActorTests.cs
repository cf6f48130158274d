using System.Net;
using Axoneme.Datapath.Layout;
using Axoneme.NodeActors.Services;
using Axoneme.NodeActors.Tests.Fakes;
using Axoneme.Wire.State;
using Record = Axoneme.Wire.State.Record;

namespace Axoneme.NodeActors.Tests.Services;

/// <summary>Services in a whole agent: acknowledged when they are in the kernel, there without the control plane, and nobody waits for them but the acknowledgement.</summary>
public sealed class ServiceActorTests : IAsyncLifetime
{
    private readonly TestNode _node = new();

    public async Task InitializeAsync() => await _node.StartAsync();

    public async Task DisposeAsync() => await _node.DisposeAsync();

    private IReadOnlyList<KeyValuePair<ServiceKey, ServiceEntry>> Kernel => _node.Kernel.Services.Services.Entries();

    [Fact]
    public async Task What_is_acknowledged_is_in_the_kernel()
    {
        for (var i = 0; i < 30; i++)
        {
            await _node.PublishAsync(Service("a", i + 1), Slice("a", i + 1));
            var (key, entry) = Assert.Single(Kernel);
            Assert.Equal($"10.96.0.{i + 1}:80/TCP", ServiceEnd.Text(key));
            Assert.Equal((uint)i + 1, entry.Inside.Count);
        }
    }

    [Fact]
    public async Task Records_of_other_kinds_cause_no_work()
    {
        await _node.PublishAsync(Service("a", 1), Slice("a", 2));
        var services = (Datapath.InMemory.InMemoryKernelMap<ServiceKey, ServiceEntry>)_node.Kernel.Services.Services;
        var pools = (Datapath.InMemory.InMemoryKernelMap<PoolSlot, uint>)_node.Kernel.Services.Pools;
        var before = (services.Puts, pools.Puts);
        await _node.PublishAsync(Records.Node("node-b", "192.0.2.9"), Records.Identity(100, "web"), Records.Ip("10.0.0.1", 100, "node-b"), Records.Pod("web-0", "web", 100));
        await _node.PublishAsync(Service("a", 1), Slice("a", 2)); // equal
        Assert.Equal(before, (services.Puts, pools.Puts));
    }

    [Fact]
    public async Task Services_are_there_after_a_restart_without_the_control_plane_under_the_same_ids()
    {
        await _node.PublishAsync(Service("a", 1), Slice("a", 3), Service("b", 2));
        var before = Kernel.ToDictionary();
        _node.ControlPlane.GoAway();
        await _node.StopAsync();
        await _node.StartAsync();
        Assert.Equal(before, Kernel.ToDictionary());

        // The kernel forgot, as after a reboot: the journal has not.
        await _node.StopAsync();
        foreach (var (key, _) in before)
        {
            _node.Kernel.Services.Services.Delete(key);
        }

        await _node.StartAsync();
        Assert.Equal(before.Keys.Select(ServiceEnd.Text).Order(), Kernel.Select(pair => ServiceEnd.Text(pair.Key)).Order());
        ServiceBench.AssertWhole(_node.Kernel.Services);

        // A number of an earlier run is not met again.
        _node.ControlPlane.ComeBack();
        await _node.PublishAsync(Service("c", 9));
        Assert.True(Kernel.Max(pair => pair.Value.Frontend) >= ServiceIds.BlockSize);
    }

    [Fact]
    public async Task A_service_that_is_gone_meanwhile_goes_with_the_snapshot()
    {
        await _node.PublishAsync(Service("a", 1), Service("b", 2));
        await _node.StopAsync();
        _node.ControlPlane.Epoch++;
        _node.ControlPlane.Publish(Records.Gone(Service("a", 1)));
        await _node.StartAsync();
        await Eventually.IsTrue(() => Kernel.Count == 1, "service a is gone");
        Assert.Equal("10.96.0.2:80/TCP", ServiceEnd.Text(Kernel[0].Key));
    }

    [Fact]
    public async Task A_pods_host_port_leads_to_it_while_it_is_there()
    {
        var pod = Records.Pod("web-0", "web", 100);
        pod.Pod.Node = "node-a";
        pod.Pod.HostPorts.Add(new HostPort { HostPort_ = 8000, ContainerPort = 80, Protocol = "TCP" });
        await _node.PublishAsync(Records.Identity(100, "web"), pod);
        Assert.Empty(Kernel);
        var address = TestNode.Ipv4(await _node.AddAsync("c1", "web-0")).Split('/')[0];
        await Eventually.IsTrue(() => Kernel.Any(pair => ServiceEnd.Text(pair.Key) == "192.0.2.1:8000/TCP"), "host port");
        Assert.Contains(_node.Kernel.Services.Backends.Entries(), pair => BackendAddress.From(pair.Value).ToString() == $"{address}:80/TCP");
        await _node.StopAsync();
        await _node.StartAsync();
        Assert.Contains(Kernel, pair => ServiceEnd.Text(pair.Key) == "192.0.2.1:8000/TCP");
        await _node.DeleteAsync("c1");
        await Eventually.IsTrue(() => Kernel.Count == 0, "host port is gone");
    }

    [Fact]
    public async Task Services_that_are_refused_hold_up_the_acknowledgement_and_not_policies()
    {
        await _node.PublishAsync(Service("a", 1));
        var backends = (Datapath.InMemory.InMemoryKernelMap<uint, BackendEntry>)_node.Kernel.Services.Backends;
        for (var i = 0; i < 10; i++)
        {
            backends.FailNext(12); // two for each attempt, and ever more time between them
        }

        var refused = _node.ControlPlane.Publish(Slice("a", 1));
        await Eventually.IsTrue(() => _node.Agent!.GetStatus().Problems.Any(problem => problem.Contains("map backends", StringComparison.Ordinal)), "the problem is told");
        var later = _node.ControlPlane.Publish(Records.Node("node-b", "192.0.2.77"));
        await Eventually.IsTrue(() => _node.Kernel.Hosts.TryGet(IpAddressKey.From(IPAddress.Parse("192.0.2.77")), out _), "node-b in the ipcache");
        Assert.DoesNotContain(_node.ControlPlane.Acknowledged, acknowledged => acknowledged.Revision >= refused);
        await Eventually.IsTrue(() => _node.ControlPlane.Acknowledged.Any(acknowledged => acknowledged.Revision >= later), "acknowledged in the end");
        Assert.Equal(1u, Kernel.Single().Value.Inside.Count);
        await Eventually.IsTrue(() => _node.Agent!.GetStatus().Problems.Count == 0, "no problem is left");
    }

    [Fact]
    public async Task A_conflict_is_a_problem_in_the_status_and_holds_up_nothing()
    {
        await _node.PublishAsync(Service("a", 1), Service("b", 1));
        Assert.Contains(_node.Agent!.GetStatus().Problems, problem => problem.Contains("service default/b: 10.96.0.1:80/TCP is service default/a's", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Maps_of_services_are_among_those_watched()
    {
        await _node.PublishAsync(Service("a", 1), Slice("a", 2));
        var maps = _node.Agent!.GetStatus().Maps.ToDictionary(map => map.Name, map => map.Entries);
        Assert.Equal((1u, 1u, 2u, 2u, 0u), (maps["services"], maps["frontends"], maps["service_pools"], maps["backends"], maps["affinity"]));
    }

    private static Record Service(string name, int number) => ServiceRecords.Record(ServiceRecords.Service(name, $"10.96.0.{number}"));

    private static Record Slice(string service, int count) =>
        ServiceRecords.Record(ServiceRecords.Slice(service, Enumerable.Range(1, count).Select(i => ServiceRecords.Endpoint($"10.2.0.{i}"))));
}
