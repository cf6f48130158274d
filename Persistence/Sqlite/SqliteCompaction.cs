using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Axoneme.Persistence.Sqlite;

/// <summary>Forgets events that a snapshot covers, and entities that have ended.</summary>
internal sealed class SqliteCompaction(SqliteConnection connection)
{
    public const int BatchSize = 256;

    /// <summary>Bytes in use, without pages that are free for reuse.</summary>
    public long LiveBytes =>
        (connection.Scalar("PRAGMA page_count") - connection.Scalar("PRAGMA freelist_count")) * connection.Scalar("PRAGMA page_size");

    public List<(EntityAddress Entity, long Sequence)> ListSnapshots()
    {
        using var command = connection.Statement("SELECT kind, id, sequence FROM snapshots");
        using var reader = command.ExecuteReader();
        var snapshots = new List<(EntityAddress, long)>();
        while (reader.Read())
        {
            snapshots.Add((new EntityAddress(reader.GetString(0), reader.GetString(1)), reader.GetInt64(2)));
        }
        return snapshots;
    }

    public long RemoveCovered((EntityAddress Entity, long Sequence)[] snapshots, DateTimeOffset before)
    {
        var time = SqliteJournal.ToMicroseconds(before);
        var removed = 0L;
        using var transaction = connection.BeginTransaction();
        using var events = connection.Statement(
            "DELETE FROM events WHERE kind = $kind AND id = $id AND sequence <= $sequence AND time < $before",
            ("$kind", ""), ("$id", ""), ("$sequence", 0L), ("$before", time));
        using var ended = connection.Statement(
            """
            DELETE FROM snapshots WHERE kind = $kind AND id = $id AND sequence = $sequence AND time < $before AND length(payload) = 0
              AND NOT EXISTS (SELECT 1 FROM events WHERE kind = $kind AND id = $id)
            """,
            ("$kind", ""), ("$id", ""), ("$sequence", 0L), ("$before", time));
        foreach (var (entity, sequence) in snapshots)
        {
            removed += Run(events, entity, sequence) + Run(ended, entity, sequence);
        }
        transaction.Commit();
        return removed;
    }

    /// <summary>Gives free pages back to the file system and empties the write-ahead log.</summary>
    public long ReturnFreePages()
    {
        // sqlite3_exec steps to the end; a command object would stop after the first page.
        Execute("PRAGMA incremental_vacuum");
        Execute("PRAGMA wal_checkpoint(TRUNCATE)");
        return 0;
    }

    private static int Run(SqliteCommand command, EntityAddress entity, long sequence)
    {
        command.Parameters["$kind"].Value = entity.Kind;
        command.Parameters["$id"].Value = entity.Id;
        command.Parameters["$sequence"].Value = sequence;
        return command.ExecuteNonQuery();
    }

    private void Execute(string sql)
    {
        var code = raw.sqlite3_exec(connection.Handle, sql, null, null, out var message);
        if (code != raw.SQLITE_OK)
        {
            throw SqliteFailure.Translate(connection.DataSource, sql, code, message);
        }
    }
}
