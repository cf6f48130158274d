using SQLitePCL;

namespace Axoneme.Persistence.Sqlite;

/// <summary>
/// A prepared statement of the writer. Goes to SQLite directly and not through a command object: parameters are bound by position
/// and payloads from their span, so that a row costs no allocation and no copy of ours.
/// </summary>
internal sealed class WriterStatement : IDisposable
{
    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;
    private readonly string _path;
    private readonly string _operation;
    private int _position;

    public WriterStatement(sqlite3 database, string path, string operation, string sql)
    {
        _database = database;
        _path = path;
        _operation = operation;
        Check(raw.sqlite3_prepare_v2(database, sql, out _statement));
    }

    public WriterStatement Bind(string value)
    {
        Check(raw.sqlite3_bind_text(_statement, ++_position, value));
        return this;
    }

    public WriterStatement Bind(long value)
    {
        Check(raw.sqlite3_bind_int64(_statement, ++_position, value));
        return this;
    }

    public WriterStatement Bind(ReadOnlySpan<byte> value)
    {
        Check(value.IsEmpty
            ? raw.sqlite3_bind_zeroblob(_statement, ++_position, 0)
            : raw.sqlite3_bind_blob(_statement, ++_position, value));
        return this;
    }

    /// <summary>Executes and makes the statement ready for the next row.</summary>
    public void Run()
    {
        _position = 0;
        var code = raw.sqlite3_step(_statement);
        if (code is raw.SQLITE_DONE or raw.SQLITE_ROW)
        {
            raw.sqlite3_reset(_statement);
            return;
        }
        var failure = Failure(code);  // before reset: it clears the message
        raw.sqlite3_reset(_statement);
        throw failure;
    }

    public void Dispose() => _statement.Dispose();

    private void Check(int code)
    {
        if (code != raw.SQLITE_OK)
        {
            _position = 0;
            throw Failure(code);
        }
    }

    private Exception Failure(int code) => SqliteFailure.Translate(_path, _operation, code, raw.sqlite3_errmsg(_database).utf8_to_string());
}
