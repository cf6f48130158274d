using Axoneme.ControlPlane.Engine;
using Axoneme.ControlPlane.Entities.Endpoints;
using Axoneme.ControlPlane.Entities.Identities;
using Axoneme.Persistence;
using Axoneme.Wire.State;
using Xunit;

namespace Axoneme.ControlPlane.Tests.Entities;

public sealed class IdentityShardTests
{
    private static readonly EntityAddress s_web = EndpointKind.AddressOf("default", "web");
    private static readonly EntityAddress s_db = EndpointKind.AddressOf("default", "db");
    private readonly Scenario _shard = new(new IdentityShardKind(), "3");

    [Fact]
    public void A_shard_without_numbers_asks_for_a_block_and_then_serves_who_waits()
    {
        _shard.When(new AcquireIdentity(Given.Labels("web"), s_web));
        Assert.Equal(new LeaseBlock(new EntityAddress("identity-shard", "3"), 1), Assert.Single(_shard.Effects));
        Assert.Equal(new AcquiredIdentity(0), _shard.Last.Reply);
        Assert.Equal(_shard.Effects, _shard.Recovered());

        _shard.When(new GrantBlock(1, 512));

        var assigned = Assert.IsType<IdentityAssigned>(Assert.Single(_shard.Effects));
        Assert.Equal(512u, assigned.Number);
        Assert.Equal(Given.Labels("web"), assigned.Labels);
        Assert.Equal(Given.Labels("web"), _shard.Records[(RecordKind.Identity, "512")].Identity.Labels);
        Assert.Equal((512u, false), Assert.Single(_shard.Last.Claims.Select(c => (c.Number, c.Released))));
        Assert.Empty(_shard.Recovered());
    }

    [Fact]
    public void One_label_set_has_one_number_however_many_hold_it()
    {
        Granted().When(new AcquireIdentity(Given.Labels("web"), s_web)).When(new AcquireIdentity(Given.Labels("web"), s_db));

        Assert.Equal(new AcquiredIdentity(512), _shard.Last.Reply);
        Assert.Equal(new AcquiredIdentity(513), _shard.When(new AcquireIdentity(Given.Labels("db"), s_db)).Last.Reply);
    }

    [Fact]
    public void A_block_that_comes_twice_is_taken_once()
    {
        Granted().When(new AcquireIdentity(Given.Labels("web"), s_web)).When(new GrantBlock(1, 512));

        Assert.Empty(_shard.Last.Events);
        Assert.Equal(new AcquiredIdentity(513), _shard.When(new AcquireIdentity(Given.Labels("db"), s_db)).Last.Reply);
    }

    [Fact]
    public void An_identity_outlives_its_last_holder_for_the_grace_period_and_comes_back_with_its_number()
    {
        var sweep = new SweepIdentities(TimeSpan.FromMinutes(10));
        Granted().When(new AcquireIdentity(Given.Labels("web"), s_web)).When(new ReleaseIdentity(Given.Labels("web"), s_web));
        _shard.Time += TimeSpan.FromMinutes(9);
        Assert.Empty(_shard.When(sweep).Last.Events);
        Assert.Equal(new AcquiredIdentity(512), _shard.When(new AcquireIdentity(Given.Labels("web"), s_db)).Last.Reply);
        _shard.Time += TimeSpan.FromHours(1);
        Assert.Empty(_shard.When(sweep).Last.Events);  // held again
        _shard.When(new ReleaseIdentity(Given.Labels("web"), s_db));
        _shard.Time += TimeSpan.FromMinutes(10);

        _shard.When(sweep);

        Assert.Empty(_shard.Records);
        Assert.Equal((512u, true), Assert.Single(_shard.Last.Claims.Select(c => (c.Number, c.Released))));
        Assert.Equal(new AcquiredIdentity(513), _shard.When(new AcquireIdentity(Given.Labels("web"), s_web)).Last.Reply);  // never 512 again
    }

    [Fact]
    public void Letting_go_twice_counts_once_and_is_confirmed_each_time()
    {
        Granted().When(new AcquireIdentity(Given.Labels("web"), s_web)).When(new AcquireIdentity(Given.Labels("web"), s_db));
        for (var i = 0; i < 2; i++)
        {
            _shard.When(new ReleaseIdentity(Given.Labels("web"), s_web));
            Assert.IsType<IdentityReleased>(Assert.Single(_shard.Effects));
        }
        _shard.Time += TimeSpan.FromDays(1);

        Assert.Empty(_shard.When(new SweepIdentities(TimeSpan.FromMinutes(10))).Last.Events);  // db holds it
    }

    [Fact]
    public void Exhaustion_is_told_to_everyone_who_waits()
    {
        _shard.When(new AcquireIdentity(Given.Labels("web"), s_web)).When(new AcquireIdentity(Given.Labels("db"), s_db));

        _shard.When(new RefuseBlock("exhausted"));

        Assert.Equal([s_web, s_db], _shard.Last.Effects.Select(e => e.To));
        Assert.All(_shard.Effects, effect => Assert.Equal("exhausted", Assert.IsType<IdentityRefused>(effect).Reason));
    }

    [Theory]
    [InlineData("the label set is empty")]
    [InlineData("is out of order or appears twice", "k8s:b=1", "k8s:a=1")]
    [InlineData("is out of order or appears twice", "k8s:a=1", "k8s:a=1")]
    [InlineData("has a line break", "k8s:a=1\nk8s:b=1")]
    public void A_label_set_that_is_no_set_is_refused(string reason, params string[] labels) =>
        Assert.Contains(reason, Granted().When(new AcquireIdentity(labels, s_web)).Last.Refusal);

    [Fact]
    public void The_allocator_leases_every_block_once_and_then_says_that_numbers_are_exhausted()
    {
        var allocator = new Scenario(new IdentityAllocatorKind(new IdentitySpace(clusterId: 2)), "numbers");
        var first = Enumerable.Range(0, 255)
            .Select(i => allocator.When(new LeaseBlock(new EntityAddress("identity-shard", $"{i % 16}"), (uint)(i / 16) + 1)))
            .Select(a => ((GrantBlock)a.Effects.Single()).First).ToArray();

        Assert.Equal(Enumerable.Range(1, 255).Select(i => (2u << 16) + ((uint)i * 256)), first);
        var again = allocator.When(new LeaseBlock(new EntityAddress("identity-shard", "0"), 1));
        Assert.Empty(again.Last.Events);
        Assert.Equal(new GrantBlock(1, first[0]), again.Effects.Single());
        var refused = allocator.When(new LeaseBlock(new EntityAddress("identity-shard", "0"), 99));
        Assert.Contains("identity numbers are exhausted", Assert.IsType<RefuseBlock>(refused.Effects.Single()).Reason);
    }

    [Theory]
    [InlineData(0, 255, 256, 65536)]
    [InlineData(1, 255, 65792, 131072)]
    [InlineData(511, 511, 16744704, 16777216)]
    public void A_clusters_numbers_lie_under_its_id(uint cluster, uint clusters, uint first, uint end)
    {
        var space = new IdentitySpace(cluster, clusters);

        Assert.Equal((first, end), (space.First, space.End));
    }

    [Fact]
    public void The_shard_of_a_label_set_never_changes()  // numbers in existing journals depend on it
    {
        Assert.Equal(new EntityAddress("identity-shard", "11"), new IdentityShards(16).ShardOf(Given.Labels("web")));
    }

    private Scenario Granted() => _shard.When(new GrantBlock(1, 512));
}
