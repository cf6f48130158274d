using Axoneme.Datapath.Native;

namespace Axoneme.Datapath.Loading;

/// <summary>Everything by which a map in the kernel and one that an object declares may differ.</summary>
internal sealed record MapShape(BpfMapType Type, uint KeySize, uint ValueSize, uint MaxEntries, uint Flags, TypeShape? Key, TypeShape? Value)
{
    /// <summary>As the kernel has it.</summary>
    public static MapShape Of(FileDescriptor map, string subject)
    {
        var info = BpfObjectCalls.Info<BpfMapInfo>(map, subject);
        var types = new TypeInformation(BpfTypeInfoCalls.Read(info.TypeInfo, subject), subject);
        return new MapShape(info.Type, info.KeySize, info.ValueSize, info.MaxEntries, info.Flags, types.Shape(info.KeyType), types.Shape(info.ValueType));
    }

    /// <summary>As an object wants it.</summary>
    public static MapShape Of(BpfObjectMap map, TypeInformation types) =>
        new(map.Type, map.KeySize, map.ValueSize, map.MaxEntries, map.Flags, types.Shape(map.KeyType), types.Shape(map.ValueType));

    /// <summary>How this map differs from the wanted one.</summary>
    public MapDifference Compare(MapShape wanted)
    {
        List<string> layout = [], size = [];
        Note(layout, "type", Type, wanted.Type);
        Note(layout, "key size", KeySize, wanted.KeySize);
        Note(layout, "value size", ValueSize, wanted.ValueSize);
        layout.AddRange(Differences(Key, wanted.Key, "key"));
        layout.AddRange(Differences(Value, wanted.Value, "value"));
        Note(size, "max_entries", MaxEntries, wanted.MaxEntries);
        Note(size, "flags", Flags, wanted.Flags);
        return layout.Count > 0 ? new(MapDifferenceKind.Layout, [.. layout, .. size])
            : size.Count > 0 ? new(MapDifferenceKind.Size, size)
            : MapDifference.None;
    }

    private static void Note<T>(List<string> differences, string what, T found, T wanted)
    {
        if (!EqualityComparer<T>.Default.Equals(found, wanted))
        {
            differences.Add($"{what} is {found}, wanted {wanted}");
        }
    }

    /// <summary>Bytes without a description may be anything: they differ from described ones.</summary>
    private static IEnumerable<string> Differences(TypeShape? found, TypeShape? wanted, string path) =>
        wanted is null ? [] : found is null ? [$"{path} has no type information, wanted {wanted}"] : found.Differences(wanted, path);
}

/// <summary>How far a map is from the wanted one, and in what.</summary>
internal sealed record MapDifference(MapDifferenceKind Kind, IReadOnlyList<string> Details)
{
    public static MapDifference None { get; } = new(MapDifferenceKind.None, []);

    public override string ToString() => string.Join(", ", Details);
}

/// <summary>What a difference means for the entries.</summary>
internal enum MapDifferenceKind
{
    /// <summary>The map can be used as it is.</summary>
    None,

    /// <summary>Entries are the same, but their number or how they are allocated is not: they can be copied.</summary>
    Size,

    /// <summary>Entries are read differently.</summary>
    Layout,
}
