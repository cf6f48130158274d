using Axoneme.Datapath.Layout;
using Axoneme.NodeActors.Tests.Fakes;

namespace Axoneme.NodeActors.Tests.State;

/// <summary>In which order changes reach the kernel, and when the control plane hears of it.</summary>
public class CommitOrderTests : IAsyncLifetime
{
    private readonly TestNode _node = new();

    public async Task InitializeAsync()
    {
        await _node.StartAsync();
        await _node.PublishAsync(Records.Identity(100, "web"), Records.Identity(101, "client"), Records.Pod("web-0", "web", 100));
        await _node.AddAsync("c1", "web-0");
        _node.Datapath.TakeOperations();
    }

    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Fact]
    public async Task What_an_endpoint_points_to_is_written_before_it_and_removed_after_it()
    {
        await _node.PublishAsync(Records.Allow("allow", "web", "client", 80, 443), Records.Ip("10.2.0.5", 101, "node-b"));
        Assert.Equal(["put policy_ranges", "put policy", "put hosts", "put endpoints"], _node.Datapath.TakeOperations());
        await _node.PublishAsync(Records.Allow("allow", "web", "client", 8080));
        Assert.Equal(["put policy", "put endpoints", "delete policy"], _node.Datapath.TakeOperations());
    }

    [Fact]
    public async Task A_new_identity_is_in_the_policy_before_an_address_maps_to_it()
    {
        await _node.PublishAsync(Records.Allow("allow", "web", "other", 80));
        _node.Datapath.TakeOperations();
        var before = _node.Endpoint("c1");
        await _node.PublishAsync(Records.Identity(102, "other"), Records.Ip("10.2.0.6", 102, "node-b"));
        Assert.Equal(["put policy", "put hosts", "put endpoints"], _node.Datapath.TakeOperations());
        var after = _node.Endpoint("c1");
        Assert.Equal((before.PolicyId, before.PolicyRevision + 1), (after.PolicyId, after.PolicyRevision));
    }

    [Fact]
    public async Task An_identity_that_goes_leaves_the_addresses_before_the_policy()
    {
        await _node.PublishAsync(Records.Allow("allow", "web", "client", 80), Records.Ip("10.2.0.5", 101, "node-b"));
        _node.Datapath.TakeOperations();
        await _node.PublishAsync(Records.Gone(Records.Ip("10.2.0.5", 101, "node-b")), Records.Gone(Records.Identity(101, "client")));
        Assert.Equal(["delete hosts", "delete policy"], _node.Datapath.TakeOperations());
    }

    [Fact]
    public async Task A_prefix_is_judged_as_before_until_its_policy_is_in_force()
    {
        await _node.PublishAsync(Cidr("0.0.0.0/0"));
        _node.Datapath.TakeOperations();
        await _node.PublishAsync(Cidr("203.0.113.0/24"));
        Assert.Equal(["put policy", "put prefixes", "put endpoints", "delete policy"], _node.Datapath.TakeOperations());
        await _node.PublishAsync(Records.Gone(Cidr("203.0.113.0/24")));
        await Eventually.IsTrue(() => _node.Kernel.Prefixes.Count == 0 && _node.Kernel.Policy.Count == 0, "prefix and policy removed");
        var last = _node.Datapath.TakeOperations();
        Assert.Equal("put endpoints", last[0]);
        Assert.Contains("delete prefixes", last);
    }

    [Fact]
    public async Task A_revision_is_acknowledged_only_after_its_last_write_succeeded()
    {
        var failures = 6; // the batch, the single write after it, and some repetitions
        for (var i = 0; i < failures; i++)
        {
            _node.Kernel.Policy.FailNext(5);
        }

        var before = _node.ControlPlane.Revision;
        var revision = _node.ControlPlane.Publish(Records.Allow("allow", "web", "client", 80));
        await Eventually.IsTrue(() => _node.Agent!.GetStatus().Problems.Any(p => p.Contains("map policy: put")), "the problem is shown");
        Assert.All(_node.ControlPlane.Acknowledged, a => Assert.True(a.Revision <= before));
        Assert.DoesNotContain("put endpoints", _node.Datapath.TakeOperations());
        await Eventually.IsTrue(() => _node.ControlPlane.Acknowledged.Any(a => a.Revision == revision), "acknowledged after repetition");
        Assert.True(_node.Endpoint("c1").IngressEnforced);
        Assert.DoesNotContain(_node.Agent!.GetStatus().Problems, p => p.Contains("map policy"));
    }

    [Fact]
    public async Task A_label_change_reaches_the_endpoints_record_and_its_address()
    {
        await _node.PublishAsync(Records.Identity(102, "blue"), Records.Pod("web-0", "blue", 102));
        var endpoint = _node.Endpoint("c1");
        Assert.Equal(102u, endpoint.Identity);
        Assert.True(_node.Kernel.Endpoints.TryGet(endpoint.Ifindex, out var entry) && entry.Identity == 102);
        Assert.True(_node.Kernel.Hosts.TryGet(IpAddressKey.From(System.Net.IPAddress.Parse(endpoint.Ipv4!)), out var host) && host.Identity == 102 && host.Ifindex == endpoint.Ifindex);
        Assert.Equal(["put hosts", "put endpoints"], _node.Datapath.TakeOperations());
    }

    [Fact]
    public async Task A_policy_that_cannot_be_read_leaves_the_old_one_in_force_and_is_named()
    {
        await _node.PublishAsync(Records.Allow("allow", "web", "client", 80));
        var before = _node.Endpoint("c1");
        await _node.PublishAsync(Records.Policy("allow", "web", "\"surprise\":1"));
        Assert.Contains(_node.Agent!.GetStatus().Problems, p => p.Contains("policy NetworkPolicy/default/allow") && p.Contains("surprise"));
        Assert.Equal((before.PolicyId, true), (_node.Endpoint("c1").PolicyId, _node.Endpoint("c1").IngressEnforced));
    }

    [Fact]
    public async Task Foreign_changes_in_the_kernel_are_repaired()
    {
        await _node.StopAsync();
        _node.Options = _node.Options with { CompareInterval = TimeSpan.FromMilliseconds(50) };
        await _node.StartAsync();
        var endpoint = _node.Endpoint("c1");
        _node.Kernel.Endpoints.Clear();
        _node.Kernel.Hosts.Put(IpAddressKey.From(System.Net.IPAddress.Parse("10.9.9.9")), new IpcacheEntry { Identity = 1 });
        await Eventually.IsTrue(
            () => _node.Kernel.Endpoints.TryGet(endpoint.Ifindex, out _) && !_node.Kernel.Hosts.TryGet(IpAddressKey.From(System.Net.IPAddress.Parse("10.9.9.9")), out _),
            "maps repaired");
    }

    [Fact]
    public async Task A_commit_that_cannot_be_taken_in_is_made_good_by_a_snapshot_before_anything_is_acknowledged()
    {
        var lost = _node.ControlPlane.PublishDamaged(Records.Allow("allow", "web", "client", 80));
        var later = _node.ControlPlane.Publish(Records.Ip("10.2.0.5", 101, "node-b"));
        await Eventually.IsTrue(() => _node.ControlPlane.Acknowledged.Any(a => a.Revision >= lost), "acknowledged");
        Assert.Equal(0ul, _node.ControlPlane.Subscriptions.Last().Revision);
        Assert.All(_node.ControlPlane.Acknowledged, a => Assert.NotEqual(lost, a.Revision));
        Assert.Equal(later, _node.Agent!.GetStatus().AppliedRevision);
        Assert.True(_node.Endpoint("c1").IngressEnforced);
        Assert.DoesNotContain(_node.Agent.GetStatus().Problems, p => p.Contains("could not be taken in"));
        await _node.StopAsync();
        await _node.StartAsync();
        Assert.True(_node.Endpoint("c1").IngressEnforced);
    }

    [Fact]
    public async Task A_map_that_cannot_be_read_holds_up_acknowledgements_until_it_was_compared()
    {
        await _node.StopAsync();
        _node.ControlPlane.Acknowledged.Clear();
        _node.Datapath.Unreadable = "hosts";
        await _node.StartAsync();
        await Eventually.IsTrue(() => _node.Agent!.GetStatus().Problems.Any(p => p.Contains("map hosts: read: interrupted")), "the problem is shown");
        var revision = _node.ControlPlane.Publish(Records.Allow("allow", "web", "client", 80));
        await Eventually.IsTrue(() => _node.Endpoint("c1").IngressEnforced, "the policy is in force");
        Assert.Empty(_node.ControlPlane.Acknowledged);
        _node.Datapath.Unreadable = null;
        await Eventually.IsTrue(() => _node.ControlPlane.Acknowledged.Any(a => a.Revision == revision), "compared by a retry");
        Assert.DoesNotContain(_node.Agent!.GetStatus().Problems, p => p.Contains("interrupted"));
    }

    [Fact]
    public async Task A_map_that_cannot_be_read_later_is_compared_again_without_another_turn()
    {
        await _node.StopAsync();
        _node.Options = _node.Options with { CompareInterval = TimeSpan.FromMilliseconds(50) };
        await _node.StartAsync();
        _node.Datapath.Unreadable = "endpoints";
        await Eventually.IsTrue(() => _node.Agent!.GetStatus().Problems.Any(p => p.Contains("map endpoints: read: interrupted")), "the problem is shown");
        var revision = _node.ControlPlane.Publish(Records.Allow("allow", "web", "client", 80));
        await Eventually.IsTrue(() => _node.ControlPlane.Acknowledged.Any(a => a.Revision == revision), "commits are taken in meanwhile");
        _node.Datapath.Unreadable = null;
        await Eventually.IsTrue(() => !_node.Agent!.GetStatus().Problems.Any(p => p.Contains("interrupted")), "compared");
    }

    private static Axoneme.Wire.State.Record Cidr(string cidr) => Records.Policy("cidr", "web", $$"""
        "policyTypes":["Egress"],"egress":[{"to":[{"ipBlock":{"cidr":"{{cidr}}"} }]}]
        """);
}
