using System.Net;
using Axoneme.Datapath.Layout;
using Axoneme.NodeActors.Tests.Fakes;

namespace Axoneme.NodeActors.Tests.Agent;

/// <summary>Endpoints from ADD to DEL, over crashes and without a control plane.</summary>
public class LifeCycleTests : IAsyncLifetime
{
    private readonly TestNode _node = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Fact]
    public async Task Add_writes_verdicts_then_attaches_then_gives_addresses()
    {
        await StartAsync();
        var result = await _node.AddAsync("c1", "web-0");
        Assert.Equal(
            ["create pair", "put hosts", "put endpoints", "attach 11", "configure pair"],
            _node.Datapath.TakeOperations().SkipWhile(o => o != "create pair"));
        Assert.Equal("10.1.0.2/32", TestNode.Ipv4(result));
        var endpoint = _node.Endpoint("c1");
        Assert.Equal(("ready", 100u, "web-0"), (endpoint.State, endpoint.Identity, endpoint.Pod));
        Assert.True(_node.Kernel.Hosts.TryGet(Key("10.1.0.2"), out var host) && host is { Identity: 100, Ifindex: 11 });
        await Eventually.IsTrue(() => _node.ControlPlane.Reports.Any(r => r is { Pod: "web-0", Removed: false, Addresses: ["10.1.0.2", "fd00:1::2"] }), "reported");
    }

    [Fact]
    public async Task The_endpoint_is_in_the_journal_before_anything_of_it_exists()
    {
        await StartAsync();
        var pairsWhenJournaled = -1;
        _node.Journal.FailCommit = commit =>
        {
            pairsWhenJournaled = commit.Records.Any(r => r.Kind == "endpoint") ? _node.Network.Pairs.Count : pairsWhenJournaled;
            return null;
        };
        await _node.AddAsync("c1", "web-0");
        Assert.Equal(0, pairsWhenJournaled);
    }

    [Fact]
    public async Task A_repeated_add_answers_the_same_and_makes_nothing()
    {
        await StartAsync();
        var first = await _node.AddAsync("c1", "web-0");
        _node.Datapath.TakeOperations();
        Assert.Equal(first.GetRawText(), (await _node.AddAsync("c1", "web-0")).GetRawText());
        Assert.Empty(_node.Datapath.TakeOperations());
    }

    [Fact]
    public async Task A_repeated_add_makes_a_damaged_endpoint_anew()
    {
        await StartAsync();
        await _node.AddAsync("c1", "web-0");
        _node.Network.Delete(_node.Endpoint("c1").InterfaceName);
        await _node.AddAsync("c1", "web-0");
        Assert.Equal(12u, _node.Endpoint("c1").Ifindex);
        Assert.Single(_node.Network.Pairs);
        Assert.Equal(1, _node.Kernel.Endpoints.Count);
    }

    [Theory]
    [InlineData("Create")]
    [InlineData("Configure")]
    public async Task A_failed_add_leaves_nothing_and_can_be_repeated(string operation)
    {
        await StartAsync();
        _node.Network.FailNext = (operation, new Datapath.KernelException("interface lxc1: create: no buffer space"));
        var failure = await _node.FailAsync("add", _node.Call("c1", "web-0"));
        Assert.Equal((100u, "interface lxc1: create: no buffer space"), (failure.Code, failure.Message));
        Assert.Empty(_node.Network.Pairs);
        Assert.Equal(0, _node.Kernel.Endpoints.Count);
        Assert.Equal(0ul, _node.Agent!.GetStatus().Pools[0].InUse);
        Assert.Equal("10.1.0.3/32", TestNode.Ipv4(await _node.AddAsync("c1", "web-0")));
    }

    [Fact]
    public async Task A_refused_attach_is_undone()
    {
        await StartAsync();
        _node.Kernel.FailNextAttach(1);
        Assert.Contains("attach", (await _node.FailAsync("add", _node.Call("c1", "web-0"))).Message);
        Assert.Empty(_node.Network.Pairs);
        Assert.Equal(0, _node.Kernel.Endpoints.Count);
    }

    [Fact]
    public async Task A_journal_that_refuses_fails_the_add_and_gives_the_addresses_back()
    {
        await StartAsync();
        _node.Journal.FailCommit = commit => commit.Records.Any(r => r.Kind == "endpoint") ? new Axoneme.Persistence.JournalUnavailableException("disk full") : null;
        var failure = await _node.FailAsync("add", _node.Call("c1", "web-0"));
        Assert.Equal((5u, "local journal: disk full"), (failure.Code, failure.Message));
        Assert.Empty(_node.Network.Pairs);
        _node.Journal.FailCommit = null;
        await _node.DeleteAsync("c1");
        Assert.Equal(0ul, _node.Agent!.GetStatus().Pools[0].InUse);
    }

    [Fact]
    public async Task Delete_takes_everything_away_and_succeeds_on_what_is_gone()
    {
        await StartAsync();
        await _node.AddAsync("c1", "web-0");
        _node.Network.Delete(_node.Endpoint("c1").InterfaceName);
        File.Delete(_node.Netns);
        await _node.DeleteAsync("c1");
        await _node.DeleteAsync("c1");
        await _node.DeleteAsync("never-seen");
        Assert.Empty(_node.Agent!.GetEndpoints());
        Assert.Equal(0, _node.Kernel.Endpoints.Count);
        Assert.False(_node.Kernel.Hosts.TryGet(Key("10.1.0.2"), out _));
        Assert.Empty(_node.Kernel.AttachedInterfaces());
        await Eventually.IsTrue(() => _node.ControlPlane.Reports.Any(r => r is { ContainerId: "c1", Removed: true }), "removal reported");
    }

    [Fact]
    public async Task A_restart_adopts_living_pods_without_touching_them()
    {
        await StartAsync();
        await _node.PublishAsync(Records.Identity(101, "client"), Records.Allow("allow", "web", "client", 80, 443), Records.Ip("10.2.0.5", 101, "node-b"));
        await _node.AddAsync("c1", "web-0");
        var before = _node.Endpoint("c1");
        await _node.StopAsync();
        _node.Datapath.TakeOperations();
        await _node.StartAsync();
        Assert.Empty(_node.Datapath.TakeOperations());
        Assert.Equivalent(before, _node.Endpoint("c1"));
        Assert.Equal("10.1.0.3/32", TestNode.Ipv4(await _node.AddAsync("c2")));
        Assert.Equal(before.Id + 1, _node.Endpoint("c2").Id);
    }

    [Fact]
    public async Task A_restart_cleans_up_after_pods_that_ended_meanwhile()
    {
        await StartAsync();
        await _node.AddAsync("c1", "web-0");
        await _node.AddAsync("c2");
        await _node.StopAsync();
        _node.Network.Delete(_node.Network.Pairs.Single(p => p.Pod.Ipv4!.ToString() == "10.1.0.2").Pod.HostName);
        await _node.StartAsync();
        Assert.Equal(["c2"], _node.Agent!.GetEndpoints().Select(e => e.ContainerId));
        await Eventually.IsTrue(() => _node.Kernel.Endpoints.Count == 1, "the dead pod's record is gone");
        Assert.Equal(1ul, _node.Agent.GetStatus().Pools[0].InUse);
        await Eventually.IsTrue(() => _node.ControlPlane.Reports.Any(r => r is { ContainerId: "c1", Removed: true }), "removal reported");
    }

    [Fact]
    public async Task A_restarted_agent_without_control_plane_knows_identities_policies_and_pods()
    {
        await StartAsync();
        await _node.PublishAsync(Records.Identity(101, "client"), Records.Allow("allow", "web", "client", 80), Records.Ip("10.2.0.5", 101, "node-b"));
        await _node.StopAsync();
        _node.ControlPlane.GoAway();
        await _node.StartAsync();
        await _node.AddAsync("c1", "web-0");
        var endpoint = _node.Endpoint("c1");
        Assert.Equal((100u, true, "ready"), (endpoint.Identity, endpoint.IngressEnforced, endpoint.State));
        Assert.True(_node.Kernel.Policy.TryGet(PolicyKey.Of(endpoint.PolicyId, TrafficDirection.Ingress, 101), out _));
        Assert.False(_node.Agent!.GetStatus().ControlPlaneConnected);
    }

    [Fact]
    public async Task A_removal_that_the_control_plane_missed_is_reported_after_a_restart()
    {
        await StartAsync();
        await _node.AddAsync("c1", "web-0");
        _node.ControlPlane.GoAway();
        await _node.DeleteAsync("c1");
        await _node.StopAsync();
        _node.ControlPlane.ComeBack();
        await _node.StartAsync();
        await Eventually.IsTrue(() => _node.ControlPlane.Reports.Any(r => r is { ContainerId: "c1", Removed: true }), "removal reported");
        await _node.StopAsync();
        _node.ControlPlane.Reports.Clear();
        await _node.StartAsync();
        await Eventually.IsTrue(() => _node.Agent!.GetStatus().ControlPlaneConnected, "connected");
        Assert.Empty(_node.ControlPlane.Reports);
    }

    [Fact]
    public async Task A_pod_on_a_node_that_knows_no_policies_is_closed_until_it_does()
    {
        _node.ControlPlane.Publish(Records.Identity(100, "web"), Records.Pod("web-0", "web", 100));
        _node.ControlPlane.GoAway();
        await _node.StartAsync();
        await _node.AddAsync("c1", "web-0");
        var endpoint = _node.Endpoint("c1");
        Assert.Equal((5u, true, true, 0u), (endpoint.Identity, endpoint.IngressEnforced, endpoint.EgressEnforced, endpoint.PolicyId));
        Assert.Contains("no policies received", endpoint.Problem);
        _node.ControlPlane.ComeBack();
        await Eventually.IsTrue(() => _node.Endpoint("c1") is { Identity: 100, IngressEnforced: false, Problem: null }, "opened by the snapshot");
    }

    [Fact]
    public async Task A_restart_without_any_cache_keeps_old_verdicts_until_the_snapshot_is_there()
    {
        await StartAsync();
        await _node.PublishAsync(Records.Identity(101, "client"), Records.Allow("allow", "web", "client", 80));
        await _node.AddAsync("c1", "web-0");
        var before = _node.Endpoint("c1");
        await _node.StopAsync();
        _node.ControlPlane.GoAway();
        var forgotten = new List<Axoneme.Persistence.StoredRecord>();
        await foreach (var record in _node.Journal.ReadRecordsAsync(CancellationToken.None))
        {
            if (record.Kind == "cursor" || record.Kind.StartsWith("state/"))
            {
                forgotten.Add(record with { Deleted = true, Payload = default, Revision = _node.Journal.LastRevision + 1 + (ulong)forgotten.Count });
            }
        }

        await _node.Journal.CommitAsync(new() { Records = forgotten }, CancellationToken.None);
        await _node.StartAsync();
        Assert.True(_node.Kernel.Endpoints.TryGet(before.Ifindex, out var kept) && kept.PolicyId == before.PolicyId && kept.Identity == 100);
        Assert.True(_node.Kernel.Policy.TryGet(PolicyKey.Of(before.PolicyId, TrafficDirection.Ingress, 101), out _));
        _node.ControlPlane.ComeBack();
        await Eventually.IsTrue(() => _node.Agent!.GetStatus() is { ControlPlaneConnected: true } status && status.AppliedRevision == _node.ControlPlane.Revision, "caught up");
        Assert.Equal(before.PolicyId, _node.Endpoint("c1").PolicyId);
    }

    [Fact]
    public async Task A_lost_connection_is_resumed_where_it_ended()
    {
        await StartAsync();
        var cursor = _node.ControlPlane.Revision;
        _node.ControlPlane.GoAway();
        _node.ControlPlane.Publish(Records.Identity(101, "client"));
        _node.ControlPlane.ComeBack();
        await Eventually.IsTrue(() => _node.Agent!.GetStatus().AppliedRevision == cursor + 1, "caught up");
        Assert.Equal(cursor, _node.ControlPlane.Subscriptions.Last().Revision);
    }

    [Fact]
    public async Task After_a_loss_of_history_only_differences_are_written()
    {
        await StartAsync();
        await _node.PublishAsync(Records.Ip("10.2.0.5", 101, "node-b"), Records.Ip("10.2.0.6", 101, "node-b"));
        _node.Datapath.TakeOperations();
        var puts = _node.Kernel.Hosts.Puts;
        _node.ControlPlane.GoAway();
        _node.ControlPlane.Epoch = 8;
        _node.ControlPlane.Publish(Records.Gone(Records.Ip("10.2.0.6", 101, "node-b")));
        _node.ControlPlane.ComeBack();
        await Eventually.IsTrue(() => _node.ControlPlane.Acknowledged.Any(a => a.Epoch == 8), "snapshot applied");
        Assert.Equal(["delete hosts"], _node.Datapath.TakeOperations());
        Assert.Equal(puts, _node.Kernel.Hosts.Puts);
    }

    [Fact]
    public async Task A_report_that_is_refused_holds_up_no_other_and_is_repeated()
    {
        await StartAsync();
        _node.ControlPlane.RefusedPod = "web-0";
        await _node.AddAsync("c1", "web-0");
        await _node.AddAsync("c2", "web-1");
        await Eventually.IsTrue(() => _node.ControlPlane.Reports.Any(r => r.Pod == "web-1"), "the other is reported");
        await _node.PublishAsync(Records.Identity(101, "client"));
        Assert.DoesNotContain(_node.ControlPlane.Reports, r => r.Pod == "web-0");
        _node.ControlPlane.RefusedPod = null;
        await Eventually.IsTrue(() => _node.ControlPlane.Reports.Any(r => r.Pod == "web-0"), "the refused one is repeated");
    }

    [Fact]
    public async Task Label_sets_nobody_numbered_wait_as_init_and_are_closed()
    {
        await StartAsync();
        await _node.PublishAsync(Records.Pod("new-0", "new", 0));
        await _node.AddAsync("c1", "new-0");
        Assert.Equal((5u, "waiting-for-identity", true), (_node.Endpoint("c1").Identity, _node.Endpoint("c1").State, _node.Endpoint("c1").EgressEnforced));
        await _node.PublishAsync(Records.Identity(103, "new"));
        Assert.Equal((103u, "ready", false), (_node.Endpoint("c1").Identity, _node.Endpoint("c1").State, _node.Endpoint("c1").EgressEnforced));
    }

    [Fact]
    public async Task Own_addresses_are_host_and_other_nodes_are_remote_nodes()
    {
        await StartAsync();
        await _node.PublishAsync(Records.Node("node-b", "192.0.2.2"), Records.Node("node-a", "192.0.2.1", "198.51.100.1"));
        Assert.Equal(1u, Identity("192.0.2.1"));
        Assert.Equal(1u, Identity("198.51.100.1"));
        Assert.Equal(1u, Identity("10.1.0.1"));
        Assert.Equal(2u << 24 | 1, Identity("192.0.2.2"));
        await _node.PublishAsync(Records.Ip("192.0.2.2", 100, "node-b"));
        Assert.Equal(100u, Identity("192.0.2.2"));
    }

    [Fact]
    public async Task Two_hundred_pods_at_once_get_two_hundred_addresses()
    {
        await StartAsync();
        var results = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => Task.Run(() => _node.AddAsync($"c{i}"))));
        Assert.Equal(200, results.Select(TestNode.Ipv4).Distinct().Count());
        Assert.Equal(200, _node.Kernel.Endpoints.Count);
        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => Task.Run(() => _node.DeleteAsync($"c{i}"))));
        Assert.Equal(0, _node.Kernel.Endpoints.Count);
        Assert.Equal(0ul, _node.Agent!.GetStatus().Pools[0].InUse);
    }

    [Fact]
    public async Task Addresses_are_never_given_twice_over_random_adds_deletes_failures_and_restarts()
    {
        _node.Options = _node.Options with { PodCidr4 = IPNetwork.Parse("10.1.0.0/28"), PodCidr6 = null };
        await StartAsync();
        var random = new Random(4);
        var inUse = new Dictionary<string, string>();
        for (var step = 0; step < 150; step++)
        {
            var container = $"c{random.Next(20)}";
            switch (random.Next(10))
            {
                case < 5 when inUse.ContainsKey(container) || inUse.Count < 13:
                    var address = TestNode.Ipv4(await _node.AddAsync(container));
                    Assert.True(inUse.GetValueOrDefault(container, address) == address, $"step {step}: {container} had {inUse.GetValueOrDefault(container)}, got {address}");
                    Assert.DoesNotContain(inUse, other => other.Key != container && other.Value == address);
                    inUse[container] = address;
                    break;
                case < 8:
                    await _node.DeleteAsync(container);
                    inUse.Remove(container);
                    break;
                case 8 when !inUse.ContainsKey(container) && inUse.Count < 13:
                    _node.Network.FailNext = ("Configure", new Datapath.KernelException("interface: set up: no"));
                    await _node.FailAsync("add", _node.Call(container));
                    break;
                case 9:
                    await _node.StopAsync();
                    await _node.StartAsync();
                    break;
            }

            Assert.Equal((ulong)inUse.Count, _node.Agent!.GetStatus().Pools[0].InUse);
        }
    }

    [Fact]
    public async Task Removing_everything_leaves_no_interface_no_attachment_and_no_record()
    {
        await StartAsync();
        await _node.AddAsync("c1", "web-0");
        await _node.Agent!.RemoveEverythingAsync(CancellationToken.None);
        Assert.Empty(_node.Network.Pairs);
        Assert.Null(_node.Network.HostDevice);
        Assert.Empty(_node.Kernel.AttachedInterfaces());
        Assert.Equal(0, _node.Kernel.Endpoints.Count);
    }

    [Fact]
    public async Task Kernel_settings_go_back_to_what_they_were_before_the_first_run()
    {
        _node.Network.Settings["net/ipv4/ip_forward"] = "0";
        await StartAsync();
        await _node.StopAsync();
        _node.Network.Settings["net/ipv4/ip_forward"] = "7";
        _node.Network.Settings["net/ipv6/conf/all/forwarding"] = "0";
        await _node.StartAsync();
        await _node.Agent!.RemoveEverythingAsync(CancellationToken.None);
        Assert.Equal(
            [("net/ipv4/ip_forward", "0"), ("net/ipv6/conf/all/forwarding", "0")],
            _node.Network.Restored!.Select(setting => (setting.Key, setting.Value)).Order());
        await _node.StopAsync();
        _node.Network.Settings.Clear();
        await _node.StartAsync();
        await _node.Agent!.RemoveEverythingAsync(CancellationToken.None);
        Assert.Empty(_node.Network.Restored!);
    }

    [Fact]
    public async Task Programs_that_somebody_detached_are_attached_again()
    {
        _node.Options = _node.Options with { CompareInterval = TimeSpan.FromMilliseconds(50) };
        await StartAsync();
        await _node.AddAsync("c1", "web-0");
        await _node.AddAsync("c2");
        _node.Datapath.TakeOperations();
        var ifindex = _node.Endpoint("c1").Ifindex;
        _node.Kernel.Detach(ifindex);
        await Eventually.IsTrue(() => _node.Kernel.AttachedInterfaces().Contains(ifindex), "attached again");
        Assert.Equal([$"attach {ifindex}"], _node.Datapath.TakeOperations());
    }

    [Fact]
    public async Task A_refused_repair_of_an_attachment_is_shown_and_keeps_no_other_from_being_made()
    {
        _node.Options = _node.Options with { CompareInterval = TimeSpan.FromMilliseconds(200) };
        await StartAsync();
        await _node.AddAsync("c1", "web-0");
        await _node.AddAsync("c2");
        var (one, two) = (_node.Endpoint("c1").Ifindex, _node.Endpoint("c2").Ifindex);
        _node.Datapath.RefusedInterface = one;
        _node.Kernel.Detach(one);
        _node.Kernel.Detach(two);
        await Eventually.IsTrue(() => _node.Agent!.GetStatus().Problems.Any(p => p.Contains("attachments: endpoint") && p.Contains("were detached from")), "the refusal is shown");
        await Eventually.IsTrue(() => _node.Kernel.AttachedInterfaces().Contains(two), "the other is attached again");
        _node.Datapath.RefusedInterface = 0;
        await Eventually.IsTrue(() => _node.Kernel.AttachedInterfaces().Contains(one), "attached at a later turn");
    }

    private async Task StartAsync()
    {
        await _node.StartAsync();
        await _node.PublishAsync(Records.Identity(100, "web"), Records.Pod("web-0", "web", 100));
        _node.Datapath.TakeOperations();
    }

    private uint Identity(string address) => _node.Kernel.Hosts.TryGet(Key(address), out var entry) ? entry.Identity : 0;

    private static IpAddressKey Key(string address) => IpAddressKey.From(IPAddress.Parse(address));
}
