using System.Buffers.Binary;
using Axoneme.Datapath.Maps;
using Axoneme.Datapath.Native;

namespace Axoneme.Datapath.Loading;

/// <summary>Carries the entries of one map into another, whatever their types. Works on bytes: a typed map knows one layout only.</summary>
/// <param name="name">The map's name, for messages.</param>
/// <param name="from">The source; programs may go on writing it.</param>
/// <param name="to">The target.</param>
/// <param name="conversion">How values change on the way.</param>
internal sealed class MapCopy(string name, FileDescriptor from, FileDescriptor to, EntryConversion conversion)
{
    private readonly BpfMapInfo _from = BpfObjectCalls.Info<BpfMapInfo>(from, $"map {name}");
    private readonly BpfMapInfo _to = BpfObjectCalls.Info<BpfMapInfo>(to, $"map {name}");
    private bool IsArray => _to.Type is BpfMapType.Array or BpfMapType.PerCpuArray;

    /// <summary>Copies everything, or throws before the first entry when it does not fit.</summary>
    /// <exception cref="KernelException">The target is too small, or the kernel refused.</exception>
    public void CopyAll()
    {
        var needed = IsArray ? HighestIndexInUse() + 1 : Count();
        if (needed > _to.MaxEntries)
        {
            throw new KernelException($"map {name}: what it holds needs {needed} entries, and its new size is {_to.MaxEntries}; choose a larger one. Nothing was changed");
        }

        Read((key, value) => Write(key, value, BpfMapCalls.Update(to, key, value)));
    }

    /// <summary>
    /// Adds what the target does not have. Where not everything fits, only the entries seen last are added, the newest last of all, since an LRU
    /// forgets what came first.
    /// </summary>
    /// <param name="lastSeen">Where a value of the target says when it was seen last, in ticks.</param>
    /// <returns>How many were added.</returns>
    public int AddMissing(int lastSeen)
    {
        var added = 0;
        if (Count() <= _to.MaxEntries * 3L / 4)
        {
            Read(Add);
            return added;
        }

        var newest = new PriorityQueue<(byte[] Key, byte[] Value), uint>();
        Read((key, value) =>
        {
            newest.Enqueue((key.ToArray(), value.ToArray()), BinaryPrimitives.ReadUInt32LittleEndian(value[lastSeen..]));
            if (newest.Count > _to.MaxEntries)
            {
                newest.Dequeue();
            }
        });
        while (newest.TryDequeue(out var entry, out _))
        {
            Add(entry.Key, entry.Value);
        }

        return added;

        void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
        {
            var result = BpfMapCalls.Add(to, key, value);
            if (result != -Errno.Exists)
            {
                Write(key, value, result);
                added++;
            }
        }
    }

    private void Write(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, int result)
    {
        if (result < 0)
        {
            throw KernelException.For($"map {name}", $"copy an entry of {key.Length} + {value.Length} bytes into a map of {_to.MaxEntries} entries", -result);
        }
    }

    private uint Count()
    {
        var count = 0u;
        ReadRaw((keys, _) => count += (uint)keys.Length / _from.KeySize);
        return count;
    }

    private uint HighestIndexInUse()
    {
        var highest = 0u;
        Read((key, _) => highest = Math.Max(highest, BinaryPrimitives.ReadUInt32LittleEndian(key)));
        return highest;
    }

    /// <summary>Entries one by one, in the target's layout; of an array those that are not zero.</summary>
    private void Read(MapScan.Receiver each)
    {
        var valueSize = MapScan.ValueSize(_from);
        var converted = new byte[MapScan.ValueSize(_to)];
        ReadRaw((keys, values) =>
        {
            while (!keys.IsEmpty)
            {
                var key = keys[..(int)_from.KeySize];
                var value = values[..valueSize];
                if (!IsArray || value.ContainsAnyExcept((byte)0))
                {
                    if (_from.Type == BpfMapType.PerCpuArray)
                    {
                        value.CopyTo(converted); // one value per CPU; converted ones are not asked for
                    }
                    else
                    {
                        conversion.Apply(value, converted);
                    }

                    each(key, converted);
                }

                keys = keys[key.Length..];
                values = values[value.Length..];
            }
        });
    }

    private void ReadRaw(MapScan.Receiver receive)
    {
        if (!MapScan.TryRead(from, in _from, name, receive))
        {
            throw new KernelException($"map {name}: read entries: the kernel cannot read a map of type {_from.Type} in portions, or it changed too fast; start again");
        }
    }
}
