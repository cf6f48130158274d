using Axoneme.ControlPlane.Engine;
using Axoneme.Persistence;
using Axoneme.Persistence.InMemory;
using Axoneme.Persistence.Sqlite;
using Axoneme.Wire.State;
using Xunit;

namespace Axoneme.ControlPlane.Tests.Engine;

public sealed class InProcessEngineTests : IAsyncLifetime
{
    private readonly TestTime _time = new();
    private InMemoryJournal _journal = null!;
    private EngineFixture _engine = null!;

    public async Task InitializeAsync()
    {
        _journal = new InMemoryJournal(_time);
        _engine = await EngineFixture.StartAsync(() => _journal, _time);
    }

    public async Task DisposeAsync() => await _engine.DisposeAsync();

    [Fact]
    public async Task An_answer_comes_after_the_commit_and_the_record()
    {
        var reply = await _engine.AskAsync(Counter.At("a"), new Append("x"));

        Assert.Equal("x", reply.Text);
        Assert.Equal(1, _journal.CommitCount);
        var record = _engine.Log.Find(RecordKind.Config, "a")!;
        Assert.Equal(("x", 1UL), (record.Config.Value, record.Revision));
    }

    [Fact]
    public async Task Commands_that_are_ready_together_share_one_commit_and_one_revision()
    {
        var held = HoldCommits();
        var first = _engine.AskAsync(Counter.At("first"), new Append("x"));
        await held.Entered;
        var others = Enumerable.Range(0, 100).Select(i => _engine.AskAsync(Counter.At($"e{i % 10}"), new Append($"{i}."))).ToArray();
        held.Release();
        await Task.WhenAll([first, .. others]);

        Assert.Equal(2, _journal.CommitCount);
        Assert.Equal(2UL, _engine.Log.Head);
        Assert.Equal("7.17.27.37.47.57.67.77.87.97.", _engine.Log.Find(RecordKind.Config, "e7")!.Config.Value);
    }

    [Fact]
    public async Task Nothing_shows_while_the_commit_is_under_way()
    {
        var held = HoldCommits();
        var asked = _engine.AskAsync(Counter.At("a"), new Forward("x", "b"));
        await held.Entered;

        Assert.False(asked.IsCompleted);
        Assert.Null(_engine.Log.Find(RecordKind.Config, "a"));
        Assert.Equal(0UL, _engine.Log.Head);

        held.Release();
        await asked;
        Assert.NotNull(_engine.Log.Find(RecordKind.Config, "a"));
    }

    [Fact]
    public async Task When_the_journal_refuses_nothing_is_published_and_the_reason_is_given()
    {
        await _engine.AskAsync(Counter.At("a"), new Append("x"));
        _journal.FailCommit = _ => new JournalUnavailableException("disk full");

        var refused = await Assert.ThrowsAsync<JournalUnavailableException>(() => _engine.AskAsync(Counter.At("a"), new Append("lost")));

        Assert.Equal("disk full", refused.Message);
        Assert.Equal("disk full", _engine.Engine.Status.JournalFailure);
        Assert.Equal(1UL, _engine.Log.Head);
        _journal.FailCommit = null;
        await Waiting.UntilAsync(() => _engine.Engine.Status.JournalFailure is null, "the journal is found to take writes again");
        Assert.Equal("xy", (await _engine.AskAsync(Counter.At("a"), new Append("y"))).Text);
    }

    [Fact]
    public async Task An_effect_waits_until_the_journal_takes_writes_again()
    {
        _journal.FailCommit = commit => commit.Events.Any(e => e.Entity.Id == "b") ? new JournalUnavailableException("disk full") : null;
        await _engine.AskAsync(Counter.At("a"), new Forward("x", "b"));
        await Waiting.UntilAsync(() => _engine.Engine.Status.CommitFailures > 1, "the effect was tried more than once");

        _journal.FailCommit = null;

        await Waiting.UntilAsync(() => _engine.Log.Find(RecordKind.Config, "b")?.Config.Value == "x", "the effect arrived, once");
    }

