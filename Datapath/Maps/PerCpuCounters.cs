using System.Globalization;
using System.Runtime.InteropServices;
using Axoneme.Datapath.Native;

namespace Axoneme.Datapath.Maps;

/// <summary>Reads a per-CPU array of <c>struct counter</c> and sums over the CPUs.</summary>
internal sealed class PerCpuCounters : IDisposable
{
    private const int ValueSize = 16;
    private readonly FileDescriptor _descriptor;
    private readonly string _name;
    private readonly uint _count;
    private readonly int _cpus = Cpus;

    public PerCpuCounters(FileDescriptor descriptor, string name)
    {
        var info = BpfObjectCalls.Info<BpfMapInfo>(descriptor, $"map {name}");
        if (info.Type != BpfMapType.PerCpuArray || info.ValueSize != ValueSize)
        {
            throw new KernelException($"map {name}: expected a per-CPU array of {ValueSize} bytes, the kernel's is a {info.Type} of {info.ValueSize}");
        }

        (_descriptor, _name, _count) = (descriptor, name, info.MaxEntries);
    }

    /// <summary>How many values a per-CPU map has of each.</summary>
    public static int Cpus { get; } = PossibleCpus(File.ReadAllText("/sys/devices/system/cpu/possible"));

    /// <summary>Every counter that is not zero.</summary>
    public IReadOnlyList<CounterReading> Read()
    {
        var keys = new uint[_count];
        var values = new CounterValue[_count * _cpus];
        var count = _count;
        Span<byte> next = stackalloc byte[sizeof(uint)];
        var result = BpfMapCalls.LookupBatch(_descriptor, default, next, MemoryMarshal.AsBytes(keys.AsSpan()), MemoryMarshal.AsBytes(values.AsSpan()), ref count);
        if (result is -Errno.NotSupportedByKernel or -Errno.OperationNotSupported)
        {
            ReadOneByOne(keys, values);
            count = _count;
        }
        else if (result < 0 && result != -Errno.NoEntry)
        {
            throw KernelException.For($"map {_name}", "read counters", -result);
        }

        List<CounterReading> readings = [];
        for (var i = 0; i < count; i++)
        {
            ulong packets = 0, bytes = 0;
            foreach (ref readonly var value in values.AsSpan(i * _cpus, _cpus))
            {
                packets += value.Packets;
                bytes += value.Bytes;
            }

            if (packets != 0 || bytes != 0)
            {
                readings.Add(new CounterReading(keys[i], packets, bytes));
            }
        }

        return readings;
    }

    public void Dispose() => _descriptor.Dispose();

    /// <summary>The number of CPUs a per-CPU value has: one more than the highest possible one, for example of "0-1,4-7".</summary>
    internal static int PossibleCpus(string ranges)
    {
        var last = ranges.Trim().Split(',', '-')[^1];
        return int.Parse(last, CultureInfo.InvariantCulture) + 1;
    }

    private void ReadOneByOne(uint[] keys, CounterValue[] values)
    {
        for (uint key = 0; key < _count; key++)
        {
            keys[key] = key;
            var result = BpfMapCalls.Lookup(_descriptor, MemoryMarshal.AsBytes(new ReadOnlySpan<uint>(in key)), MemoryMarshal.AsBytes(values.AsSpan((int)key * _cpus, _cpus)));
            if (result < 0)
            {
                throw KernelException.For($"map {_name}", $"read counter {key}", -result);
            }
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct CounterValue
    {
        public ulong Packets;
        public ulong Bytes;
    }
}
