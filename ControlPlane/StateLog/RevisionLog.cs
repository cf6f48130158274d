using Axoneme.ControlPlane.Engine;
using Axoneme.Persistence;
using Axoneme.Wire.State;
using Google.Protobuf;

namespace Axoneme.ControlPlane.StateLog;

/// <summary>
/// The state log: every key's newest record, in the order of one revision sequence over all kinds. The engine's writer loop
/// prepares a commit, journals it with the events it follows from, and publishes it; a revision that was not journaled never shows.
/// </summary>
/// <remarks>Records handed out are shared and must not be changed.</remarks>
public sealed class RevisionLog
{
    private readonly record struct Entry(Record Record, DateTimeOffset Time);

    private readonly Lock _gate = new();
    private readonly Dictionary<(RecordKind Kind, string Key), LinkedListNode<Entry>> _latest = [];
    private readonly LinkedList<Entry> _byRevision = [];  // oldest first, tombstones included
    private readonly Queue<Commit> _recent = [];
    private readonly RevisionLogOptions _options;
    private TaskCompletionSource _published = NewSignal();
    private readonly Queue<Entry> _tombstones = [];  // oldest first; some may have been superseded since

    private RevisionLog(ulong epoch, RevisionLogOptions options)
    {
        Epoch = epoch;
        _options = options;
    }

    public ulong Epoch { get; }

    /// <summary>The newest revision published, 0 before the first.</summary>
    public ulong Head { get; private set; }

    /// <summary>Deletions up to this revision may be forgotten: who is behind it needs a snapshot.</summary>
    public ulong Horizon { get; private set; }

    /// <summary>Reads what the journal holds.</summary>
    /// <exception cref="JournalDamagedException">A stored record cannot be read.</exception>
    public static async Task<RevisionLog> LoadAsync(IJournal journal, RevisionLogOptions options, CancellationToken cancellationToken)
    {
        var log = new RevisionLog(journal.Epoch, options) { Head = journal.LastRevision, Horizon = journal.TombstoneHorizon };
        await foreach (var stored in journal.ReadRecordsAsync(cancellationToken).ConfigureAwait(false))
        {
            log.Put(Restore(stored), stored.Time);
        }
        return log;
    }

    /// <summary>Live records of a kind, by key.</summary>
    public IReadOnlyList<Record> List(RecordKind kind)
    {
        lock (_gate)
        {
            return [.. _byRevision.Where(e => e.Record.Kind == kind && !e.Record.Deleted).Select(e => e.Record).OrderBy(r => r.Key, StringComparer.Ordinal)];
        }
    }

    /// <summary>A live record, or null.</summary>
    public Record? Find(RecordKind kind, string key)
    {
        lock (_gate)
        {
            return _latest.TryGetValue((kind, key), out var node) && !node.Value.Record.Deleted ? node.Value.Record : null;
        }
    }

    /// <summary>Live records by kind.</summary>
    public IReadOnlyDictionary<RecordKind, int> Count()
    {
        lock (_gate)
        {
            return _byRevision.Where(e => !e.Record.Deleted).CountBy(e => e.Record.Kind).ToDictionary();
        }
    }

    /// <summary>
    /// Gives changes the next revision. A later change of a key wins over an earlier one; what would change nothing is left out.
    /// Null when nothing is left. Called by the log's single writer only.
    /// </summary>
    public PreparedCommit? Prepare(IReadOnlyList<RecordChange> changes, DateTimeOffset time)
    {
        if (changes.Count == 0)
        {
            return null;
        }
        var revision = Head + 1;
        var drafts = new OrderedDictionary<(RecordKind Kind, string Key), Record>();
        foreach (var change in changes)
        {
            var key = (change.Kind, change.Key);
            var current = drafts.TryGetValue(key, out var draft) ? draft : Current(key);
            if (Changed(change, current, revision) is { } changed)
            {
                drafts[key] = changed;
            }
        }
        // Several commands of one commit may undo each other.
        var records = drafts.Where(d => !SameValue(d.Value, Current(d.Key))).Select(d => d.Value).ToArray();
        if (records.Length == 0)
        {
            return null;
        }
        var commit = new Commit { Epoch = Epoch, Revision = revision, Records = { records } };
        return new PreparedCommit(commit, Array.ConvertAll(records, record => Store(record, time)), time);
    }

    /// <summary>Makes a commit visible after it was journaled.</summary>
    public void Publish(PreparedCommit prepared)
    {
        TaskCompletionSource published;
        lock (_gate)
        {
            foreach (var record in prepared.Commit.Records)
            {
                Put(record, prepared.Time);
            }
            Head = prepared.Commit.Revision;
            _recent.Enqueue(prepared.Commit);
            if (_recent.Count > _options.RecentCommits)
            {
                _recent.Dequeue();
            }
            while (_tombstones.Count > _options.MaxTombstones)
            {
                RemoveOldestTombstone();
            }
            (published, _published) = (_published, NewSignal());
        }
        published.SetResult();
    }

