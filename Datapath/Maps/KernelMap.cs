using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Axoneme.Datapath.Native;

namespace Axoneme.Datapath.Maps;

/// <summary>
/// A hash, LRU hash, array or LPM trie in the kernel. <see cref="IKernelMap{TKey,TValue}.TryGet"/> on a trie finds the
/// longest prefix that covers the key. An array has no absent entries: <see cref="Entries"/> leaves out those that are all
/// zero and <see cref="Delete"/> writes zeroes.
/// </summary>
public sealed class KernelMap<TKey, TValue> : IKernelMap<TKey, TValue>, IDisposable
    where TKey : unmanaged
    where TValue : unmanaged
{
    private readonly FileDescriptor _descriptor;
    private readonly BpfMapInfo _info;
    private bool _hasNoUpdateBatch;
    private bool _hasNoDeleteBatch;

    internal KernelMap(FileDescriptor descriptor, string name)
    {
        var info = BpfObjectCalls.Info<BpfMapInfo>(descriptor, $"map {name}");
        if (info.KeySize != Unsafe.SizeOf<TKey>() || info.ValueSize != Unsafe.SizeOf<TValue>())
        {
            throw new KernelException(
                $"map {name}: the kernel's has keys of {info.KeySize} and values of {info.ValueSize} bytes, "
                + $"{typeof(TKey).Name} and {typeof(TValue).Name} have {Unsafe.SizeOf<TKey>()} and {Unsafe.SizeOf<TValue>()}; it belongs to another version");
        }

        (_descriptor, _info, Name, Capacity) = (descriptor, info, name, info.MaxEntries);
    }

    public string Name { get; }

    public uint Capacity { get; }

    public string? Type => _info.Type switch
    {
        BpfMapType.Hash => "hash",
        BpfMapType.Array => "array",
        BpfMapType.LruHash => "lru_hash",
        BpfMapType.LpmTrie => "lpm_trie",
        var other => other.ToString(),
    };

    /// <inheritdoc/>
    public ulong? Bytes => BpfObjectCalls.Memory(_descriptor);

    private bool IsArray => _info.Type == BpfMapType.Array;

    /// <summary>Opens a map by its pin in bpffs.</summary>
    public static KernelMap<TKey, TValue> OpenPinned(string path) =>
        new(BpfObjectCalls.OpenPinned(path) ?? throw new KernelException($"pin {path}: there is no map under this path", Errno.NoEntry), Path.GetFileName(path));

    public bool TryGet(in TKey key, out TValue value)
    {
        Unsafe.SkipInit(out value);
        var result = BpfMapCalls.Lookup(_descriptor, BytesOf(in key), MemoryMarshal.AsBytes(new Span<TValue>(ref value)));
        return result switch
        {
            0 => true,
            -Errno.NoEntry => false,
            _ => throw Failure($"get {key}", result),
        };
    }

    public void Put(in TKey key, in TValue value)
    {
        var result = BpfMapCalls.Update(_descriptor, BytesOf(in key), MemoryMarshal.AsBytes(new ReadOnlySpan<TValue>(in value)));
        if (result < 0)
        {
            throw Failure($"put {key}", result);
        }
    }

    public bool Delete(in TKey key)
    {
        if (IsArray)
        {
            var existed = TryGet(in key, out var value) && !IsZero(in value);
            if (existed)
            {
                Put(in key, default);
            }

            return existed;
        }

        var result = BpfMapCalls.Delete(_descriptor, BytesOf(in key));
        return result switch
        {
            0 => true,
            -Errno.NoEntry => false,
            _ => throw Failure($"delete {key}", result),
        };
    }

    public void PutMany(ReadOnlySpan<TKey> keys, ReadOnlySpan<TValue> values)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(values.Length, keys.Length);
        if (keys.Length > 1 && !_hasNoUpdateBatch)
        {
            var count = (uint)keys.Length;
            var result = BpfMapCalls.UpdateBatch(_descriptor, MemoryMarshal.AsBytes(keys), MemoryMarshal.AsBytes(values), ref count);
            if (result == 0)
            {
                return;
            }

            if (!IsUnsupported(result))
            {
                throw Failure($"put {keys.Length} entries, {count} done, then {At(keys, count)}", result);
            }

            _hasNoUpdateBatch = true;
        }

        for (var i = 0; i < keys.Length; i++)
        {
            Put(in keys[i], in values[i]);
        }
    }

    public void DeleteMany(ReadOnlySpan<TKey> keys)
    {
        while (keys.Length > 1 && !_hasNoDeleteBatch && !IsArray)
        {
            var count = (uint)keys.Length;
            var result = BpfMapCalls.DeleteBatch(_descriptor, MemoryMarshal.AsBytes(keys), ref count);
            if (result == 0)
            {
                return;
            }

            if (result == -Errno.NoEntry)
            {
                keys = keys[(int)Math.Min(count + 1, (uint)keys.Length)..]; // the kernel stops at the first absent one
            }
            else if (IsUnsupported(result))
            {
                _hasNoDeleteBatch = true;
            }
            else
            {
                throw Failure($"delete {keys.Length} entries, {count} done, then {At(keys, count)}", result);
            }
        }

        foreach (ref readonly var key in keys)
        {
            Delete(in key);
        }
    }

    public void Scan(MapPortion<TKey, TValue> portion)
    {
        if (IsArray || !MapScan.TryRead(_descriptor, in _info, Name, (keys, values) => portion(MemoryMarshal.Cast<byte, TKey>(keys), MemoryMarshal.Cast<byte, TValue>(values))))
        {
            var entries = Entries();
            portion([.. entries.Select(entry => entry.Key)], [.. entries.Select(entry => entry.Value)]);
        }
    }

    public IReadOnlyList<KeyValuePair<TKey, TValue>> Entries()
    {
        var entries = new List<KeyValuePair<TKey, TValue>>();
        if (!MapScan.TryRead(_descriptor, in _info, Name, (keys, values) => Add(entries, MemoryMarshal.Cast<byte, TKey>(keys), MemoryMarshal.Cast<byte, TValue>(values))))
        {
            entries.Clear();
            ReadOneByOne(entries);
        }

        return entries;
    }

    public void Dispose() => _descriptor.Dispose();

    private static ReadOnlySpan<byte> BytesOf(in TKey key) => MemoryMarshal.AsBytes(new ReadOnlySpan<TKey>(in key));

    private static bool IsZero(in TValue value) => !MemoryMarshal.AsBytes(new ReadOnlySpan<TValue>(in value)).ContainsAnyExcept((byte)0);

    private static bool IsUnsupported(int result) => result is -Errno.NotSupportedByKernel or -Errno.OperationNotSupported;

    private static string At(ReadOnlySpan<TKey> keys, uint index) => index < keys.Length ? $"{keys[(int)index]}" : "the end";

    private KernelException Failure(string operation, int result) => KernelException.For(
        $"map {Name}",
        operation,
        -result,
        -result is Errno.TooBig or Errno.NoSpace ? $"it holds at most {Capacity} entries" : null);

    private void Add(List<KeyValuePair<TKey, TValue>> entries, in TKey key, in TValue value)
    {
        if (!IsArray || !IsZero(in value))
        {
            entries.Add(new(key, value));
        }
    }

    private void Add(List<KeyValuePair<TKey, TValue>> entries, ReadOnlySpan<TKey> keys, ReadOnlySpan<TValue> values)
    {
        for (var i = 0; i < keys.Length; i++)
        {
            Add(entries, in keys[i], in values[i]);
        }
    }

    private void ReadOneByOne(List<KeyValuePair<TKey, TValue>> entries)
    {
        // When the key we stand on is deleted meanwhile, the kernel begins anew: what was seen must not repeat.
        var seen = new HashSet<TKey>();
        TKey key = default;
        TKey next = default;
        var restarts = 0;
        var result = BpfMapCalls.GetNextKey(_descriptor, default, MemoryMarshal.AsBytes(new Span<TKey>(ref next)));
        while (result == 0)
        {
            key = next;
            if (!seen.Add(key))
            {
                restarts++;
            }
            else if (TryGet(in key, out var value))
            {
                Add(entries, in key, in value);
            }

            if (restarts > Capacity)
            {
                throw new KernelException($"map {Name}: read entries: it changed faster than it could be read");
            }

            result = BpfMapCalls.GetNextKey(_descriptor, BytesOf(in key), MemoryMarshal.AsBytes(new Span<TKey>(ref next)));
        }

        if (result != -Errno.NoEntry)
        {
            throw Failure("read entries", result);
        }
    }
}
