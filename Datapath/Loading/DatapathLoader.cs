using Axoneme.Datapath.Native;

namespace Axoneme.Datapath.Loading;

/// <summary>Brings an object into the kernel over the maps that a <see cref="MapUpgrade"/> chooses for it.</summary>
internal static class DatapathLoader
{
    /// <summary>Loads <paramref name="elf"/>. What is attached and pinned stays as it is; new maps wait for <see cref="MapUpgrade.Finish"/>.</summary>
    /// <param name="name">The object's name, for messages.</param>
    /// <param name="elf">The object file.</param>
    /// <param name="program">One of its programs; see <see cref="MapUpgrade.Prepare"/>.</param>
    /// <param name="options">Constants and sizes.</param>
    /// <param name="maps">The node's maps.</param>
    public static LoadedObject Load(string name, ReadOnlySpan<byte> elf, string program, DatapathOptions options, MapUpgrade maps)
    {
        using var bpfObject = BpfObject.Open(name, elf);
        if (options.Config is { } config)
        {
            bpfObject.SetConstant("config", in config);
        }

        var sizes = options.MapSizes();
        var declared = bpfObject.Maps();
        foreach (var map in declared)
        {
            if (sizes.TryGetValue(map.Name, out var size))
            {
                map.SetMaxEntries(size);
            }
        }

        maps.Prepare(declared, new TypeInformation(bpfObject.TypeInfo(), $"object {name}"), program);
        List<BpfObjectMap> created = [];
        foreach (var map in declared)
        {
            if (maps.Existing(map.Name) is { } existing)
            {
                map.Reuse(existing);
            }
            else
            {
                created.Add(map);
            }
        }

        bpfObject.Load();
        foreach (var map in created)
        {
            maps.Created(map.Name, map.Descriptor());
        }

        return new LoadedObject(name, bpfObject.Programs(), bpfObject.Maps().ToDictionary(map => map.Name, map => map.Descriptor()));
    }
}