    /// <summary>Forgets deletions made before a time.</summary>
    public void RemoveTombstones(DateTimeOffset before)
    {
        lock (_gate)
        {
            while (_tombstones.TryPeek(out var oldest) && oldest.Time < before)
            {
                RemoveOldestTombstone();
            }
        }
    }

    /// <summary>
    /// What lies after <paramref name="cursor"/>: recent commits as they were; from further back, one commit with every record changed
    /// since; from another epoch, from the beginning or from behind the horizon, a snapshot.
    /// </summary>
    internal LogDelta ReadAfter(Cursor cursor, bool fromBeginning)
    {
        lock (_gate)
        {
            if (fromBeginning || cursor.Epoch != Epoch || cursor.Revision > Head || cursor.Revision < Horizon)
            {
                return new LogDelta([Whole()], Task.CompletedTask);
            }
            if (cursor.Revision == Head)
            {
                return new LogDelta([], _published.Task);
            }
            return _recent.TryPeek(out var oldest) && oldest.Revision <= cursor.Revision + 1
                ? new LogDelta([.. _recent.Where(commit => commit.Revision > cursor.Revision)], Task.CompletedTask)
                : new LogDelta([ChangedSince(cursor.Revision)], Task.CompletedTask);
        }
    }

    private Commit Whole() => new()
    {
        Epoch = Epoch,
        Revision = Head,
        Snapshot = true,
        Records = { _byRevision.Where(e => !e.Record.Deleted).Select(e => e.Record) },
    };

    private Commit ChangedSince(ulong revision)
    {
        var changed = new List<Record>();
        for (var node = _byRevision.Last; node is not null && node.Value.Record.Revision > revision; node = node.Previous)
        {
            changed.Add(node.Value.Record);
        }
        changed.Reverse();
        return new Commit { Epoch = Epoch, Revision = Head, Records = { changed } };
    }

    private Record? Current((RecordKind, string) key)
    {
        lock (_gate)
        {
            return _latest.TryGetValue(key, out var node) ? node.Value.Record : null;
        }
    }

    private static Record? Changed(RecordChange change, Record? current, ulong revision)
    {
        var lives = current is { Deleted: false };
        if (change.Value is null)
        {
            return lives && (change.DeleteWhen?.Invoke(current!) ?? true)
                ? new Record { Kind = change.Kind, Key = change.Key, Revision = revision, Deleted = true }
                : null;
        }
        var record = change.Value.Clone();
        (record.Kind, record.Key, record.Revision, record.Deleted) = (change.Kind, change.Key, revision, false);
        return SameValue(record, current) ? null : record;
    }

    private static bool SameValue(Record record, Record? current)
    {
        var gone = current is null or { Deleted: true };
        return record.Deleted || gone ? record.Deleted && gone : Equals(ValueOf(record), ValueOf(current!));
    }

    private static object? ValueOf(Record record) => record.ValueCase switch
    {
        Record.ValueOneofCase.Identity => record.Identity,
        Record.ValueOneofCase.Ip => record.Ip,
        Record.ValueOneofCase.Node => record.Node,
        Record.ValueOneofCase.Policy => record.Policy,
        Record.ValueOneofCase.Config => record.Config,
        Record.ValueOneofCase.Pod => record.Pod,
        Record.ValueOneofCase.Service => record.Service,
        Record.ValueOneofCase.EndpointSlice => record.EndpointSlice,
        _ => null,
    };

    private void Put(Record record, DateTimeOffset time)
    {
        var key = (record.Kind, record.Key);
        if (_latest.TryGetValue(key, out var node))
        {
            _byRevision.Remove(node);
        }
        var entry = new Entry(record, time);
        _latest[key] = _byRevision.AddLast(entry);
        if (record.Deleted)
        {
            _tombstones.Enqueue(entry);
        }
    }

    private void RemoveOldestTombstone()
    {
        var gone = _tombstones.Dequeue().Record;
        var key = (gone.Kind, gone.Key);
        if (_latest.TryGetValue(key, out var node) && ReferenceEquals(node.Value.Record, gone))
        {
            _latest.Remove(key);
            _byRevision.Remove(node);
            Horizon = Math.Max(Horizon, gone.Revision);
        }
    }

    private static StoredRecord Store(Record record, DateTimeOffset time)
    {
        ReadOnlyMemory<byte> payload = record.Deleted ? default : record.ToByteArray();
        return new StoredRecord(NameOf(record.Kind), record.Key, record.Revision, record.Deleted, payload, time);
    }

    private static Record Restore(StoredRecord stored)
    {
        try
        {
            var record = Record.Parser.ParseFrom(stored.Payload.Span);
            record.Kind = Enum.Parse<RecordKind>(stored.Kind, ignoreCase: true);
            (record.Key, record.Revision, record.Deleted) = (stored.Key, stored.Revision, stored.Deleted);
            return record;
        }
        catch (Exception failure) when (failure is InvalidProtocolBufferException or ArgumentException)
        {
            throw new JournalDamagedException(
                $"journal: state log record {stored.Kind} {stored.Key} cannot be read: {failure.Message}; restore a backup", failure);
        }
    }

    private static string NameOf(RecordKind kind) => kind.ToString().ToUpperInvariant();

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
