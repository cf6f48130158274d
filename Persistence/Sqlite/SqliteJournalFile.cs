using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Axoneme.Persistence.Sqlite;

/// <summary>The journal's file: created private, locked against a second process, checked, migrated.</summary>
internal sealed class SqliteJournalFile : IDisposable
{
    private readonly FileStream _lock;
    private readonly string _readerConnectionString;

    private SqliteJournalFile(string path, FileStream @lock, SqliteConnection writer)
    {
        Path = path;
        _lock = @lock;
        Writer = writer;
        _readerConnectionString = new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = SqliteOpenMode.ReadOnly,
            Pooling = true,
        }.ToString();
    }

    public string Path { get; }

    public SqliteConnection Writer { get; }

    public static SqliteJournalFile Open(string path, SqliteJournalOptions options)
    {
        SqliteNative.EnsureBound();
        FileStream? @lock = null;
        SqliteConnection? writer = null;
        try
        {
            @lock = CreateAndLock(path);
            writer = new SqliteConnection(
                new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadWrite, Pooling = false }.ToString());
            writer.Open();
            Prepare(writer, path, options);
            return new SqliteJournalFile(path, @lock, writer);
        }
        catch (Exception failure)
        {
            writer?.Dispose();
            @lock?.Dispose();
            if (failure is SqliteException sqlite)
            {
                throw SqliteFailure.Translate(path, "open", sqlite);
            }
            throw;
        }
    }

    /// <summary>A connection that sees the last commit; give it back by disposing it.</summary>
    public SqliteConnection OpenReader()
    {
        var reader = new SqliteConnection(_readerConnectionString);
        try
        {
            reader.Open();
            return reader;
        }
        catch (SqliteException failure)
        {
            reader.Dispose();
            throw SqliteFailure.Translate(Path, "open for reading", failure);
        }
    }

    public void Dispose()
    {
        using (var pooled = new SqliteConnection(_readerConnectionString))
        {
            SqliteConnection.ClearPool(pooled);
        }
        Writer.Dispose();
        _lock.Dispose();
    }

    private static FileStream CreateAndLock(string path)
    {
        var privateFile = new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = FileShare.None,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        try
        {
            if (System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path)) is { } directory)
            {
                Directory.CreateDirectory(directory);
            }
            var @lock = new FileStream(path + ".lock", privateFile);
            if (!File.Exists(path))
            {
                // SQLite gives its -wal and -shm files the mode of the database.
                new FileStream(path, privateFile).Dispose();
            }
            return @lock;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new JournalUnavailableException(
                $"journal {path}: {failure.Message}; stop the other process that uses it, or choose another state directory", failure);
        }
    }

    private static void Prepare(SqliteConnection writer, string path, SqliteJournalOptions options)
    {
        raw.sqlite3_busy_timeout(writer.Handle, (int)options.BusyTimeout.TotalMilliseconds);
        if (writer.Scalar("PRAGMA page_count") == 0)
        {
            // Takes effect only on a file without pages, and switching to WAL writes the first one.
            writer.Execute("PRAGMA auto_vacuum = INCREMENTAL");
        }
        Check(writer, path, options);  // before anything that writes: a damaged file stays as it was found
        writer.Execute("PRAGMA journal_mode = WAL");
        writer.Execute("PRAGMA synchronous = FULL");
        writer.Execute("PRAGMA journal_size_limit = 67108864");
        SqliteSchema.Migrate(writer, path);
    }

    private static void Check(SqliteConnection writer, string path, SqliteJournalOptions options)
    {
        var bytes = writer.Scalar("PRAGMA page_count") * writer.Scalar("PRAGMA page_size");
        var target = bytes <= options.FullCheckBytes ? "1" : "sqlite_master";
        using var command = writer.Statement($"PRAGMA quick_check({target})");
        if (command.ExecuteScalar() is not "ok" and var finding)
        {
            throw SqliteFailure.Damaged(path, $"{finding}");
        }
    }
}
