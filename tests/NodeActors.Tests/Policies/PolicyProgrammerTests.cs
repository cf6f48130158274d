using Axoneme.Datapath.InMemory;
using Axoneme.Datapath.Layout;
using Axoneme.NodeActors.Maps;
using Axoneme.NodeActors.Policies;
using Axoneme.NodeActors.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Axoneme.NodeActors.Tests.Policies;

public class PolicyProgrammerTests
{
    private readonly InMemoryDatapath _kernel = new();
    private readonly ManualTime _time = new();
    private MapReconciler<PolicyKey, PolicyEntry> _map = null!;
    private MapReconciler<uint, PolicyRangeEntry> _ranges = null!;
    private IntervalStore _intervals = null!;
    private PolicyProgrammer _programmer = null!;

    public PolicyProgrammerTests() => Start(1);

    [Fact]
    public void Endpoints_with_equal_policies_share_their_entries()
    {
        var policy = Policy((100, 1), (101, 3));
        Assert.Empty(_programmer.Update(Wanted((1, policy), (2, Policy((101, 3), (100, 1)))), Nobody));
        Assert.Same(_programmer.Of(1), _programmer.Of(2));
        Flush();
        Assert.Equal(2, _kernel.Policy.Count);
    }

    [Fact]
    public void A_changed_policy_stands_beside_the_old_one_until_the_endpoints_have_left_it()
    {
        _programmer.Update(Wanted((1, Policy((100, 1)))), Nobody);
        Flush();
        var old = _programmer.Of(1)!.Id;
        _programmer.Update(Wanted((1, Policy((200, 1)))), Nobody);
        _ranges.WritePuts();
        _map.WritePuts();
        _map.WriteDeletes();
        Assert.NotEqual(old, _programmer.Of(1)!.Id);
        Assert.True(_kernel.Policy.TryGet(PolicyKey.Of(old, TrafficDirection.Ingress, 100), out _));
        Assert.True(_kernel.Policy.TryGet(PolicyKey.Of(_programmer.Of(1)!.Id, TrafficDirection.Ingress, 200), out _));
        _programmer.RetireUnused();
        _map.WriteDeletes();
        Assert.False(_kernel.Policy.TryGet(PolicyKey.Of(old, TrafficDirection.Ingress, 100), out _));
    }

    [Fact]
    public void A_new_identity_is_added_in_place_under_a_new_revision()
    {
        _programmer.Update(Wanted((1, Policy((100, 1)))), Nobody);
        Flush();
        var (id, revision) = (_programmer.Of(1)!.Id, _programmer.Of(1)!.Revision);
        _programmer.Update(Wanted((1, Policy((100, 1), (101, 1)))), identity => identity == 101);
        Flush();
        Assert.Equal((id, revision + 1), (_programmer.Of(1)!.Id, _programmer.Of(1)!.Revision));
        Assert.Equal(2, _kernel.Policy.Count);
    }

    [Fact]
    public void An_identity_that_is_gone_is_removed_in_place_without_judging_connections_again()
    {
        _programmer.Update(Wanted((1, Policy((100, 1), (101, 3)))), Nobody);
        Flush();
        var (id, revision) = (_programmer.Of(1)!.Id, _programmer.Of(1)!.Revision);
        _programmer.Update(Wanted((1, Policy((100, 1)))), identity => identity == 101);
        Flush();
        Assert.Equal((id, revision), (_programmer.Of(1)!.Id, _programmer.Of(1)!.Revision));
        Assert.Equal(1, _kernel.Policy.Count);
        Assert.Equal(0u, _intervals.InUse);
    }

    [Fact]
    public void A_known_identity_that_a_policy_newly_selects_is_no_change_in_place()
    {
        _programmer.Update(Wanted((1, Policy((100, 1)))), Nobody);
        var id = _programmer.Of(1)!.Id;
        _programmer.Update(Wanted((1, Policy((100, 1), (101, 1)))), identity => identity == 102);
        Assert.NotEqual(id, _programmer.Of(1)!.Id);
    }

