using Axoneme.Datapath;
using Axoneme.Datapath.Layout;
using Axoneme.NodeActors.Maps;
using Microsoft.Extensions.Logging;

namespace Axoneme.NodeActors.Services;

/// <summary>
/// The one writer of maps <c>service_pools</c> and <c>maglev</c>. It remembers pools, not entries: tables are made again when they are written, for they are too
/// large to be held twice.
/// </summary>
internal sealed partial class PoolStore(IKernelMap<PoolSlot, uint> slots, IKernelMap<MaglevKey, MaglevPiece> maglev, ulong seed, ILogger logger)
{
    /// <summary>Entries in one write: what the kernel is given at once, and what waits in memory for it.</summary>
    private const int Portion = 16384;

    /// <summary>Tables of an earlier run that are made once more at each comparison, to know what they should say: each costs about a millisecond.</summary>
    private const int TablesLearned = 64;
    private readonly Dictionary<uint, InstalledPool> _pools = [];
    private readonly HashSet<InstalledPool> _unwritten = [];
    private readonly List<PoolSlot> _straySlots = [];
    private readonly List<MaglevKey> _strayPieces = [];
    private bool _keepsStrays = true;
    private readonly MapTally _slotTally = new();
    private readonly MapTally _pieceTally = new();

    public int Slots { get; private set; }

    public int Pieces { get; private set; }

    public uint SlotCapacity => slots.Capacity;

    public uint PieceCapacity => maglev.Capacity;

    public IEnumerable<MapStatus> Status =>
    [
        _slotTally.ToStatus(slots.Name, slots.Capacity, Slots, _unwritten.Count(pool => !pool.SlotsWritten)),
        _pieceTally.ToStatus(maglev.Name, maglev.Capacity, Pieces, _unwritten.Count(pool => pool is { SlotsWritten: true, TableWritten: false })),
    ];

    public bool Has(uint id) => _pools.ContainsKey(id);

    /// <summary>Wants a pool, or the table it was given.</summary>
    public void Want(InstalledPool pool, uint tableSize)
    {
        if (_pools.TryAdd(pool.Id, pool))
        {
            Slots += pool.Ids.Length;
            _unwritten.Add(pool);
        }

        if (pool.TableSize == 0 && tableSize != 0)
        {
            pool.TableSize = tableSize;
            Pieces += pool.Pieces;
            _unwritten.Add(pool);
        }
    }

    /// <summary>Takes over a pool that the kernel holds.</summary>
    public void Adopt(InstalledPool pool)
    {
        _pools[pool.Id] = pool;
        Slots += pool.Ids.Length;
        Pieces += pool.Pieces;
        (pool.SlotsWritten, pool.TableWritten) = (true, pool.TableSize != 0);
    }

    /// <summary>Entries of no pool that is known whole; they stay until <see cref="GiveUpStrays"/>, for a frontend may point there.</summary>
    public void Stray(IEnumerable<PoolSlot> slots, IEnumerable<MaglevKey> pieces)
    {
        _straySlots.AddRange(slots);
        _strayPieces.AddRange(pieces);
    }

    /// <summary>No frontend that is written points to a stray any more: they go with the next <see cref="DeleteStrays"/>.</summary>
    public void GiveUpStrays() => _keepsStrays = false;

