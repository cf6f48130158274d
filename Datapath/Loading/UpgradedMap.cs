using Axoneme.Datapath.Native;

namespace Axoneme.Datapath.Loading;

/// <summary>One map on its way into the programs that are being loaded: which one they use, and what has to be carried into it.</summary>
internal sealed class UpgradedMap(string name, MapShape wanted, PinDirectory pins) : IDisposable
{
    private readonly List<(FileDescriptor Map, EntryConversion Conversion)> _sources = [];

    public string Name => name;

    public MapShape Wanted => wanted;

    public MapContents Contents { get; } = MapContentsNames.Of(name);

    /// <summary>The map that the programs are to use; null until it is created.</summary>
    public FileDescriptor? Map { get; private set; }

    /// <summary>Whether it has yet to take the place of the one pinned.</summary>
    public bool IsIncoming { get; private set; }

    /// <summary>Whether it begins with all entries of the pinned one.</summary>
    public bool CopiesPinned { get; private set; }

    /// <summary>Uses a map that exists.</summary>
    public void Use(FileDescriptor map, bool isIncoming) => (Map, IsIncoming) = (map, isIncoming);

    /// <summary>Begins empty beside the pinned map.</summary>
    public void Replace() => IsIncoming = true;

    /// <summary>Begins with what the pinned map holds.</summary>
    public void ReplaceWithCopy(FileDescriptor pinned, EntryConversion conversion)
    {
        (IsIncoming, CopiesPinned) = (true, true);
        _sources.Add((pinned, conversion));
    }

    /// <summary>Takes in what programs of before still write into another map.</summary>
    public void CarryFrom(FileDescriptor other, EntryConversion conversion) => _sources.Add((other, conversion));

    /// <summary>
    /// Takes the map that was created for this, fills it as far as it is to be, and pins it. Under its own name in <c>incoming</c> it is only found when it is filled:
    /// whoever finds it need not ask how far somebody came.
    /// </summary>
    public void Created(FileDescriptor map)
    {
        Map = map;
        if (!IsIncoming)
        {
            PinDirectory.Pin(map, pins.Map(name));
            return;
        }

        if (Contents != MapContents.Connections && CopiesPinned)
        {
            var (source, conversion) = _sources.Single();
            new MapCopy(name, source, map, conversion).CopyAll();
        }
        else
        {
            CarryOver();
        }

        PinDirectory.PinReplacing(map, pins.Incoming(name));
    }

    /// <summary>Adds what other programs wrote elsewhere and this map lacks.</summary>
    public void CarryOver()
    {
        if (Contents == MapContents.Connections)
        {
            var lastSeen = wanted.Value?.Members?.FirstOrDefault(member => member.Name == "last_seen")
                ?? throw new KernelException($"map {name}: its values have no member last_seen, by which the newest connections are told");
            foreach (var (source, conversion) in _sources)
            {
                new MapCopy(name, source, Map!, conversion).AddMissing((int)lastSeen.Bit / 8);
            }
        }
    }

    /// <summary>The attachments use it: it takes the pinned one's place, in one step.</summary>
    public void Commit()
    {
        if (IsIncoming)
        {
            FileSystem.Replace(pins.Incoming(name), pins.Map(name));
            IsIncoming = false;
        }

        DisposeSources();
    }

    public void Dispose()
    {
        DisposeSources();
        Map?.Dispose();
    }

    private void DisposeSources()
    {
        _sources.ForEach(source => source.Map.Dispose());
        _sources.Clear();
    }
}