    [Fact]
    public async Task A_poisonous_command_fails_only_its_sender()
    {
        var held = HoldCommits();
        var blocker = _engine.AskAsync(Counter.At("blocker"), new Append("x"));
        await held.Entered;
        var before = _engine.AskAsync(Counter.At("a"), new Append("1"));
        var poison = _engine.AskAsync(Counter.At("a"), new Explode());
        var after = _engine.AskAsync(Counter.At("a"), new Append("2"));
        held.Release();

        Assert.Contains("poison", (await Assert.ThrowsAsync<EntityFailedException>(() => poison)).Message);
        Assert.Equal("1", (await before).Text);
        Assert.Equal("12", (await after).Text);
        await blocker;
        var seen = await _engine.Engine.InspectAsync(Counter.At("a"), CancellationToken.None);
        Assert.Equal((1L, "poison", 2L), (seen!.Failures, seen.LastFailure, seen.Sequence));
        Assert.Equal(1, _engine.Engine.Status.CommandFailures);
    }

    [Fact]
    public async Task A_refused_command_stores_nothing_and_is_no_failure()
    {
        var refused = await Assert.ThrowsAsync<CommandRefusedException>(() => _engine.AskAsync(Counter.At("a"), new Refuse()));

        Assert.Equal("counter/a: not like this", refused.Message);
        Assert.Equal((0, 0L), (_journal.CommitCount, _engine.Engine.Status.CommandFailures));
    }

    [Fact]
    public async Task One_entitys_conflict_does_not_fail_those_that_shared_its_commit()
    {
        await _engine.AskAsync(Counter.At("owner"), new ClaimNumber(256));
        var held = HoldCommits();
        var blocker = _engine.AskAsync(Counter.At("blocker"), new Append("x"));
        await held.Entered;
        var thief = _engine.AskAsync(Counter.At("thief"), new ClaimNumber(256));
        var innocent = _engine.AskAsync(Counter.At("innocent"), new Append("ok"));
        held.Release();

        await Assert.ThrowsAsync<JournalConflictException>(() => thief);
        Assert.Equal("ok", (await innocent).Text);
        await blocker;
        Assert.Null(_engine.Log.Find(RecordKind.Config, "thief"));
    }

    [Fact]
    public async Task A_full_mailbox_is_a_clear_error()
    {
        await _engine.DisposeAsync();
        _engine = await EngineFixture.StartAsync(() => _journal, _time, new EngineOptions { MailboxCapacity = 3 });
        var held = HoldCommits();
        var blocker = _engine.AskAsync(Counter.At("blocker"), new Append("x"));
        await held.Entered;
        var waiting = Enumerable.Range(0, 3).Select(_ => _engine.AskAsync(Counter.At("a"), new Append("."))).ToArray();

        var full = await Assert.ThrowsAsync<MailboxFullException>(() => _engine.AskAsync(Counter.At("a"), new Append(".")));

        Assert.Contains("counter/a: 3 commands wait already", full.Message);
        held.Release();
        await Task.WhenAll([blocker, .. waiting]);
    }

    [Fact]
    public async Task An_idle_entity_leaves_memory_and_comes_back_with_its_state()
    {
        await _engine.DisposeAsync();
        _engine = await EngineFixture.StartAsync(
            () => _journal, _time, new EngineOptions { Tick = TimeSpan.FromMilliseconds(5), IdleTime = TimeSpan.FromMilliseconds(1) });
        await _engine.AskAsync(Counter.At("a"), new Append("x"));

        await Waiting.UntilAsync(() => _engine.Engine.Status.ActiveEntities == 0, "the entity left memory");

        Assert.Equal("x", (await _engine.AskAsync(Counter.At("a"), new Read())).Text);
    }

