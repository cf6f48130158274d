using Axoneme.Datapath;
using Microsoft.Extensions.Logging;

namespace Axoneme.NodeActors.Maps;

/// <summary>
/// The one writer of a kernel map: holds what the map should contain and which entries may differ from that. Every write may be
/// repeated. Not safe for several threads: its owner, the state actor, is its only caller (<see cref="Status"/> excepted).
/// </summary>
/// <param name="map">The map.</param>
/// <param name="logger">Told of refusals and repairs.</param>
/// <param name="removesStrangers">Whether entries nobody asked for are removed. Arrays keep them: an index cannot be deleted.</param>
internal sealed partial class MapReconciler<TKey, TValue>(IKernelMap<TKey, TValue> map, ILogger logger, bool removesStrangers = true) : IMapReconciler
    where TKey : unmanaged, IEquatable<TKey>
    where TValue : unmanaged, IEquatable<TValue>
{
    /// <summary>After this many refusals in a row the map is full or broken: trying the rest one by one gains nothing.</summary>
    private const int RefusalsBeforeGivingUp = 8;

    /// <summary>What the kernel answers when a hash is full, and when a trie is.</summary>
    private const int TooBig = 7;
    private const int NoSpace = 28;
    private readonly Dictionary<TKey, TValue> _desired = [];
    private readonly HashSet<TKey> _puts = [];
    private readonly HashSet<TKey> _deletes = [];
    private long _putCount;
    private long _deleteCount;
    private long _failures;
    private long _drift;
    private string? _putProblem;
    private string? _deleteProblem;
    private volatile MapStatus _status = new(map.Name, map.Capacity, 0, 0, 0, 0, 0, 0, null);

    public MapStatus Status => _status;

    /// <summary>How many entries there should be.</summary>
    public int Count => _desired.Count;

    /// <summary>How many entries the kernel's map holds at most until everything pending is done: what goes, goes last.</summary>
    public int Occupied => _desired.Count + _deletes.Count;

    public uint Capacity => map.Capacity;

    /// <summary>What the map should hold.</summary>
    public IReadOnlyDictionary<TKey, TValue> Desired => _desired;

    /// <summary>Wants an entry; nothing is written when it is wanted so already.</summary>
    public void Set(TKey key, TValue value)
    {
        if (_desired.TryGetValue(key, out var old) && old.Equals(value))
        {
            return;
        }

        _desired[key] = value;
        _deletes.Remove(key);
        _puts.Add(key);
    }

    /// <summary>Wants an entry that the kernel is known to hold.</summary>
    public void Adopt(TKey key, TValue value) => _desired[key] = value;

    /// <summary>Wants no entry under a key.</summary>
    public void Remove(TKey key)
    {
        if (_desired.Remove(key))
        {
            _puts.Remove(key);
            if (removesStrangers)
            {
                _deletes.Add(key);
            }
        }
    }

    public bool WritePuts()
    {
        if (_puts.Count > 0)
        {
            var keys = _puts.ToArray();
            var values = Array.ConvertAll(keys, key => _desired[key]);
            try
            {
                map.PutMany(keys, values);
                _putCount += keys.Length;
                _puts.Clear();
            }
            catch (KernelException exception)
            {
                Refused(exception, ref _putProblem);
                PutOneByOne(keys);
            }
        }

        if (_puts.Count == 0)
        {
            _putProblem = null;
        }

        Publish();
        return _puts.Count == 0;
    }

    public bool WriteDeletes()
    {
        if (_deletes.Count > 0)
        {
            try
            {
                var keys = _deletes.ToArray();
                map.DeleteMany(keys);
                _deleteCount += keys.Length;
                _deletes.Clear();
                _deleteProblem = null;
            }
            catch (KernelException exception)
            {
                Refused(exception, ref _deleteProblem);
            }
        }

        Publish();
        return _deletes.Count == 0;
    }

    public int Compare(bool countsAsDrift)
    {
        var differences = removesStrangers ? CompareAll() : CompareWanted();
        if (countsAsDrift && differences > 0)
        {
            _drift += differences;
            Log.Drifted(logger, map.Name, differences);
        }

        Publish();
        return differences;
    }

    private int CompareAll()
    {
        var differences = 0;
        var missing = new HashSet<TKey>(_desired.Keys);
        foreach (var (key, value) in map.Entries())
        {
            if (!_desired.TryGetValue(key, out var desired))
            {
                differences += _deletes.Add(key) ? 1 : 0;
                continue;
            }

            missing.Remove(key);
            differences += Judge(key, desired.Equals(value));
        }

        return differences + missing.Sum(key => Judge(key, isRight: false));
    }

    /// <summary>An array is mostly unused: only the indices in use are read.</summary>
    private int CompareWanted() => _desired.Sum(pair => Judge(pair.Key, map.TryGet(pair.Key, out var value) && value.Equals(pair.Value)));

    private int Judge(TKey key, bool isRight)
    {
        if (isRight)
        {
            _puts.Remove(key);
            return 0;
        }

        return _puts.Add(key) ? 1 : 0;
    }

    /// <summary>
    /// A batch that fails tells neither which entry was refused nor which came through, so each gets its turn. First those that the kernel holds with another
    /// value: they need no room, and an address must not stay who it was because others do not fit.
    /// </summary>
    private void PutOneByOne(TKey[] keys)
    {
        var refusals = 0;
        foreach (var key in keys.OrderByDescending(IsInKernel))
        {
            try
            {
                map.Put(key, _desired[key]);
                _putCount++;
                _puts.Remove(key);
            }
            catch (KernelException exception)
            {
                Refused(exception, ref _putProblem);
                if (++refusals == RefusalsBeforeGivingUp)
                {
                    return;
                }
            }
        }
    }

    private bool IsInKernel(TKey key)
    {
        try
        {
            return map.TryGet(key, out _);
        }
        catch (KernelException)
        {
            return false;
        }
    }

    private void Refused(KernelException exception, ref string? problem)
    {
        _failures++;
        var message = exception.ErrorNumber is TooBig or NoSpace && MapSizing.OptionOf(map.Name) is { } option ? $"{exception.Message}; raise {option}" : exception.Message;
        if (problem != message)
        {
            Log.Refused(logger, map.Name, exception);
        }

        problem = message;
    }

    private void Publish() => _status = new MapStatus(
        map.Name, map.Capacity, _desired.Count, _puts.Count + _deletes.Count, _putCount, _deleteCount, _failures, _drift, _putProblem ?? _deleteProblem);

    private static partial class Log
    {
        [LoggerMessage(10, LogLevel.Error, "Map {Map}: the kernel refused a write, which will be repeated", EventName = "MapWriteRefused")]
        public static partial void Refused(ILogger logger, string map, Exception exception);

        [LoggerMessage(11, LogLevel.Warning, "Map {Map}: {Differences} entries were not what they should be and are repaired", EventName = "MapDrifted")]
        public static partial void Drifted(ILogger logger, string map, int differences);
    }
}
