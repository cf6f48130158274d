using System.Buffers.Binary;
using System.Security.Cryptography;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Axoneme.Persistence.Sqlite;

/// <summary>The one writer: turns a <see cref="JournalCommit"/> into one transaction. Not thread-safe; the journal takes turns.</summary>
internal sealed class SqliteJournalWriter : IDisposable
{
    private const string EpochName = "epoch";
    private const string FencingName = "fencing";
    private const string RevisionName = "revision";
    private const string HorizonName = "tombstone_horizon";

    private readonly string _path;
    private readonly SqliteConnection _connection;
    private readonly WriterStatement _begin;
    private readonly WriterStatement _end;
    private readonly WriterStatement _setMeta;
    private readonly WriterStatement _insertEvent;
    private readonly WriterStatement _putSnapshot;
    private readonly WriterStatement _putRecord;
    private readonly WriterStatement _claim;
    private readonly WriterStatement _release;
    private long _fencing;

    public SqliteJournalWriter(SqliteJournalFile file)
    {
        _path = file.Path;
        _connection = file.Writer;
        _begin = Prepare("begin", "BEGIN IMMEDIATE");
        _end = Prepare("commit", "COMMIT");
        _setMeta = Prepare("write meta", "INSERT INTO meta(name, value) VALUES(?, ?) ON CONFLICT(name) DO UPDATE SET value = excluded.value");
        _insertEvent = Prepare("append event", "INSERT INTO events(kind, id, sequence, type, payload, time) VALUES(?, ?, ?, ?, ?, ?)");
        _putSnapshot = Prepare("write snapshot",
            """
            INSERT INTO snapshots(kind, id, sequence, payload, time) VALUES(?, ?, ?, ?, ?)
            ON CONFLICT(kind, id) DO UPDATE SET sequence = excluded.sequence, payload = excluded.payload, time = excluded.time
            """);
        _putRecord = Prepare("write state log",
            """
            INSERT INTO state_log(kind, key, revision, deleted, payload, time) VALUES(?, ?, ?, ?, ?, ?)
            ON CONFLICT(kind, key) DO UPDATE SET
              revision = excluded.revision, deleted = excluded.deleted, payload = excluded.payload, time = excluded.time
            """);
        _claim = Prepare("claim identity", "INSERT INTO identity_claims(number, labels) VALUES(?, ?)");
        _release = Prepare("release identity", "DELETE FROM identity_claims WHERE number = ? AND labels = ?");

        Epoch = (ulong)ReadMeta(EpochName);
        LastRevision = (ulong)ReadMeta(RevisionName);
        TombstoneHorizon = (ulong)ReadMeta(HorizonName);
        _fencing = ReadMeta(FencingName);
        if (Epoch == 0)
        {
            var epoch = DrawEpoch();
            InTransaction(() => WriteMeta(EpochName, (long)epoch));
            Epoch = epoch;
        }
    }

    public ulong Epoch { get; }

    public ulong LastRevision { get; private set; }

    public ulong TombstoneHorizon { get; private set; }

    public void Commit(JournalCommit commit)
    {
        if (commit.FencingToken < _fencing)
        {
            throw new JournalConflictException(
                $"journal {_path}: fencing number {commit.FencingToken} is behind {_fencing}: another writer took over; stop writing and reload");
        }
        var revision = LastRevision;
        InTransaction(() =>
        {
            // Always written: a commit with nothing else in it then proves that the volume takes writes.
            WriteMeta(FencingName, commit.FencingToken);
            Write(commit);
            foreach (var record in commit.Records)
            {
                revision = Math.Max(revision, record.Revision);
            }
            if (revision != LastRevision)
            {
                WriteMeta(RevisionName, (long)revision);
            }
        });
        _fencing = commit.FencingToken;
        LastRevision = revision;
    }

    public long RemoveTombstones(DateTimeOffset before)
    {
        var time = SqliteJournal.ToMicroseconds(before);
        var horizon = Math.Max(
            TombstoneHorizon,
            (ulong)_connection.Scalar("SELECT max(revision) FROM state_log WHERE deleted = 1 AND time < $before", ("$before", time)));
        if (horizon == TombstoneHorizon)
        {
            return 0;
        }
        var removed = 0;
        InTransaction(() =>
        {
            removed = _connection.Execute("DELETE FROM state_log WHERE deleted = 1 AND time < $before", ("$before", time));
            WriteMeta(HorizonName, (long)horizon);
        });
        TombstoneHorizon = horizon;
        return removed;
    }

    public void Dispose()
    {
        foreach (var statement in (WriterStatement[])[_begin, _end, _setMeta, _insertEvent, _putSnapshot, _putRecord, _claim, _release])
        {
            statement.Dispose();
        }
    }

    private void Write(JournalCommit commit)
    {
        foreach (var e in commit.Events)
        {
            _insertEvent.Bind(e.Entity.Kind).Bind(e.Entity.Id).Bind(e.Sequence).Bind(e.Type).Bind(e.Payload.Span)
                .Bind(SqliteJournal.ToMicroseconds(e.Time)).Run();
        }
        foreach (var s in commit.Snapshots)
        {
            _putSnapshot.Bind(s.Entity.Kind).Bind(s.Entity.Id).Bind(s.Sequence).Bind(s.Payload.Span)
                .Bind(SqliteJournal.ToMicroseconds(s.Time)).Run();
        }
        foreach (var r in commit.Records)
        {
            _putRecord.Bind(r.Kind).Bind(r.Key).Bind((long)r.Revision).Bind(r.Deleted ? 1 : 0).Bind(r.Payload.Span)
                .Bind(SqliteJournal.ToMicroseconds(r.Time)).Run();
        }
        foreach (var c in commit.IdentityClaims)
        {
            (c.Released ? _release : _claim).Bind(c.Number).Bind(c.Labels).Run();
        }
    }

    private void InTransaction(Action write)
    {
        _begin.Run();
        try
        {
            write();
            _end.Run();
        }
        catch
        {
            // SQLite has already rolled back after some errors (disk full, I/O); autocommit tells.
            if (raw.sqlite3_get_autocommit(_connection.Handle) == 0)
            {
                raw.sqlite3_exec(_connection.Handle, "ROLLBACK");
            }
            throw;
        }
    }

    private WriterStatement Prepare(string operation, string sql) => new(_connection.Handle!, _path, operation, sql);

    private long ReadMeta(string name) => _connection.Scalar("SELECT value FROM meta WHERE name = $name", ("$name", name));

    private void WriteMeta(string name, long value) => _setMeta.Bind(name).Bind(value).Run();

    private static ulong DrawEpoch()
    {
        Span<byte> random = stackalloc byte[sizeof(ulong)];
        RandomNumberGenerator.Fill(random);
        return BinaryPrimitives.ReadUInt64LittleEndian(random) | 1;  // never 0: 0 means "no epoch known"
    }
}