    [Fact]
    public async Task After_a_crash_state_comes_from_snapshot_and_events_and_outstanding_effects_are_sent()
    {
        using var directory = new TemporaryDirectory();
        var path = Path.Combine(directory.Path, "journal.db");
        await using var engine = await EngineFixture.StartAsync(() => SqliteJournal.Open(path), _time);
        for (var i = 0; i < 12; i++)  // snapshots after 5 and 10
        {
            await engine.AskAsync(Counter.At("a"), new Append($"{i}."));
        }
        await engine.AskAsync(Counter.At("a"), new Forward("x", "b"));
        await Waiting.UntilAsync(() => engine.Log.Find(RecordKind.Config, "b") is not null, "the effect arrived");
        var (epoch, head) = (engine.Log.Epoch, engine.Log.Head);

        await engine.CrashAndRestartAsync();

        Assert.Equal((epoch, "0.1.2.3.4.5.6.7.8.9.10.11.>b:x"), (engine.Log.Epoch, engine.Log.Find(RecordKind.Config, "a")!.Config.Value));
        Assert.Equal("0.1.2.3.4.5.6.7.8.9.10.11.>b:x", (await engine.AskAsync(Counter.At("a"), new Read())).Text);
        await Waiting.UntilAsync(() => engine.Log.Find(RecordKind.Config, "b")!.Config.Value == "xx", "the effect was sent again");
        Assert.Equal(head + 1, engine.Log.Head);
        var seen = await engine.Engine.InspectAsync(Counter.At("a"), CancellationToken.None);
        Assert.Equal((13L, 13UL, 0, 0L), (seen!.Sequence, seen.Revision - (head - 14), seen.MailboxDepth, seen.Failures));
        Assert.Equal(_time.GetUtcNow(), seen.LastEventTime);
    }

    [Fact]
    public async Task An_entity_whose_history_cannot_be_read_fails_alone_and_says_so()
    {
        await _engine.AskAsync(Counter.At("good"), new Append("x"));
        var broken = new StoredEvent(Counter.At("bad"), 1, "set", new byte[] { 0xff, 0xff }, _time.GetUtcNow());
        await _journal.CommitAsync(new JournalCommit { Events = [broken], FencingToken = 1 }, CancellationToken.None);
        await _engine.CrashAndRestartAsync();

        var failed = await Assert.ThrowsAsync<EntityFailedException>(() => _engine.AskAsync(Counter.At("bad"), new Read()));

        Assert.Contains("counter/bad: cannot be recovered at event 1", failed.Message);
        Assert.Equal("x", (await _engine.AskAsync(Counter.At("good"), new Read())).Text);
    }

    [Fact]
    public async Task Compaction_keeps_every_state()
    {
        for (var i = 0; i < 7; i++)
        {
            await _engine.AskAsync(Counter.At("a"), new Append($"{i}"));
        }
        _time.Advance(TimeSpan.FromDays(30));
        await _engine.Engine.CompactAsync(CancellationToken.None);

        var kept = await _journal.ReadEventsAsync(Counter.At("a"), 0, CancellationToken.None).Select(e => e.Sequence).ToArrayAsync();
        Assert.Equal([6L, 7], kept);
        await _engine.CrashAndRestartAsync();
        Assert.Equal("0123456", (await _engine.AskAsync(Counter.At("a"), new Read())).Text);
    }

    [Fact]
    public async Task A_stopped_engine_fails_what_waits()
    {
        var held = HoldCommits();
        var underWay = _engine.AskAsync(Counter.At("a"), new Append("x"));
        await held.Entered;
        var waiting = _engine.AskAsync(Counter.At("a"), new Append("y"));
        var stopping = _engine.Engine.DisposeAsync().AsTask();
        held.Release();
        await stopping;

        Assert.Equal("x", (await underWay).Text);
        await Assert.ThrowsAsync<EngineStoppedException>(() => waiting);
        await Assert.ThrowsAsync<EngineStoppedException>(() => _engine.AskAsync(Counter.At("a"), new Read()));
    }

    [Fact]
    public async Task An_unknown_kind_is_refused_naming_those_that_exist()
    {
        var unknown = await Assert.ThrowsAsync<UnknownEntityKindException>(() => _engine.AskAsync(new EntityAddress("pod", "a"), new Read()));

        Assert.Contains("there are counter", unknown.Message);
    }

    private HeldCommits HoldCommits()
    {
        var held = new HeldCommits();
        _journal.BeforeCommit = held.WaitAsync;
        return held;
    }
}