    [Fact]
    public void A_shared_policy_is_not_changed_in_place_when_only_one_of_its_endpoints_changes()
    {
        var shared = Policy((100, 1));
        _programmer.Update(Wanted((1, shared), (2, shared)), Nobody);
        var id = _programmer.Of(1)!.Id;
        _programmer.Update(Wanted((1, shared), (2, Policy((100, 1), (101, 1)))), identity => identity == 101);
        Flush();
        Assert.Equal(id, _programmer.Of(1)!.Id);
        Assert.NotEqual(id, _programmer.Of(2)!.Id);
        Assert.Equal(3, _kernel.Policy.Count);
    }

    [Fact]
    public void A_policy_that_does_not_fit_leaves_the_old_one_in_force_and_names_the_map()
    {
        _programmer.Update(Wanted((1, Policy((100, 1)))), Nobody);
        Flush();
        var id = _programmer.Of(1)!.Id;
        var problems = _programmer.Update(Wanted((1, Policy(Enumerable.Range(1000, 70_000).Select(i => ((uint)i, 1)).ToArray())), (2, Policy((5, 1)))), Nobody);
        Assert.Contains("map policy is full", problems[1]);
        Assert.False(problems.ContainsKey(2));
        Assert.Equal(id, _programmer.Of(1)!.Id);
        Flush();
        Assert.True(_kernel.Policy.TryGet(PolicyKey.Of(id, TrafficDirection.Ingress, 100), out _));
        Assert.Equal(2, _kernel.Policy.Count);
    }

    [Fact]
    public void Interval_lists_that_do_not_fit_leave_nothing_behind()
    {
        var problems = _programmer.Update(Wanted((1, Policy((100, 3), (101, 70_000)))), Nobody);
        Assert.Contains("policy_ranges is full", problems[1]);
        Assert.Null(_programmer.Of(1));
        Flush();
        Assert.Equal(0, _kernel.Policy.Count);
        Assert.Equal(0u, _intervals.InUse);
    }

    [Fact]
    public void Lists_are_not_reused_while_an_unwritten_change_may_still_point_to_them()
    {
        _programmer.Update(Wanted((1, Policy((100, 40_000)))), Nobody);
        Flush();
        _programmer.Update(Wanted((1, Policy((200, 1)))), Nobody);
        _time.Advance(TimeSpan.FromSeconds(10)); // the kernel refuses writes meanwhile
        Assert.Contains("full", _programmer.Update(Wanted((1, Policy((200, 1))), (2, Policy((300, 40_001)))), Nobody)[2]);
        Flush();
        Assert.Contains("full", _programmer.Update(Wanted((1, Policy((200, 1))), (2, Policy((300, 40_001)))), Nobody)[2]);
        _time.Advance(IntervalStore.Grace);
        Assert.Empty(_programmer.Update(Wanted((1, Policy((200, 1))), (2, Policy((300, 40_001)))), Nobody));
    }

    [Fact]
    public void A_prefix_that_gets_its_own_identity_is_judged_as_before()
    {
        _programmer.Update(Wanted((1, Policy((9, 1), (100, 3)))), Nobody);
        var revision = _programmer.Of(1)!.Revision;
        Assert.True(_programmer.Inherit(1 << 24 | 1, 9));
        Flush();
        Assert.True(_kernel.Policy.TryGet(PolicyKey.Of(_programmer.Of(1)!.Id, TrafficDirection.Ingress, 1 << 24 | 1), out var entry));
        Assert.Equal(1u, entry.Count);
        Assert.Equal(revision, _programmer.Of(1)!.Revision);
    }

