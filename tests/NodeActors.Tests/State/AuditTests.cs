using Axoneme.Datapath.Layout;
using Axoneme.NodeActors.Local;
using Axoneme.NodeActors.Tests.Fakes;
using Axoneme.Persistence;

namespace Axoneme.NodeActors.Tests.State;

/// <summary>Audit mode of the node and of single endpoints, as the kernel's records have it.</summary>
public sealed class AuditTests : IAsyncLifetime
{
    private readonly TestNode _node = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Fact]
    public async Task It_is_switched_on_and_off_at_one_endpoint_and_changes_the_revision_each_time()
    {
        await StartAsync();
        var before = Entry("c1");
        Assert.True(await SetAsync("c1", enabled: true));
        var audited = Entry("c1");
        Assert.Equal((before.Flags | EndpointFlags.Audit, before.PolicyId), (audited.Flags, audited.PolicyId));
        Assert.NotEqual(before.PolicyRevision, audited.PolicyRevision);
        Assert.False(Entry("c2").Flags.HasFlag(EndpointFlags.Audit));
        Assert.Equal(1, _node.Agent!.GetStatus().EndpointsAudited);
        Assert.Equal((true, false), (_node.Endpoint("c1").PolicyAuditMode, _node.Endpoint("c2").PolicyAuditMode));
        Assert.True(await SetAsync("c1", enabled: false));
        Assert.Equal(before, Entry("c1"));
        Assert.Equal(0, _node.Agent!.GetStatus().EndpointsAudited);
    }

    [Fact]
    public async Task Endpoints_of_one_policy_still_share_it_when_one_is_audited()
    {
        await StartAsync();
        await SetAsync("c1", enabled: true);
        Assert.Equal(Entry("c1").PolicyId, Entry("c2").PolicyId);
        Assert.NotEqual(0u, Entry("c1").PolicyId);
    }

    [Fact]
    public async Task It_survives_a_restart_and_a_restart_touches_nothing()
    {
        await StartAsync();
        await SetAsync("c1", enabled: true);
        var (audited, other) = (Entry("c1"), Entry("c2"));
        await _node.StopAsync();
        _node.Datapath.TakeOperations();
        await _node.StartAsync();
        Assert.Empty(_node.Datapath.TakeOperations());
        Assert.Equal((audited, other), (Entry("c1"), Entry("c2")));
        Assert.True(_node.Endpoint("c1").PolicyAuditMode);
    }

    [Fact]
    public async Task It_survives_other_labels_and_another_policy()
    {
        await StartAsync();
        await SetAsync("c1", enabled: true);
        await _node.PublishAsync(Records.Identity(150, "api"), Records.Pod("web-0", "api", 150), Records.Allow("api", "api", "client", 443));
        Assert.Equal(150u, Entry("c1").Identity);
        Assert.True(Entry("c1").Flags.HasFlag(EndpointFlags.Audit | EndpointFlags.IngressEnforced));
    }

    [Fact]
    public async Task It_ends_with_its_endpoint()
    {
        await StartAsync();
        await SetAsync("c1", enabled: true);
        await _node.DeleteAsync("c1");
        await _node.AddAsync("c1", "web-0");
        Assert.False(Entry("c1").Flags.HasFlag(EndpointFlags.Audit));
    }

    [Fact]
    public async Task An_endpoint_nobody_has_is_told_apart()
    {
        await StartAsync();
        Assert.False(await _node.Agent!.SetAuditAsync(999, enabled: true));
    }

    [Fact]
    public async Task The_nodes_mode_holds_for_every_endpoint_and_one_may_differ()
    {
        _node.Options = _node.Options with { PolicyAuditMode = true };
        await StartAsync();
        Assert.True(Entry("c1").Flags.HasFlag(EndpointFlags.Audit) && Entry("c2").Flags.HasFlag(EndpointFlags.Audit));
        await SetAsync("c2", enabled: false);
        Assert.True(Entry("c1").Flags.HasFlag(EndpointFlags.Audit) && !Entry("c2").Flags.HasFlag(EndpointFlags.Audit));
    }

    [Fact]
    public async Task The_node_itself_follows_the_nodes_mode_and_its_own_setting_over_restarts()
    {
        _node.Options = _node.Options with { PolicyAuditMode = true, HostFirewall = true };
        await StartAsync();
        Assert.True(HostEntry().Flags.HasFlag(EndpointFlags.Audit));
        await _node.StopAsync();
        _node.Options = _node.Options with { PolicyAuditMode = false };
        await _node.StartAsync();
        Assert.False(HostEntry().Flags.HasFlag(EndpointFlags.Audit));
        Assert.True(await _node.Agent!.SetAuditAsync(HostEntry().Id, enabled: true));
        await _node.StopAsync();
        await _node.StartAsync();
        Assert.True(HostEntry().Flags.HasFlag(EndpointFlags.Audit));
    }

    [Fact]
    public async Task Without_any_state_a_restart_under_another_mode_changes_the_mode_and_nothing_else()
    {
        await StartAsync();
        var before = Entry("c1");
        await _node.StopAsync();
        var cursor = new StoredRecord(LocalStore.Kinds.Cursor, "state", _node.Journal.LastRevision + 1, Deleted: true, ReadOnlyMemory<byte>.Empty, DateTimeOffset.UnixEpoch);
        await _node.Journal.CommitAsync(new JournalCommit { Records = [cursor] }, CancellationToken.None);
        _node.ControlPlane.GoAway();
        _node.Options = _node.Options with { PolicyAuditMode = true };
        await _node.StartAsync();
        Assert.Equal(
            before with { Flags = before.Flags | EndpointFlags.Audit, PolicyRevision = before.PolicyRevision | EndpointEntry.AuditRevision }, Entry("c1"));
    }

    [Fact]
    public async Task A_journal_that_refuses_changes_nothing()
    {
        await StartAsync();
        var before = Entry("c1");
        _node.Journal.FailCommit = _ => new JournalUnavailableException("disk full");
        await Assert.ThrowsAsync<JournalUnavailableException>(() => SetAsync("c1", enabled: true));
        _node.Journal.FailCommit = null;
        Assert.Equal(before, Entry("c1"));
        Assert.False(_node.Endpoint("c1").PolicyAuditMode);
    }

    private async Task StartAsync()
    {
        await _node.StartAsync();
        await _node.PublishAsync(
            Records.Identity(100, "web"), Records.Identity(101, "client"), Records.Pod("web-0", "web", 100), Records.Pod("web-1", "web", 100),
            Records.Allow("allow", "web", "client", 80, 443));
        await _node.AddAsync("c1", "web-0");
        await _node.AddAsync("c2", "web-1");
    }

    private Task<bool> SetAsync(string container, bool enabled) => _node.Agent!.SetAuditAsync(_node.Endpoint(container).Id, enabled);

    private EndpointEntry Entry(string container) =>
        _node.Kernel.Endpoints.TryGet(_node.Endpoint(container).Ifindex, out var entry) ? entry : throw new InvalidOperationException($"{container} has no record");

    private EndpointEntry HostEntry() =>
        _node.Kernel.Endpoints.TryGet(EndpointEntry.HostInterface, out var entry) ? entry : throw new InvalidOperationException("the node has no record");
}
