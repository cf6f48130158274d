namespace Axoneme.Datapath.InMemory;

/// <summary>
/// A kernel map without a kernel, with the kernel's manners: fixed capacity, whole-entry writes, and failures on request.
/// Safe for several threads.
/// </summary>
public class InMemoryKernelMap<TKey, TValue>(string name, uint capacity) : IKernelMap<TKey, TValue>
    where TKey : unmanaged
    where TValue : unmanaged
{
    private const int TooBig = 7; // E2BIG: the kernel's answer when a hash is full, or an index beyond an array
    private readonly Lock _lock = new();
    private readonly Dictionary<TKey, TValue> _entries = [];
    private readonly Queue<(int ErrorNumber, int After)> _failures = [];

    public string Name { get; } = name;

    public uint Capacity { get; } = capacity;

    /// <summary>Entries written since the map was made, to assert that only differences were written.</summary>
    public long Puts { get; private set; }

    /// <summary>Entries removed since the map was made.</summary>
    public long Deletes { get; private set; }

    /// <summary>How many entries there are.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _entries.Count;
            }
        }
    }

    /// <summary>Makes the next write (put or delete, single or many) fail; calls queue up.</summary>
    /// <param name="errno">The error number, for example 28 (no space left).</param>
    /// <param name="after">How many entries of a PutMany or DeleteMany take effect before it fails, as in the kernel.</param>
    public void FailNext(int errno, int after = 0)
    {
        lock (_lock)
        {
            _failures.Enqueue((errno, after));
        }
    }

    /// <summary>Removes everything, as another program with access to the map might.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            _entries.Clear();
        }
    }

    public bool TryGet(in TKey key, out TValue value)
    {
        lock (_lock)
        {
            return Find(_entries, key, out value);
        }
    }

    public void Put(in TKey key, in TValue value) => PutMany([key], [value]);

    public bool Delete(in TKey key)
    {
        lock (_lock)
        {
            var before = Deletes;
            DeleteMany([key]);
            return Deletes > before;
        }
    }

    public void PutMany(ReadOnlySpan<TKey> keys, ReadOnlySpan<TValue> values)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(values.Length, keys.Length);
        lock (_lock)
        {
            var failure = NextFailure();
            for (var i = 0; i < keys.Length; i++)
            {
                ThrowIfDue(failure, i, "put");
                if (Refuses(_entries, keys[i]))
                {
                    throw KernelException.For($"map {Name}", "put", TooBig);
                }

                Store(_entries, keys[i], values[i]);
                Puts++;
            }
        }
    }

    public void DeleteMany(ReadOnlySpan<TKey> keys)
    {
        lock (_lock)
        {
            var failure = NextFailure();
            for (var i = 0; i < keys.Length; i++)
            {
                ThrowIfDue(failure, i, "delete");
                Deletes += _entries.Remove(keys[i]) ? 1 : 0;
            }
        }
    }

    public IReadOnlyList<KeyValuePair<TKey, TValue>> Entries()
    {
        lock (_lock)
        {
            return [.. _entries];
        }
    }

    /// <summary>How a key finds its entry; a trie overrides it.</summary>
    protected virtual bool Find(IReadOnlyDictionary<TKey, TValue> entries, in TKey key, out TValue value) => entries.TryGetValue(key, out value);

    /// <summary>Whether the kernel would refuse to write this key; an array overrides it.</summary>
    protected virtual bool Refuses(IReadOnlyDictionary<TKey, TValue> entries, in TKey key) =>
        entries.Count >= Capacity && !entries.ContainsKey(key);

    /// <summary>Stores an entry; an array overrides it.</summary>
    protected virtual void Store(IDictionary<TKey, TValue> entries, in TKey key, in TValue value) => entries[key] = value;

    private (int ErrorNumber, int After)? NextFailure() => _failures.TryDequeue(out var failure) ? failure : null;

    private void ThrowIfDue((int ErrorNumber, int After)? failure, int done, string operation)
    {
        if (failure is { } due && done >= due.After)
        {
            throw KernelException.For($"map {Name}", operation, due.ErrorNumber);
        }
    }
}
