using System.Diagnostics;
using Axoneme.Persistence.Sqlite;
using Microsoft.Data.Sqlite;
using Xunit;

namespace Axoneme.Persistence.Tests.Sqlite;

public sealed class SqliteJournalTests : JournalContractTests
{
    private readonly TestDirectory _directory = new();

    protected override IJournal Open() => SqliteJournal.Open(_directory.Journal, new SqliteJournalOptions { Time = Time });

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task Every_file_is_readable_by_its_owner_only()
    {
        await Journal.CommitAsync(new JournalCommit { Events = [Event(Web, 1)] }, None);

        var files = Directory.GetFiles(Path.GetDirectoryName(_directory.Journal)!);

        Assert.Equal(4, files.Length);  // database, lock, -wal, -shm
        Assert.All(files, file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file)));
    }

    [Fact]
    public async Task A_commit_survives_a_copy_taken_without_closing()
    {
        // What a kill -9 leaves behind: the database and its write-ahead log as they stand, nothing checkpointed.
        await Journal.CommitAsync(new JournalCommit { Events = [Event(Web, 1)], Records = [Record("POD", "default/web", 1)] }, None);
        var crashed = Path.Combine(_directory.Root, "crashed.db");
        File.Copy(_directory.Journal, crashed);
        File.Copy(_directory.Journal + "-wal", crashed + "-wal");

        await using var reopened = SqliteJournal.Open(crashed);

        Assert.Single(await reopened.ReadEventsAsync(Web, 0, None).ToListAsync());
        Assert.Equal(1UL, reopened.LastRevision);
        Assert.Equal(Journal.Epoch, reopened.Epoch);
    }

    [Fact]
    public async Task A_full_disk_is_named_and_stores_nothing_and_ends_when_there_is_space()
    {
        await Journal.CommitAsync(new JournalCommit { Events = [Event(Web, 1)] }, None);
        await Journal.DisposeAsync();
        await using var journal = SqliteJournal.Open(_directory.Journal);
        var pages = journal.LimitPages(extra: 4);
        var large = new JournalCommit { Events = [Event(Web, 2), Event(Web, 3, "large", new byte[1 << 20])], Records = [Record("POD", "x", 5)] };

        var full = await Assert.ThrowsAsync<JournalUnavailableException>(() => journal.CommitAsync(large, None));

        Assert.Contains("full", full.Message);
        Assert.Single(await journal.ReadEventsAsync(Web, 0, None).ToListAsync());
        Assert.Equal(0UL, journal.LastRevision);
        journal.LimitPages(extra: pages + 1000);
        await journal.CommitAsync(large, None);
        Assert.Equal(3, (await journal.ReadEventsAsync(Web, 0, None).ToListAsync()).Count);
    }

    [Fact]
    public void A_second_process_is_kept_out_with_a_clear_message()
    {
        var refused = Assert.Throws<JournalUnavailableException>(() => SqliteJournal.Open(_directory.Journal));

        Assert.Contains("stop the other process", refused.Message);
    }

    [Fact]
    public async Task A_damaged_file_is_refused_and_left_as_it_is()
    {
        for (var i = 1; i <= 200; i++)
        {
            await Journal.CommitAsync(new JournalCommit { Events = [Event(Web, i, "e", new byte[200])] }, None);
        }
        await Journal.DisposeAsync();
        var bytes = await File.ReadAllBytesAsync(_directory.Journal);
        for (var page = bytes.Length / 4096 / 2; page < bytes.Length / 4096; page++)
        {
            Array.Fill(bytes, (byte)0xa5, page * 4096, 512);
        }
        await File.WriteAllBytesAsync(_directory.Journal, bytes);

        var refused = Assert.Throws<JournalDamagedException>(() => SqliteJournal.Open(_directory.Journal));

        Assert.Contains("restore a backup", refused.Message);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(_directory.Journal));
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_refused()
    {
        await Journal.DisposeAsync();
        await File.WriteAllTextAsync(_directory.Journal, string.Concat(Enumerable.Repeat("these are not the pages you are looking for\n", 200)));

        Assert.Throws<JournalDamagedException>(() => SqliteJournal.Open(_directory.Journal));
    }

    [Fact]
    public async Task A_newer_schema_is_refused()
    {
        await Journal.DisposeAsync();
        await using (var connection = new SqliteConnection($"Data Source={_directory.Journal};Pooling=False"))
        {
            connection.Open();
            connection.Execute("INSERT INTO schema_version VALUES(99, 0)");
        }

        Assert.Contains("newer", Assert.Throws<JournalDamagedException>(() => SqliteJournal.Open(_directory.Journal)).Message);
    }

    [Fact]
    public async Task Over_the_byte_bound_covered_events_go_whatever_their_age_and_the_file_shrinks()
    {
        for (var i = 0; i < 64; i++)
        {
            await Journal.CommitAsync(new JournalCommit { Events = [Event(Web, i + 1, "e", new byte[32 << 10])] }, None);
        }
        await Journal.CommitAsync(new JournalCommit { Snapshots = [new StoredSnapshot(Web, 60, new byte[] { 1 }, Time.Now)] }, None);
        Time.Now += TimeSpan.FromSeconds(1);

        var removed = await Journal.CompactAsync(JournalRetention.Default with { MaxBytes = 1 << 20 }, None);

        Assert.Equal(60, removed);
        Assert.Equal([61L, 62, 63, 64], (await Journal.ReadEventsAsync(Web, 0, None).ToListAsync()).Select(e => e.Sequence));
        Assert.InRange(new FileInfo(_directory.Journal).Length, 1, 1 << 20);
    }

    [Fact]
    public async Task Readers_do_not_wait_for_the_writer()
    {
        await Journal.CommitAsync(new JournalCommit { Events = [Event(Web, 1), Event(Web, 2)] }, None);

        await foreach (var seen in Journal.ReadEventsAsync(Web, 0, None))
        {
            await Journal.CommitAsync(new JournalCommit { Events = [Event(Web, seen.Sequence + 10)] }, None);
        }

        Assert.Equal(4, (await Journal.ReadEventsAsync(Web, 0, None).ToListAsync()).Count);
    }

    [Fact]
    public async Task Opening_an_existing_journal_is_cheap()
    {
        await Journal.CommitAsync(new JournalCommit { Records = [.. Enumerable.Range(1, 100).Select(i => Record("IP", $"{i}", (ulong)i))] }, None);
        var best = TimeSpan.MaxValue;
        for (var i = 0; i < 5; i++)
        {
            await Journal.DisposeAsync();
            var started = Stopwatch.GetTimestamp();
            await ReopenAsync();
            best = TimeSpan.FromTicks(Math.Min(best.Ticks, Stopwatch.GetElapsedTime(started).Ticks));
        }

        Assert.InRange(best, TimeSpan.Zero, TimeSpan.FromMilliseconds(20));
    }
}
