using System.Net;
using Axoneme.NodeActors.State;
using Axoneme.NodeActors.Tests.Fakes;
using Axoneme.Wire.State;

namespace Axoneme.NodeActors.Tests.State;

public class NodeStateTests
{
    [Fact]
    public void A_snapshot_changes_only_what_differs_and_removes_what_it_does_not_hold()
    {
        var (state, _) = NodeState.Empty.Apply(Snapshot(1, Records.Identity(100, "a"), Records.Identity(101, "b"), Records.Ip("10.0.0.1", 100, "n")));
        var (next, changes) = state.Apply(Snapshot(9, Records.Identity(100, "a"), Records.Ip("10.0.0.1", 101, "n")));
        Assert.Equal([(RecordKind.Ip, "10.0.0.1", true), (RecordKind.Identity, "101", false)], changes.Select(c => (c.Kind, c.Key, c.New is not null)));
        Assert.Equal([100u], next.Identities.Keys);
        Assert.Equal(101u, next.Ips[IPAddress.Parse("10.0.0.1")].Identity);
        Assert.Equal(9ul, next.Cursor.Revision);
    }

    [Fact]
    public void An_address_that_moves_to_another_node_within_a_commit_is_the_new_ones()
    {
        var (state, _) = NodeState.Empty.Apply(Snapshot(1, Records.Node("a", "192.0.2.1"), Records.Node("b", "192.0.2.2")));
        var (next, _) = state.Apply(new Commit { Revision = 2, Records = { Records.Node("b", "192.0.2.1"), Records.Node("a", "192.0.2.3") } });
        Assert.Equal("b", next.NodeAddresses[IPAddress.Parse("192.0.2.1")]);
        Assert.Equal("a", next.NodeAddresses[IPAddress.Parse("192.0.2.3")]);
        Assert.False(next.NodeAddresses.ContainsKey(IPAddress.Parse("192.0.2.2")));
    }

    [Fact]
    public void A_label_set_that_moves_to_another_number_is_found_under_the_new_one()
    {
        var (state, _) = NodeState.Empty.Apply(Snapshot(1, Records.Identity(100, "a")));
        var labels = NodeState.LabelSet(state.Identities[100].Labels);
        var (next, _) = state.Apply(new Commit { Revision = 2, Records = { Records.Identity(200, "a"), Records.Gone(Records.Identity(100, "a")) } });
        Assert.Equal(200u, next.IdentityOfLabels[labels]);
    }

    [Fact]
    public void A_tombstone_of_something_never_seen_is_no_change()
    {
        var (_, changes) = NodeState.Empty.Apply(new Commit { Revision = 1, Records = { Records.Gone(Records.Identity(1000, "a")) } });
        Assert.Empty(changes);
    }

    private static Commit Snapshot(ulong revision, params Axoneme.Wire.State.Record[] records) => new() { Epoch = 1, Revision = revision, Snapshot = true, Records = { records } };
}