    /// <summary>Whether the kernel's table is what would be made today: its first turns are, and all pieces are there.</summary>
    public bool IsCurrentTable(uint id, BackendList backends, uint tableSize)
    {
        const uint Turns = 64;
        var expected = Maglev.Build(backends, tableSize, seed, Turns);
        for (var entry = 0; entry < expected.Length; entry++)
        {
            if (expected[entry] != Maglev.Free
                && (!maglev.TryGet(new MaglevKey(id, (uint)entry / MaglevPiece.Length), out var piece) || piece[entry % MaglevPiece.Length] != expected[entry]))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Writes what is not written. False when the kernel refused something; it is written whole at the next call, for nobody points to it yet.</summary>
    public bool WritePending()
    {
        foreach (var portion in InPortions(_unwritten.Where(pool => !pool.SlotsWritten).ToArray(), pool => pool.Ids.Length))
        {
            var keys = SlotsOf(portion);
            var values = portion is [var only] ? only.Ids : [.. portion.SelectMany(pool => pool.Ids)];
            if (!Try(slots.Name, _slotTally, () => slots.PutMany(keys, values)))
            {
                return false;
            }

            _slotTally.Puts += keys.Length;
            portion.ForEach(pool => pool.SlotsWritten = true);
        }

        foreach (var portion in InPortions(_unwritten.Where(pool => pool is { TableSize: > 0, TableWritten: false }).ToArray(), pool => pool.Pieces))
        {
            var keys = PiecesOf(portion);
            var values = new MaglevPiece[keys.Length];
            var next = 0;
            foreach (var pool in portion)
            {
                var table = values.AsSpan(next, pool.Pieces);
                WriteTable(pool, table);
                pool.PieceSums = SumsOf(table);
                next += table.Length;
            }

            if (!Try(maglev.Name, _pieceTally, () => maglev.PutMany(keys, values)))
            {
                return false;
            }

            _pieceTally.Puts += keys.Length;
            portion.ForEach(pool => pool.TableWritten = true);
        }

        _unwritten.Clear();
        return true;
    }

    /// <summary>Removes pools that nobody points to. False when the kernel refused; then none is forgotten.</summary>
    public bool Delete(IReadOnlyList<InstalledPool> pools)
    {
        var slotKeys = SlotsOf(pools);
        var pieceKeys = PiecesOf(pools);
        if (!Delete(slotKeys, pieceKeys))
        {
            return false;
        }

        foreach (var pool in pools)
        {
            _pools.Remove(pool.Id);
            _unwritten.Remove(pool);
            Slots -= pool.Ids.Length;
            Pieces -= pool.Pieces;
        }

        return true;
    }

    /// <summary>Removes what is nobody's.</summary>
    public bool DeleteStrays()
    {
        if (_keepsStrays)
        {
            return true;
        }

        if (!Delete(_straySlots.ToArray(), _strayPieces.ToArray()))
        {
            return false;
        }

        _straySlots.Clear();
        _strayPieces.Clear();
        return true;
    }

    /// <summary>
    /// Finds what differs in the kernel: pools and tables with an entry missing or changed are written again, entries of no pool are removed. What tables of an earlier
    /// run should say is known after a few comparisons; until then the number of their pieces is compared.
    /// </summary>
    public int Compare(bool countsAsDrift)
    {
        var found = new Dictionary<uint, int>();
        _straySlots.Clear();
        var wrong = new HashSet<InstalledPool>();
        slots.Scan((keys, values) =>
        {
            for (var i = 0; i < keys.Length; i++)
            {
                if (!_pools.TryGetValue(keys[i].Pool, out var pool) || keys[i].Index >= pool.Ids.Length)
                {
                    _straySlots.Add(keys[i]);
                }
                else if (pool.Ids[keys[i].Index] != values[i])
                {
                    wrong.Add(pool);
                }
                else
                {
                    System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(found, keys[i].Pool, out _)++;
                }
            }
        });
        wrong.UnionWith(_pools.Values.Where(pool => pool.SlotsWritten && found.GetValueOrDefault(pool.Id) < pool.Ids.Length));
        foreach (var pool in wrong)
        {
            pool.SlotsWritten = false;
            _unwritten.Add(pool);
        }

        found.Clear();
        _strayPieces.Clear();
        foreach (var pool in _pools.Values.Where(pool => pool is { TableWritten: true, Backends: not null, PieceSums: null }).Take(TablesLearned))
        {
            var table = new MaglevPiece[pool.Pieces];
            WriteTable(pool, table);
            pool.PieceSums = SumsOf(table);
        }

        maglev.Scan((keys, values) =>
        {
            for (var i = 0; i < keys.Length; i++)
            {
                var key = keys[i];
                if (_pools.TryGetValue(key.Pool, out var pool) && key.Piece < pool.Pieces)
                {
                    if (pool.PieceSums is { } sums && sums[key.Piece] != Sum(values[i]))
                    {
                        continue;
                    }

                    System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(found, key.Pool, out _)++;
                }
                else
                {
                    _strayPieces.Add(key);
                }
            }
        });
        var torn = _pools.Values.Where(pool => pool is { TableWritten: true, Backends: not null } && found.GetValueOrDefault(pool.Id) < pool.Pieces).ToArray();
        foreach (var pool in torn)
        {
            pool.TableWritten = false;
            _unwritten.Add(pool);
        }

        var (slotDrift, pieceDrift) = (wrong.Count + _straySlots.Count, torn.Length + _strayPieces.Count);
        if (countsAsDrift && slotDrift + pieceDrift > 0)
        {
            _slotTally.Drift += slotDrift;
            _pieceTally.Drift += pieceDrift;
            Log.Drifted(logger, slotDrift + pieceDrift);
        }

        return slotDrift + pieceDrift;
    }

    private static PoolSlot[] SlotsOf(IReadOnlyList<InstalledPool> pools)
    {
        var keys = new PoolSlot[pools.Sum(pool => pool.Ids.Length)];
        var next = 0;
        foreach (var pool in pools)
        {
            for (var index = 0u; index < pool.Ids.Length; index++)
            {
                keys[next++] = new PoolSlot(pool.Id, index);
            }
        }

        return keys;
    }

    private static MaglevKey[] PiecesOf(IReadOnlyList<InstalledPool> pools)
    {
        var keys = new MaglevKey[pools.Sum(pool => pool.Pieces)];
        var next = 0;
        foreach (var pool in pools)
        {
            for (var piece = 0; piece < pool.Pieces; piece++)
            {
                keys[next++] = new MaglevKey(pool.Id, (uint)piece);
            }
        }

        return keys;
    }

    /// <param name="pool">Whose table it is.</param>
    /// <param name="pieces">Zero, and as many as it has.</param>
    private void WriteTable(InstalledPool pool, Span<MaglevPiece> pieces)
    {
        var table = Maglev.Build(pool.Backends!, pool.TableSize, seed).AsSpan();
        table.CopyTo(System.Runtime.InteropServices.MemoryMarshal.Cast<MaglevPiece, ushort>(pieces));
    }

    private static ulong[] SumsOf(ReadOnlySpan<MaglevPiece> pieces)
    {
        var sums = new ulong[pieces.Length];
        for (var piece = 0; piece < sums.Length; piece++)
        {
            sums[piece] = Sum(pieces[piece]);
        }

        return sums;
    }

    /// <summary>FNV-1a over words; it finds damage, not malice.</summary>
    private static ulong Sum(MaglevPiece piece)
    {
        var sum = 14695981039346656037UL;
        foreach (var word in System.Runtime.InteropServices.MemoryMarshal.Cast<ushort, ulong>((ReadOnlySpan<ushort>)piece))
        {
            sum = unchecked((sum ^ word) * 1099511628211UL);
        }

        return sum;
    }

    private bool Delete(PoolSlot[] slotKeys, MaglevKey[] pieceKeys)
    {
        if (slotKeys.Length > 0 && !Try(slots.Name, _slotTally, () => slots.DeleteMany(slotKeys))
            || pieceKeys.Length > 0 && !Try(maglev.Name, _pieceTally, () => maglev.DeleteMany(pieceKeys)))
        {
            return false;
        }

        _slotTally.Deletes += slotKeys.Length;
        _pieceTally.Deletes += pieceKeys.Length;
        return true;
    }

    private bool Try(string map, MapTally tally, Action write)
    {
        try
        {
            write();
            tally.Problem = null;
            return true;
        }
        catch (KernelException exception)
        {
            tally.Failures++;
            if (tally.Problem != exception.Message)
            {
                Log.Refused(logger, map, exception);
            }

            tally.Problem = exception.Message;
            return false;
        }
    }

    /// <summary>Whole pools, together about as many entries as one write should have.</summary>
    private static IEnumerable<List<InstalledPool>> InPortions(InstalledPool[] pools, Func<InstalledPool, int> entries)
    {
        var portion = new List<InstalledPool>();
        var count = 0;
        foreach (var pool in pools)
        {
            portion.Add(pool);
            count += entries(pool);
            if (count >= Portion)
            {
                yield return portion;
                (portion, count) = ([], 0);
            }
        }

        if (portion.Count > 0)
        {
            yield return portion;
        }
    }

    /// <summary>What was done to a map.</summary>
    private sealed class MapTally
    {
        public long Puts { get; set; }

        public long Deletes { get; set; }

        public long Failures { get; set; }

        public long Drift { get; set; }

        public string? Problem { get; set; }

        public MapStatus ToStatus(string name, uint capacity, int desired, int pending) => new(name, capacity, desired, pending, Puts, Deletes, Failures, Drift, Problem);
    }

    private static partial class Log
    {
        [LoggerMessage(60, LogLevel.Error, "Map {Map}: the kernel refused a write, which will be repeated", EventName = "PoolWriteRefused")]
        public static partial void Refused(ILogger logger, string map, Exception exception);

        [LoggerMessage(61, LogLevel.Warning, "Pools of services: {Differences} were not what they should be and are repaired", EventName = "PoolsDrifted")]
        public static partial void Drifted(ILogger logger, int differences);
    }
}
