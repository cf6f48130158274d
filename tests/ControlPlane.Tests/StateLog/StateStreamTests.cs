using Axoneme.ControlPlane.Engine;
using Axoneme.ControlPlane.StateLog;
using Axoneme.Persistence;
using Axoneme.Persistence.InMemory;
using Axoneme.Wire.Node;
using Axoneme.Wire.State;
using Xunit;
using Record = Axoneme.Wire.State.Record;

namespace Axoneme.ControlPlane.Tests.StateLog;

public sealed class StateStreamTests
{
    private static readonly RevisionLogOptions s_small = new() { RecentCommits = 3 };
    private readonly TestTime _time = new();
    private readonly InMemoryJournal _journal;
    private RevisionLog _log = null!;
    private InProcessStateStream _stream = null!;

    public StateStreamTests()
    {
        _journal = new InMemoryJournal(_time);
    }

    [Fact]
    public async Task A_new_subscriber_gets_a_snapshot_and_then_every_commit_whole()
    {
        await OpenAsync();
        await CommitAsync(Put("a", "1"), Put("b", "1"));
        await CommitAsync(Delete("b"));
        await using var reader = Subscribe(new Cursor());

        Assert.Equal("snapshot 2: a=1@1", await NextAsync(reader));
        await CommitAsync(Put("a", "2"), Put("c", "1"));
        Assert.Equal("delta 3: a=2@3 c=1@3", await NextAsync(reader));
        await CommitAsync(Delete("c"));
        Assert.Equal("delta 4: c=-@4", await NextAsync(reader));
    }

    [Fact]
    public async Task An_empty_log_gives_an_empty_snapshot_once()
    {
        await OpenAsync();
        await using var reader = Subscribe(new Cursor());

        Assert.Equal("snapshot 0:", await NextAsync(reader));
        var next = NextAsync(reader);
        await CommitAsync(Put("a", "1"));
        Assert.Equal("delta 1: a=1@1", await next);
    }

