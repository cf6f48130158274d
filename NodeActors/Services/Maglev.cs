namespace Axoneme.NodeActors.Services;

/// <summary>
/// Tables for consistent choice, as in "Maglev: A Fast and Reliable Software Network Load Balancer" (NSDI 2016): backends take turns, each claiming the next free
/// entry of a permutation of its own. Every node makes the same table of the same backends, and a backend that goes changes little beyond its own entries.
/// </summary>
public static class Maglev
{
    public const uint DefaultTableSize = 16381;

    /// <summary>An entry that nobody claimed.</summary>
    internal const ushort Free = ushort.MaxValue;

    /// <summary>Primes, so that every step between entries visits all of them.</summary>
    public static IReadOnlyList<uint> TableSizes { get; } = [251, 509, 1021, 2039, 4093, 8191, 16381, 32749, 65521, 131071];

    /// <summary>Which backend stands at each entry, by its place in the list.</summary>
    /// <param name="backends">At least one.</param>
    /// <param name="size">One of <see cref="TableSizes"/>.</param>
    /// <param name="seed">The same on all nodes.</param>
    /// <param name="turns">How many entries are claimed; null for all. The first turns are the same however many follow.</param>
    internal static ushort[] Build(BackendList backends, uint size, ulong seed, uint? turns = null)
    {
        ArgumentOutOfRangeException.ThrowIfZero(backends.Count);
        var table = new ushort[size];
        Array.Fill(table, Free);
        var ways = new (uint Next, uint Step)[backends.Count];
        for (var i = 0; i < ways.Length; i++)
        {
            ways[i] = WayOf(backends[i], size, seed);
        }

        var left = Math.Min(size, turns ?? size);
        while (true)
        {
            for (var i = 0; i < ways.Length; i++)
            {
                if (left-- == 0)
                {
                    return table;
                }

                // A permutation is never written down: its next entry is a step away.
                var (entry, step) = ways[i];
                while (table[entry] != Free)
                {
                    entry = Advance(entry, step, size);
                }

                table[entry] = (ushort)i;
                ways[i].Next = Advance(entry, step, size);
            }
        }
    }

    private static uint Advance(uint entry, uint step, uint size) => entry + step is var next && next < size ? next : next - size;

    private static (uint Next, uint Step) WayOf(BackendAddress backend, uint size, ulong seed)
    {
        var address = backend.Address;
        var first = Mix(seed ^ ((ulong)address.Word0 << 32 | address.Word1));
        first = Mix(first ^ ((ulong)address.Word2 << 32 | address.Word3));
        first = Mix(first ^ ((ulong)backend.Port << 8 | backend.Protocol));
        var second = Mix(first);
        return ((uint)(first % size), (uint)(second % (size - 1)) + 1);
    }

    /// <summary>A step of SplitMix64: every bit of the answer depends on every bit of the number.</summary>
    private static ulong Mix(ulong number)
    {
        number += 0x9E3779B97F4A7C15;
        number = (number ^ number >> 30) * 0xBF58476D1CE4E5B9;
        number = (number ^ number >> 27) * 0x94D049BB133111EB;
        return number ^ number >> 31;
    }
}
