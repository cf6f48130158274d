using Xunit;

namespace Axoneme.Persistence.Tests;

/// <summary>What every journal must do; run against each implementation.</summary>
public abstract class JournalContractTests : IAsyncLifetime
{
    protected static readonly EntityAddress Web = new("endpoint", "default/web");
    protected static readonly CancellationToken None = CancellationToken.None;
    private protected readonly ManualTime Time = new(ManualTime.Start);

    protected IJournal Journal { get; private set; } = null!;

    protected abstract IJournal Open();

    public Task InitializeAsync()
    {
        Journal = Open();
        return Task.CompletedTask;
    }

    public virtual async Task DisposeAsync() => await Journal.DisposeAsync();

    [Fact]
    public async Task A_commit_is_read_back_after_reopening()
    {
        await Journal.CommitAsync(new JournalCommit
        {
            Events = [Event(Web, 1, "applied", 7), Event(Web, 2, "assigned")],
            Snapshots = [new StoredSnapshot(Web, 1, new byte[] { 1, 2 }, Time.Now)],
            Records = [Record("POD", "default/web", 1), Record("IP", "10.0.0.1", 1, deleted: true)],
        }, None);
        var epoch = Journal.Epoch;
        await ReopenAsync();

        Assert.Equal(epoch, Journal.Epoch);
        Assert.NotEqual(0UL, epoch);
        Assert.Equal(1UL, Journal.LastRevision);
        var events = await Journal.ReadEventsAsync(Web, 0, None).ToListAsync();
        Assert.Equal([(1L, "applied"), (2L, "assigned")], events.Select(e => (e.Sequence, e.Type)));
        Assert.Equal([7], events[0].Payload.ToArray());
        Assert.Empty(events[1].Payload.ToArray());
        Assert.Equal(Time.Now, events[0].Time);
        Assert.Equal([2L], (await Journal.ReadEventsAsync(Web, 1, None).ToListAsync()).Select(e => e.Sequence));
        Assert.Equal([1, 2], (await Journal.LoadSnapshotAsync(Web, None))!.Payload.ToArray());
        var records = await Journal.ReadRecordsAsync(None).ToListAsync();
        Assert.Equal([("IP", true), ("POD", false)], records.Select(r => (r.Kind, r.Deleted)).Order());
    }

    [Fact]
    public async Task A_taken_sequence_refuses_the_whole_commit()
    {
        await Journal.CommitAsync(new JournalCommit { Events = [Event(Web, 1)] }, None);
        var commit = new JournalCommit { Events = [Event(Web, 2), Event(Web, 1)], Records = [Record("POD", "x", 1)] };

        await Assert.ThrowsAsync<JournalConflictException>(() => Journal.CommitAsync(commit, None));

        Assert.Single(await Journal.ReadEventsAsync(Web, 0, None).ToListAsync());
        Assert.Empty(await Journal.ReadRecordsAsync(None).ToListAsync());
        Assert.Equal(0UL, Journal.LastRevision);
    }

    [Theory]
    [InlineData(256, "b", "the number is taken")]
    [InlineData(257, "a", "the labels are taken")]
    public async Task An_identity_claim_must_be_unique(uint number, string labels, string because)
    {
        await Journal.CommitAsync(Claims(new IdentityClaim(256, "a", Released: false)), None);

        var refused = await Xunit.Record.ExceptionAsync(() => Journal.CommitAsync(Claims(new IdentityClaim(number, labels, false)), None));

        Assert.True(refused is JournalConflictException, because);
        await Journal.CommitAsync(Claims(new IdentityClaim(256, "a", Released: true), new IdentityClaim(number, labels, false)), None);
    }

    [Fact]
    public async Task A_writer_with_an_older_fencing_number_is_refused()
    {
        await Journal.CommitAsync(new JournalCommit { FencingToken = 7 }, None);
        await ReopenAsync();

        await Assert.ThrowsAsync<JournalConflictException>(() => Journal.CommitAsync(new JournalCommit { FencingToken = 6 }, None));
        await Journal.CommitAsync(new JournalCommit { FencingToken = 7 }, None);
    }

    [Fact]
    public async Task Entities_are_listed_by_kind_from_events_and_snapshots()
    {
        var shard = new EntityAddress("identity-shard", "3");
        await Journal.CommitAsync(
            new JournalCommit { Events = [Event(Web, 1)], Snapshots = [new StoredSnapshot(shard, 9, new byte[] { 1 }, Time.Now)] }, None);

        Assert.Equal([Web, shard], await Journal.ListEntitiesAsync(null, None).ToListAsync());
        Assert.Equal([shard], await Journal.ListEntitiesAsync("identity-shard", None).ToListAsync());
    }

    [Fact]
    public async Task Compaction_removes_covered_events_and_tombstones_that_are_old()
    {
        await Journal.CommitAsync(new JournalCommit
        {
            Events = [Event(Web, 1), Event(Web, 2), Event(Web, 3)],
            Snapshots = [new StoredSnapshot(Web, 2, new byte[] { 1 }, Time.Now)],
            Records = [Record("POD", "live", 1), Record("POD", "dead", 1, deleted: true)],
        }, None);
        Assert.Equal(0, await Journal.CompactAsync(JournalRetention.Default, None));

        Time.Now += TimeSpan.FromDays(8);
        Assert.Equal(3, await Journal.CompactAsync(JournalRetention.Default, None));

        Assert.Equal([3L], (await Journal.ReadEventsAsync(Web, 0, None).ToListAsync()).Select(e => e.Sequence));
        Assert.Equal(["live"], (await Journal.ReadRecordsAsync(None).ToListAsync()).Select(r => r.Key));
        await ReopenAsync();
        Assert.Equal(1UL, Journal.TombstoneHorizon);
        Assert.Equal(1UL, Journal.LastRevision);
    }

    [Fact]
    public async Task Compaction_forgets_an_entity_that_ended_but_not_one_that_lives_again()
    {
        var again = new EntityAddress("endpoint", "default/again");
        await Journal.CommitAsync(new JournalCommit
        {
            Events = [Event(Web, 1), Event(again, 1), Event(again, 2)],
            Snapshots = [new StoredSnapshot(Web, 1, default, Time.Now), new StoredSnapshot(again, 1, default, Time.Now)],
        }, None);
        Time.Now += TimeSpan.FromDays(8);

        await Journal.CompactAsync(JournalRetention.Default, None);

        Assert.Equal([again], await Journal.ListEntitiesAsync(null, None).ToListAsync());
        Assert.NotNull(await Journal.LoadSnapshotAsync(again, None));
    }

    protected StoredEvent Event(EntityAddress entity, long sequence, string type = "e", params byte[] payload) =>
        new(entity, sequence, type, payload, Time.Now);

    protected StoredRecord Record(string kind, string key, ulong revision, bool deleted = false) =>
        new(kind, key, revision, deleted, deleted ? default : new byte[] { 1 }, Time.Now);

    protected async Task ReopenAsync()
    {
        await Journal.DisposeAsync();
        Journal = Open();
    }

    private static JournalCommit Claims(params IdentityClaim[] claims) => new() { IdentityClaims = claims };
}