    [Fact]
    public void After_a_restart_an_equal_policy_keeps_its_id_its_revision_and_its_entries()
    {
        _programmer.Update(Wanted((1, Policy((100, 1), (101, 3)))), Nobody);
        _programmer.Update(Wanted((1, Policy((100, 1), (101, 3), (102, 3)))), identity => identity == 102);
        Flush();
        var before = _programmer.Of(1)!;
        _kernel.Endpoints.Put(7, new EndpointEntry { Id = 1, PolicyId = before.Id, PolicyRevision = before.Revision, Flags = EndpointFlags.IngressEnforced });
        var puts = (_kernel.Policy.Puts, _kernel.PolicyRanges.Puts);
        Start(2);
        _programmer.Adopt(KernelPolicies.Read(_kernel));
        _programmer.Update(Wanted((1, Policy((100, 1), (101, 3), (102, 3)))), Nobody);
        _map.Compare(countsAsDrift: false);
        _ranges.Compare(countsAsDrift: false);
        Flush();
        Assert.Equal((before.Id, before.Revision), (_programmer.Of(1)!.Id, _programmer.Of(1)!.Revision));
        Assert.Equal(puts, (_kernel.Policy.Puts, _kernel.PolicyRanges.Puts));
        Assert.Equal(3, _kernel.Policy.Count);
    }

    [Fact]
    public void After_a_restart_a_different_policy_gets_an_id_no_pinned_map_holds_and_the_old_one_is_pruned_last()
    {
        _programmer.Update(Wanted((1, Policy((100, 3)))), Nobody);
        Flush();
        var old = _programmer.Of(1)!.Id;
        _kernel.Endpoints.Put(7, new EndpointEntry { Id = 1, PolicyId = old, PolicyRevision = 1, Flags = EndpointFlags.IngressEnforced });
        Start(1); // the same block again: only the kernel's ids keep them apart
        _programmer.Adopt(KernelPolicies.Read(_kernel));
        _programmer.Update(Wanted((1, Policy((200, 3)))), Nobody);
        _ranges.WritePuts();
        _map.WritePuts();
        Assert.NotEqual(old, _programmer.Of(1)!.Id);
        Assert.Equal(2, _kernel.Policy.Count);
        Flush();
        Assert.Equal(1, _kernel.Policy.Count);
    }

    [Fact]
    public void Kernel_entries_that_point_nowhere_are_pruned_and_never_taken_for_a_policy()
    {
        _kernel.Policy.Put(PolicyKey.Of(77, TrafficDirection.Ingress, 1), new PolicyEntry(0, uint.MaxValue, default));
        _programmer.Adopt(KernelPolicies.Read(_kernel));
        _programmer.Update(Wanted((1, Policy((1, 1)))), Nobody);
        Flush();
        Assert.NotEqual(77u, _programmer.Of(1)!.Id);
        Assert.Equal(1, _kernel.Policy.Count);
    }

    private static bool Nobody(uint identity) => false;

    private static Dictionary<ushort, EndpointPolicy> Wanted(params (ushort Endpoint, EndpointPolicy Policy)[] wanted) => wanted.ToDictionary(w => w.Endpoint, w => w.Policy);

    /// <summary>An ingress policy: for each identity so many intervals.</summary>
    private static EndpointPolicy Policy(params (uint Identity, int Intervals)[] entries) => new(
        EndpointFlags.IngressEnforced,
        entries.ToDictionary(
            e => new PolicySlot(TrafficDirection.Ingress, e.Identity),
            e => new IntervalList(Enumerable.Range(0, e.Intervals).Select(i => new PolicyRangeEntry((uint)i * 2, (uint)i * 2, 1, e.Identity)))));

    private void Start(uint block)
    {
        _map = new(_kernel.Policy, NullLogger.Instance);
        _ranges = new(_kernel.PolicyRanges, NullLogger.Instance, removesStrangers: false);
        _intervals = new IntervalStore(_ranges, _time);
        _programmer = new PolicyProgrammer(_map, _intervals, new PolicyIds(block, KernelPolicies.Read(_kernel).Policies.ContainsKey));
    }

    private void Flush()
    {
        Assert.True(_ranges.WritePuts() && _map.WritePuts());
        _programmer.RetireUnused();
        Assert.True(_map.WriteDeletes());
        _programmer.ReleaseIntervals();
    }
}