    [Fact]
    public async Task A_subscriber_that_comes_back_gets_only_what_it_missed()
    {
        await OpenAsync();
        await CommitAsync(Put("a", "1"));
        await CommitAsync(Put("b", "1"));
        await CommitAsync(Put("a", "2"));
        await using var reader = Subscribe(At(1));

        Assert.Equal("delta 2: b=1@2", await NextAsync(reader));
        Assert.Equal("delta 3: a=2@3", await NextAsync(reader));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task From_further_back_than_recent_commits_the_changes_come_as_one_commit(bool afterRestart)
    {
        await OpenAsync();
        for (var i = 1; i <= 6; i++)
        {
            await CommitAsync(Put($"k{i % 3}", $"{i}"));
        }
        await CommitAsync(Delete("k1"));
        if (afterRestart)
        {
            await OpenAsync();
        }
        await using var reader = Subscribe(At(2));

        Assert.Equal("delta 7: k2=5@5 k0=6@6 k1=-@7", await NextAsync(reader));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Behind_the_tombstone_horizon_a_snapshot_comes(bool afterRestart)
    {
        await OpenAsync();
        await CommitAsync(Put("a", "1"), Put("b", "1"));
        await CommitAsync(Delete("b"));
        _time.Advance(TimeSpan.FromHours(2));
        _log.RemoveTombstones(_time.GetUtcNow() - TimeSpan.FromHours(1));
        await _journal.CompactAsync(JournalRetention.Default, CancellationToken.None);
        if (afterRestart)
        {
            await OpenAsync();
        }
        await using var behind = Subscribe(At(1));
        await using var current = Subscribe(At(2));

        Assert.Equal("snapshot 2: a=1@1", await NextAsync(behind));
        var next = NextAsync(current);
        await CommitAsync(Put("c", "1"));
        Assert.Equal("delta 3: c=1@3", await next);
    }

    [Theory]
    [InlineData(99, 1, "another epoch")]
    [InlineData(1, 77, "a revision that was never published")]
    public async Task A_cursor_of_another_history_gets_a_snapshot(ulong epoch, ulong revision, string because)
    {
        await OpenAsync();
        await CommitAsync(Put("a", "1"));
        await using var reader = Subscribe(new Cursor { Epoch = epoch, Revision = revision });

        Assert.True(await NextAsync(reader) == "snapshot 1: a=1@1", because);
    }

    [Fact]
    public async Task A_slow_subscriber_costs_no_memory_and_misses_nothing()
    {
        await OpenAsync();
        await using var slow = Subscribe(new Cursor());
        await NextAsync(slow);
        for (var i = 1; i <= 1000; i++)
        {
            await CommitAsync(Put($"k{i % 5}", $"{i}"));
        }

        Assert.Equal("delta 1000: k1=996@996 k2=997@997 k3=998@998 k4=999@999 k0=1000@1000", await NextAsync(slow));
    }

    [Fact]
    public async Task What_changes_nothing_gets_no_revision()
    {
        await OpenAsync();
        await CommitAsync(Put("a", "1"));

        Assert.Null(_log.Prepare([Put("a", "1"), Delete("never"), Put("b", "1"), Delete("b")], _time.GetUtcNow()));
        var prepared = _log.Prepare([Put("a", "2"), Put("a", "3")], _time.GetUtcNow());
        Assert.Equal("3", Assert.Single(prepared!.Commit.Records).Config.Value);
    }

    [Fact]
    public async Task A_conditional_deletion_spares_what_it_does_not_mean()
    {
        await OpenAsync();
        await CommitAsync(Put("a", "1"));

        Assert.Null(_log.Prepare([Delete("a") with { DeleteWhen = record => record.Config.Value == "2" }], _time.GetUtcNow()));
        Assert.NotNull(_log.Prepare([Delete("a") with { DeleteWhen = record => record.Config.Value == "1" }], _time.GetUtcNow()));
    }

    [Fact]
    public async Task Acknowledgements_are_kept_per_node_and_checked()
    {
        await OpenAsync();
        await CommitAsync(Put("a", "1"));
        await _stream.AcknowledgeAsync(new AppliedRevision { Node = "n1", Epoch = 1, Revision = 1 }, CancellationToken.None);
        await _stream.AcknowledgeAsync(new AppliedRevision { Node = "n2", Epoch = 9, Revision = 50 }, CancellationToken.None);

        Assert.Equal([("n1", 1UL, true), ("n2", 50UL, false)], _stream.Progress.Select(p => (p.Node, p.Revision, p.Current)));
        var ahead = new AppliedRevision { Node = "n1", Epoch = 1, Revision = 2 };
        await Assert.ThrowsAsync<ArgumentException>(() => _stream.AcknowledgeAsync(ahead, CancellationToken.None).AsTask());
        await Assert.ThrowsAsync<ArgumentException>(() => _stream.AcknowledgeAsync(new AppliedRevision(), CancellationToken.None).AsTask());
    }

    [Fact]
    public async Task A_cancelled_subscription_ends()
    {
        await OpenAsync();
        using var stop = new CancellationTokenSource();
        await using var reader = _stream.SubscribeAsync(new Cursor(), stop.Token).GetAsyncEnumerator();
        Assert.True(await reader.MoveNextAsync());
        var next = reader.MoveNextAsync();
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next.AsTask());
    }

    private async Task OpenAsync()
    {
        _log = await RevisionLog.LoadAsync(_journal, s_small, CancellationToken.None);
        _stream = new InProcessStateStream(_log, _time);
    }

    private async Task CommitAsync(params RecordChange[] changes)
    {
        var prepared = _log.Prepare(changes, _time.GetUtcNow())!;
        await _journal.CommitAsync(new JournalCommit { Records = prepared.Stored }, CancellationToken.None);
        _log.Publish(prepared);
    }

    private IAsyncEnumerator<Commit> Subscribe(Cursor cursor) => _stream.SubscribeAsync(cursor, CancellationToken.None).GetAsyncEnumerator();

    private Cursor At(ulong revision) => new() { Epoch = _log.Epoch, Revision = revision };

    private static async Task<string> NextAsync(IAsyncEnumerator<Commit> reader)
    {
        Assert.True(await reader.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(10)));
        var commit = reader.Current;
        var records = commit.Records.Select(r => $" {r.Key}={(r.Deleted ? "-" : r.Config.Value)}@{r.Revision}");
        return $"{(commit.Snapshot ? "snapshot" : "delta")} {commit.Revision}:{string.Concat(records)}";
    }

    private static RecordChange Put(string key, string value) =>
        new(RecordKind.Config, key, new Record { Config = new ConfigRecord { Value = value } });

    private static RecordChange Delete(string key) => new(RecordKind.Config, key, null);
}
