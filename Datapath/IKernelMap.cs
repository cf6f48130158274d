namespace Axoneme.Datapath;

/// <summary>
/// A kernel map of fixed-size keys and values. Every operation goes to the kernel: there is no cache here.
/// Operations throw <see cref="KernelException"/> with the map's name, the operation and the kernel's reason.
/// </summary>
public interface IKernelMap<TKey, TValue>
    where TKey : unmanaged
    where TValue : unmanaged
{
    /// <summary>The map's name in the kernel, for example <c>endpoints</c>.</summary>
    string Name { get; }

    /// <summary>How many entries the kernel accepts.</summary>
    uint Capacity { get; }

    /// <summary>Its type, as bpftool calls it, for example <c>lru_hash</c>; null where there is no kernel.</summary>
    string? Type => null;

    /// <summary>Memory it takes in bytes, null when the kernel does not say.</summary>
    ulong? Bytes => null;

    /// <summary>Reads one entry.</summary>
    bool TryGet(in TKey key, out TValue value);

    /// <summary>Writes one entry; a reader in the kernel sees the old or the new value, never a mixture (hash and trie maps).</summary>
    void Put(in TKey key, in TValue value);

    /// <summary>Removes one entry; false when it was not there.</summary>
    bool Delete(in TKey key);

    /// <summary>Writes many entries, in few system calls where the kernel can.</summary>
    void PutMany(ReadOnlySpan<TKey> keys, ReadOnlySpan<TValue> values);

    /// <summary>Removes many entries; absent ones are no error.</summary>
    void DeleteMany(ReadOnlySpan<TKey> keys);

    /// <summary>
    /// Hands over everything the kernel holds, in portions, so that it need not fit into memory at once. Entries that change meanwhile may or may not
    /// appear; <paramref name="portion"/> may delete what it is given.
    /// </summary>
    void Scan(MapPortion<TKey, TValue> portion)
    {
        var entries = Entries();
        portion([.. entries.Select(entry => entry.Key)], [.. entries.Select(entry => entry.Value)]);
    }

    /// <summary>Everything the kernel holds now; entries that change meanwhile may or may not appear.</summary>
    IReadOnlyList<KeyValuePair<TKey, TValue>> Entries();
}

/// <summary>Takes some entries of a map.</summary>
public delegate void MapPortion<TKey, TValue>(ReadOnlySpan<TKey> keys, ReadOnlySpan<TValue> values)
    where TKey : unmanaged
    where TValue : unmanaged;
