using Axoneme.Datapath.Native;

namespace Axoneme.Datapath.Maps;

/// <summary>Reads maps in portions, so that a map of any size costs the memory of one.</summary>
internal static class MapScan
{
    /// <summary>Entries per portion, unless a bucket of the map holds more.</summary>
    public const int Portion = 4096;

    /// <summary>Takes keys and values of one portion, packed one after the other.</summary>
    public delegate void Receiver(ReadOnlySpan<byte> keys, ReadOnlySpan<byte> values);

    /// <summary>
    /// Hands over every entry once, in portions. A hash is read bucket by bucket: it ends however fast entries come and go, entries that stay are
    /// read once, and <paramref name="receive"/> may delete. False when the kernel cannot read this map so, or a trie changed under its feet;
    /// entries may have been handed over by then.
    /// </summary>
    /// <exception cref="KernelException">The kernel refused.</exception>
    public static bool TryRead(FileDescriptor map, in BpfMapInfo info, string name, Receiver receive)
    {
        var valueSize = ValueSize(info);
        var portion = (int)Math.Min(info.MaxEntries, Portion);
        var keys = new byte[portion * info.KeySize];
        var values = new byte[portion * valueSize];
        var positionSize = Math.Max(sizeof(uint), (int)info.KeySize); // hashes: a bucket number; others: the last key
        Span<byte> position = new byte[positionSize];
        Span<byte> next = new byte[positionSize];
        var begun = false;
        while (true)
        {
            var count = (uint)portion;
            var result = BpfMapCalls.LookupBatch(map, begun ? position : default, next, keys, values, ref count);
            if (result == -Errno.NoSpace)
            {
                portion *= 2; // one bucket holds more than a portion
                keys = new byte[portion * info.KeySize];
                values = new byte[portion * valueSize];
                continue;
            }

            if (result is -Errno.Interrupted or -Errno.NotSupportedByKernel or -Errno.OperationNotSupported)
            {
                return false;
            }

            if (result < 0 && result != -Errno.NoEntry)
            {
                throw KernelException.For($"map {name}", "read entries", -result);
            }

            receive(keys.AsSpan(0, (int)(count * info.KeySize)), values.AsSpan(0, (int)count * valueSize));
            if (result == -Errno.NoEntry)
            {
                return true;
            }

            next.CopyTo(position);
            begun = true;
        }
    }

    /// <summary>Bytes that the kernel hands out per value: of a per-CPU map one value for each CPU, each padded to eight bytes.</summary>
    public static int ValueSize(in BpfMapInfo info) =>
        info.Type == BpfMapType.PerCpuArray ? (int)((info.ValueSize + 7) / 8 * 8) * PerCpuCounters.Cpus : (int)info.ValueSize;
}
