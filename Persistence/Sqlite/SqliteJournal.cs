using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;

namespace Axoneme.Persistence.Sqlite;

/// <summary>
/// The journal in one SQLite file (WAL, <c>synchronous=full</c>, mode 0600). One connection writes, through prepared statements;
/// readers use connections of their own and never wait for it. A lock file beside it keeps a second process out.
/// </summary>
public sealed class SqliteJournal : IJournal
{
    private readonly SqliteJournalFile _file;
    private readonly SqliteJournalWriter _writer;
    private readonly SqliteJournalOptions _options;
    private readonly SemaphoreSlim _writing = new(1, 1);
    private bool _disposed;

    private SqliteJournal(SqliteJournalFile file, SqliteJournalWriter writer, SqliteJournalOptions options)
    {
        _file = file;
        _writer = writer;
        _options = options;
    }

    /// <summary>Opens the journal at <paramref name="path"/>, creating it and its directory when missing.</summary>
    /// <exception cref="JournalDamagedException">The file is damaged, of a newer schema, or not a journal.</exception>
    /// <exception cref="JournalUnavailableException">The file cannot be opened, or another process uses it.</exception>
    public static SqliteJournal Open(string path, SqliteJournalOptions? options = null)
    {
        options ??= SqliteJournalOptions.Default;
        var file = SqliteJournalFile.Open(path, options);
        try
        {
            return new SqliteJournal(file, new SqliteJournalWriter(file), options);
        }
        catch (SqliteException failure)
        {
            file.Dispose();
            throw SqliteFailure.Translate(path, "open", failure);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public ulong Epoch => _writer.Epoch;

    public ulong LastRevision => _writer.LastRevision;

    public ulong TombstoneHorizon => _writer.TombstoneHorizon;

    public Task CommitAsync(JournalCommit commit, CancellationToken cancellationToken) =>
        WriteAsync(() =>
        {
            _writer.Commit(commit);
            return 0L;
        }, cancellationToken);

    public async ValueTask<StoredSnapshot?> LoadSnapshotAsync(EntityAddress entity, CancellationToken cancellationToken)
    {
        const string Sql = "SELECT sequence, payload, time FROM snapshots WHERE kind = $kind AND id = $id";
        await foreach (var row in ReadAsync(Sql, cancellationToken, ("$kind", entity.Kind), ("$id", entity.Id)).ConfigureAwait(false))
        {
            return new StoredSnapshot(entity, row.GetInt64(0), row.GetFieldValue<byte[]>(1), FromMicroseconds(row.GetInt64(2)));
        }
        return null;
    }

    public async IAsyncEnumerable<StoredEvent> ReadEventsAsync(
        EntityAddress entity, long afterSequence, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        const string Sql =
            "SELECT sequence, type, payload, time FROM events WHERE kind = $kind AND id = $id AND sequence > $after ORDER BY sequence";
        var rows = ReadAsync(Sql, cancellationToken, ("$kind", entity.Kind), ("$id", entity.Id), ("$after", afterSequence));
        await foreach (var row in rows.ConfigureAwait(false))
        {
            yield return new StoredEvent(
                entity, row.GetInt64(0), row.GetString(1), row.GetFieldValue<byte[]>(2), FromMicroseconds(row.GetInt64(3)));
        }
    }

    public async IAsyncEnumerable<EntityAddress> ListEntitiesAsync(
        string? kind, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        const string Sql =
            """
            SELECT kind, id FROM events WHERE $kind IS NULL OR kind = $kind
            UNION SELECT kind, id FROM snapshots WHERE $kind IS NULL OR kind = $kind ORDER BY kind, id
            """;
        await foreach (var row in ReadAsync(Sql, cancellationToken, ("$kind", kind ?? (object)DBNull.Value)).ConfigureAwait(false))
        {
            yield return new EntityAddress(row.GetString(0), row.GetString(1));
        }
    }

    public async IAsyncEnumerable<StoredRecord> ReadRecordsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        const string Sql = "SELECT kind, key, revision, deleted, payload, time FROM state_log ORDER BY revision, kind, key";
        await foreach (var row in ReadAsync(Sql, cancellationToken).ConfigureAwait(false))
        {
            yield return new StoredRecord(
                row.GetString(0), row.GetString(1), (ulong)row.GetInt64(2), row.GetInt64(3) != 0, row.GetFieldValue<byte[]>(4),
                FromMicroseconds(row.GetInt64(5)));
        }
    }

    public async Task<long> CompactAsync(JournalRetention retention, CancellationToken cancellationToken)
    {
        var now = _options.Time.GetUtcNow();
        var compaction = new SqliteCompaction(_file.Writer);
        var removed = await WriteAsync(() => _writer.RemoveTombstones(now - retention.TombstoneAge), cancellationToken).ConfigureAwait(false);

        // Over the byte bound the age allowed for covered events is halved until the journal fits or none is left to remove.
        var age = retention.EventAge;
        while (true)
        {
            removed += await RemoveCoveredEventsAsync(compaction, now - age, cancellationToken).ConfigureAwait(false);
            if (age == TimeSpan.Zero || compaction.LiveBytes <= retention.MaxBytes)
            {
                break;
            }
            age = age < TimeSpan.FromMinutes(1) ? TimeSpan.Zero : age / 2;
        }
        await WriteAsync(compaction.ReturnFreePages, cancellationToken).ConfigureAwait(false);
        return removed;
    }

    public async ValueTask DisposeAsync()
    {
        await _writing.WaitAsync().ConfigureAwait(false);
        try
        {
            if (!_disposed)
            {
                _disposed = true;
                _writer.Dispose();
                _file.Dispose();
            }
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>Test seam: makes the disk "full" after so many more pages. Returns the pages in use.</summary>
    internal long LimitPages(long extra)
    {
        var pages = _file.Writer.Scalar("PRAGMA page_count");
        _file.Writer.Execute($"PRAGMA max_page_count = {pages + extra}");
        return pages;
    }

    internal static long ToMicroseconds(DateTimeOffset time) =>
        (time.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks) / TimeSpan.TicksPerMicrosecond;

    private static DateTimeOffset FromMicroseconds(long time) => DateTimeOffset.UnixEpoch.AddTicks(time * TimeSpan.TicksPerMicrosecond);

    private async Task<long> RemoveCoveredEventsAsync(SqliteCompaction compaction, DateTimeOffset before, CancellationToken cancellationToken)
    {
        var removed = 0L;
        var snapshots = await WriteAsync(compaction.ListSnapshots, cancellationToken).ConfigureAwait(false);
        foreach (var batch in snapshots.Chunk(SqliteCompaction.BatchSize))
        {
            // The writer's turn is given back after every batch: commits do not wait for a whole compaction.
            removed += await WriteAsync(() => compaction.RemoveCovered(batch, before), cancellationToken).ConfigureAwait(false);
        }
        return removed;
    }

    private async Task<T> WriteAsync<T>(Func<T> write, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            // SQLite blocks its thread until the disk has the commit; the caller's thread stays free.
            return await Task.Run(write, CancellationToken.None).ConfigureAwait(false);
        }
        catch (SqliteException failure)
        {
            throw SqliteFailure.Translate(_file.Path, "write", failure);
        }
        finally
        {
            _writing.Release();
        }
    }

    private async IAsyncEnumerable<SqliteDataReader> ReadAsync(
        string sql, [EnumeratorCancellation] CancellationToken cancellationToken, params (string Name, object Value)[] parameters)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        await using var connection = _file.OpenReader();
        await using var command = connection.Statement(sql, parameters);
        await using var reader = Translated(() => command.ExecuteReader());
        while (Translated(reader.Read))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return reader;
        }
    }

    private T Translated<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (SqliteException failure)
        {
            throw SqliteFailure.Translate(_file.Path, "read", failure);
        }
    }
}
