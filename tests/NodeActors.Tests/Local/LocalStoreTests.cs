using System.Net;
using Axoneme.NodeActors.Identities;
using Axoneme.NodeActors.Local;
using Axoneme.NodeActors.Tests.Fakes;
using Axoneme.Persistence;
using Axoneme.Persistence.InMemory;
using Microsoft.Extensions.Logging.Abstractions;

namespace Axoneme.NodeActors.Tests.Local;

public sealed class LocalStoreTests : IAsyncLifetime
{
    private readonly InMemoryJournal _journal = new();
    private readonly ManualTime _time = new();
    private LocalStore _store = null!;

    public Task InitializeAsync()
    {
        Start();
        return Task.CompletedTask;
    }

    public async Task DisposeAsync() => await _store.DisposeAsync();

    [Fact]
    public async Task What_was_written_is_read_back_after_a_restart()
    {
        await _store.CommitAsync(
            new LocalChange(LocalStore.Kinds.Endpoint, "c1/eth0/1", new LocalEndpoint { Id = 1, ContainerId = "c1" }),
            new LocalChange(LocalStore.Kinds.PolicyIds, "next", new PolicyIdBlock { Next = 4 }),
            new LocalChange(LocalStore.Kinds.PrefixIdentity, "10.0.0.0/8", new LocalIdentity { Number = 1 << 24 | 3 }));
        await _store.CommitAsync(new LocalChange(LocalStore.Kinds.Endpoint, "c2/eth0/2", new LocalEndpoint { Id = 2 }));
        await _store.CommitAsync(new LocalChange(LocalStore.Kinds.Endpoint, "c2/eth0/2", null));
        await _store.DisposeAsync();
        Start();
        var contents = await LocalContents.ReadAsync(_journal, CancellationToken.None);
        Assert.Equal(["c1"], contents.Endpoints.Select(e => e.ContainerId));
        Assert.Equal(4u, contents.PolicyIdBlock);
        Assert.Equal(1u << 24 | 3, contents.Prefixes[IPNetwork.Parse("10.0.0.0/8")]);
        Assert.Null(contents.State);
    }

    [Fact]
    public async Task Writes_that_wait_together_are_one_commit()
    {
        var gate = new TaskCompletionSource();
        _journal.BeforeCommit = () => gate.Task;
        var first = _store.CommitAsync(Change("a", 1));
        await Eventually.IsTrue(() => _store.Status.MailboxDepth == 0, "the first is under way");
        var others = Enumerable.Range(0, 20).Select(i => _store.CommitAsync(Change($"b{i}", 1))).ToArray();
        gate.SetResult();
        await Task.WhenAll([first, .. others]);
        Assert.Equal(2, _journal.CommitCount);
    }

    [Fact]
    public async Task A_refused_write_fails_who_waits_for_it_and_is_repeated_when_nobody_does()
    {
        _journal.FailCommit = _ => new JournalUnavailableException("disk full");
        await Assert.ThrowsAsync<JournalUnavailableException>(() => _store.CommitAsync(Change("waited", 1)));
        _store.Enqueue(Change("owed", 1));
        await Eventually.IsTrue(() => _store.Status is { MailboxDepth: 0, Failure: not null }, "refused");
        _store.Enqueue(Change("owed", 2));
        await Eventually.IsTrue(() => _store.Status.Handled == 3, "refused again");
        _journal.FailCommit = null;
        _time.Advance(TimeSpan.FromMinutes(1));
        await Eventually.IsTrue(() => _store.Status is { Handled: 4, Failure: null }, "repeated");
        var contents = new Dictionary<string, StoredRecord>();
        await foreach (var record in _journal.ReadRecordsAsync(CancellationToken.None))
        {
            contents.Add(record.Key, record);
        }

        Assert.Equal(["owed"], contents.Keys);
        Assert.Equal(2u, PolicyIdBlock.Parser.ParseFrom(contents["owed"].Payload.Span).Next);
    }

    [Fact]
    public async Task A_stopped_store_refuses_writes()
    {
        await _store.DisposeAsync();
        await Assert.ThrowsAsync<JournalUnavailableException>(() => _store.CommitAsync(Change("late", 1)));
    }

    [Fact]
    public void A_prefix_keeps_its_number_while_in_use_and_a_number_comes_back_late()
    {
        var identities = new PrefixIdentities(_store, []);
        var (wide, narrow) = (IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("10.1.0.0/16"));
        Assert.Equal([new(1u << 24 | 1, wide), new(1u << 24 | 2, narrow)], identities.Update([narrow, wide]));
        Assert.Equal(1u << 24 | 1, identities.EnclosingIdentity(narrow));
        Assert.Equal(9u, identities.EnclosingIdentity(wide));
        Assert.Equal(10u, identities.EnclosingIdentity(IPNetwork.Parse("fd00::/8")));
        Assert.Empty(identities.Update([narrow]));
        Assert.Empty(identities.Update([narrow, wide])); // came back before it was forgotten
        Assert.Equal(1u << 24 | 1, identities.Numbers[wide]);
        identities.Update([narrow]);
        Assert.Equal([1u << 24 | 1], identities.Forget());
        Assert.Equal([new(1u << 24 | 3, wide)], identities.Update([narrow, wide]));
    }

    private void Start()
    {
        _store = new LocalStore(_journal, _time, NullLogger<LocalStore>.Instance);
        _store.Start();
    }

    private static LocalChange Change(string key, uint value) => new("test", key, new PolicyIdBlock { Next = value });
}
