using System.Runtime.InteropServices;
using System.Text;

namespace Axoneme.Datapath.Native;

/// <summary>Map commands of bpf(2). All return 0 (or a descriptor) or minus the error number.</summary>
internal static unsafe class BpfMapCalls
{
    public static int Create(BpfMapType type, int keySize, int valueSize, uint maxEntries, uint flags, string name)
    {
        var attributes = new CreateAttributes { Type = (uint)type, KeySize = (uint)keySize, ValueSize = (uint)valueSize, MaxEntries = maxEntries, Flags = flags };
        var bytes = Encoding.ASCII.GetBytes(name);
        bytes.AsSpan(0, Math.Min(bytes.Length, 15)).CopyTo(new Span<byte>(attributes.Name, 16));
        return BpfSystemCall.Call(BpfCommand.MapCreate, ref attributes);
    }

    public static int Lookup(FileDescriptor map, ReadOnlySpan<byte> key, Span<byte> value) => Element(BpfCommand.MapLookup, map, key, value);

    public static int Update(FileDescriptor map, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => Element(BpfCommand.MapUpdate, map, key, value);

    /// <summary>Writes an entry only where there is none (BPF_NOEXIST); EEXIST says that there is one.</summary>
    public static int Add(FileDescriptor map, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => Element(BpfCommand.MapUpdate, map, key, value, flags: 1);

    public static int Delete(FileDescriptor map, ReadOnlySpan<byte> key) => Element(BpfCommand.MapDelete, map, key, default);

    /// <summary>An empty <paramref name="key"/> asks for the first one.</summary>
    public static int GetNextKey(FileDescriptor map, ReadOnlySpan<byte> key, Span<byte> next) => Element(BpfCommand.MapGetNextKey, map, key, next);

    /// <summary><paramref name="count"/> becomes the number of entries done, also on failure.</summary>
    public static int UpdateBatch(FileDescriptor map, ReadOnlySpan<byte> keys, ReadOnlySpan<byte> values, ref uint count) =>
        Batch(BpfCommand.MapUpdateBatch, map, default, default, keys, values, ref count);

    /// <summary><paramref name="count"/> becomes the number of entries done, also on failure.</summary>
    public static int DeleteBatch(FileDescriptor map, ReadOnlySpan<byte> keys, ref uint count) =>
        Batch(BpfCommand.MapDeleteBatch, map, default, default, keys, default, ref count);

    /// <summary>An empty <paramref name="position"/> begins; ENOENT says that this was the last portion, which may hold entries.</summary>
    public static int LookupBatch(FileDescriptor map, ReadOnlySpan<byte> position, Span<byte> next, Span<byte> keys, Span<byte> values, ref uint count) =>
        Batch(BpfCommand.MapLookupBatch, map, position, next, keys, values, ref count);

    private static int Element(BpfCommand command, FileDescriptor map, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, ulong flags = 0)
    {
        using var lease = map.Acquire();
        fixed (byte* keyPointer = key)
        fixed (byte* valuePointer = value)
        {
            var attributes = new ElementAttributes { Map = (uint)lease.Number, Key = (ulong)keyPointer, Value = (ulong)valuePointer, Flags = flags };
            return BpfSystemCall.Call(command, ref attributes);
        }
    }

    private static int Batch(BpfCommand command, FileDescriptor map, ReadOnlySpan<byte> position, ReadOnlySpan<byte> next, ReadOnlySpan<byte> keys, ReadOnlySpan<byte> values, ref uint count)
    {
        using var lease = map.Acquire();
        fixed (byte* positionPointer = position)
        fixed (byte* nextPointer = next)
        fixed (byte* keyPointer = keys)
        fixed (byte* valuePointer = values)
        {
            var attributes = new BatchAttributes
            {
                InBatch = (ulong)positionPointer,
                OutBatch = (ulong)nextPointer,
                Keys = (ulong)keyPointer,
                Values = (ulong)valuePointer,
                Count = count,
                Map = (uint)lease.Number,
            };
            var result = BpfSystemCall.Call(command, ref attributes);
            count = attributes.Count;
            return result;
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct CreateAttributes
    {
        public uint Type;
        public uint KeySize;
        public uint ValueSize;
        public uint MaxEntries;
        public uint Flags;
        public uint InnerMap;
        public uint NumaNode;
        public fixed byte Name[16];
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct ElementAttributes
    {
        public uint Map;
        public uint Padding;
        public ulong Key;
        public ulong Value;
        public ulong Flags;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct BatchAttributes
    {
        public ulong InBatch;
        public ulong OutBatch;
        public ulong Keys;
        public ulong Values;
        public uint Count;
        public uint Map;
        public ulong ElementFlags;
        public ulong Flags;
    }
}
