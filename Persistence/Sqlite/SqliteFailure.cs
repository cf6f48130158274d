using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Axoneme.Persistence.Sqlite;

/// <summary>Names what SQLite's result codes mean for a journal (https://www.sqlite.org/rescode.html).</summary>
internal static class SqliteFailure
{
    public static Exception Translate(string path, string operation, int code, string message, Exception? inner = null)
    {
        var what = $"journal {path}: {operation}: {message}";
        return (code & 0xff) switch
        {
            raw.SQLITE_CONSTRAINT => new JournalConflictException($"{what}; another writer's history got in the way, reload before writing again", inner),
            raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB => Damaged(path, message, inner),
            raw.SQLITE_FULL => new JournalUnavailableException($"{what}; free space on the volume", inner),
            raw.SQLITE_BUSY or raw.SQLITE_LOCKED => new JournalUnavailableException($"{what}; another process holds the file, stop it", inner),
            raw.SQLITE_READONLY or raw.SQLITE_CANTOPEN or raw.SQLITE_PERM =>
                new JournalUnavailableException($"{what}; check that the directory exists and is writable", inner),
            _ => new JournalUnavailableException($"{what}; see the kernel's log for the volume's errors", inner),
        };
    }

    public static Exception Translate(string path, string operation, SqliteException failure) =>
        Translate(path, operation, failure.SqliteErrorCode, failure.Message, failure);

    public static JournalDamagedException Damaged(string path, string finding, Exception? inner = null) =>
        new($"journal {path} is damaged: {finding}; restore a backup, or move the file away to start with an empty history", inner);
}
