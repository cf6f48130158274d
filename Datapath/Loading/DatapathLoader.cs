using Axoneme.Datapath.Native;

namespace Axoneme.Datapath.Loading;

/// <summary>Brings an object into the kernel over the maps that are pinned already, and pins what is new.</summary>
internal static class DatapathLoader
{
    /// <summary>
    /// Loads <paramref name="elf"/>. Pinned maps are used as they are when their type, sizes and flags are what the object
    /// and the options want; otherwise nothing is changed and a <see cref="KernelException"/> says what differs.
    /// </summary>
    public static LoadedObject Load(string name, ReadOnlySpan<byte> elf, DatapathOptions options, PinDirectory pins)
    {
        using var bpfObject = BpfObject.Open(name, elf);
        if (options.Config is { } config)
        {
            bpfObject.SetConstant("config", in config);
        }

        List<BpfObjectMap> created = [];
        var sizes = options.MapSizes();
        foreach (var map in bpfObject.Maps())
        {
            if (sizes.TryGetValue(map.Name, out var size))
            {
                map.SetMaxEntries(size);
            }

            using var pinned = BpfObjectCalls.OpenPinned(pins.Map(map.Name));
            if (pinned is null)
            {
                created.Add(map);
                continue;
            }

            RequireSame(map, BpfObjectCalls.Info<BpfMapInfo>(pinned, $"map {map.Name}"), pins.Map(map.Name));
            map.Reuse(pinned);
        }

        bpfObject.Load();
        foreach (var map in created)
        {
            using var descriptor = map.Descriptor();
            PinDirectory.Pin(descriptor, pins.Map(map.Name));
        }

        var programs = bpfObject.Programs();
        foreach (var (program, descriptor) in programs)
        {
            PinDirectory.PinReplacing(descriptor, pins.Program(program));
        }

        return new LoadedObject(name, programs, bpfObject.Maps().ToDictionary(map => map.Name, map => map.Descriptor()));
    }

    private static void RequireSame(BpfObjectMap wanted, BpfMapInfo pinned, string path)
    {
        var differences = new List<string>();
        Compare("type", pinned.Type, wanted.Type);
        Compare("key size", pinned.KeySize, wanted.KeySize);
        Compare("value size", pinned.ValueSize, wanted.ValueSize);
        Compare("max_entries", pinned.MaxEntries, wanted.MaxEntries);
        Compare("flags", pinned.Flags, wanted.Flags);
        if (differences.Count > 0)
        {
            throw new KernelException(
                $"map {wanted.Name}: the one pinned at {path} differs: {string.Join(", ", differences)}; "
                + "use the options it was made with, or remove the node's pins (its pods are then without policy until they are attached again)");
        }

        void Compare<T>(string what, T found, T expected)
        {
            if (!EqualityComparer<T>.Default.Equals(found, expected))
            {
                differences.Add($"{what} is {found}, wanted {expected}");
            }
        }
    }
}
