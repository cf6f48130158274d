using Axoneme.Datapath.Native;

namespace Axoneme.Datapath.Loading;

/// <summary>
/// Decides for every map whether the pinned one can be used, and brings one that cannot be used over to a new one:
/// <list type="bullet">
/// <item>Same layout and size: the pinned map is used.</item>
/// <item>Another size: a new map is made and filled with a copy.</item>
/// <item>Another layout of what the agent writes: the whole unit begins empty (<see cref="AwaitsContents"/>) and the agent fills it before the attachments are switched.</item>
/// <item>Another layout of connections: members are carried over by name, or the upgrade is refused and nothing changed.</item>
/// </list>
/// A new map waits in <c>incoming/</c> and is renamed over the pinned one after the last attachment uses it. So after a crash at any moment
/// either the pinned map is in force and whole, or the waiting one is whole and the next start goes on with it. Whatever programs of before
/// wrote into connections after the copy is added where it is missing, before the switch and once more after it.
/// </summary>
internal sealed class MapUpgrade(PinDirectory pins, Action<string> reached) : IDisposable
{
    private const string EventStructure = "event";
    private readonly Dictionary<string, UpgradedMap> _maps = [];

    /// <summary>Whether maps begin empty that the agent has to fill before packets are judged by them.</summary>
    public bool AwaitsContents { get; private set; }

    /// <summary>The map to use for a name; null when it has yet to be created.</summary>
    public FileDescriptor? Existing(string name) => _maps[name].Map;

    /// <summary>Decides about the maps of an object. Later objects have to declare the same maps in the same way.</summary>
    /// <param name="declared">The object's maps, sized.</param>
    /// <param name="types">The object's type information.</param>
    /// <param name="program">One of the object's programs: the one pinned under the name says how the events in the pinned ring are to be read.</param>
    /// <exception cref="KernelException">Connections cannot be carried over; nothing was changed.</exception>
    public void Prepare(IReadOnlyList<BpfObjectMap> declared, TypeInformation types, string program)
    {
        var coming = new List<UpgradedMap>();
        foreach (var map in declared)
        {
            var wanted = MapShape.Of(map, types);
            wanted = wanted.Type == BpfMapType.RingBuffer ? wanted with { Value = types.Structure(EventStructure) } : wanted;
            if (!_maps.TryGetValue(map.Name, out var known))
            {
                coming.Add(new UpgradedMap(map.Name, wanted, pins));
            }
            else if (known.Wanted.Compare(wanted) is { Kind: not MapDifferenceKind.None } difference)
            {
                throw new KernelException($"map {map.Name}: the objects do not agree about it: {difference}; they are of different builds");
            }
        }

        foreach (var name in pins.IncomingNames().Where(name => name.EndsWith("_new", StringComparison.Ordinal)))
        {
            FileSystem.Remove(pins.Incoming(name)); // nobody finished it
        }

        foreach (var map in coming)
        {
            _maps.Add(map.Name, map);
        }

        PlanState([.. coming.Where(map => map.Contents == MapContents.State)]);
        foreach (var map in coming.Where(map => map.Contents == MapContents.Connections))
        {
            PlanConnections(map);
        }

        foreach (var map in coming.Where(map => map.Contents == MapContents.Passing))
        {
            PlanPassing(map, program);
        }
    }

    /// <summary>Takes a map that loading created.</summary>
    public void Created(string name, FileDescriptor map)
    {
        reached($"map {name} created");
        _maps[name].Created(map);
        reached($"map {name} filled");
    }

    /// <summary>
    /// Brings over which connections began since the maps were filled: loading programs takes seconds. Just before the attachments are switched, so that the new
    /// programs know who began all but those of the last moment.
    /// </summary>
    public void CarryOver()
    {
        foreach (var map in _maps.Values)
        {
            map.CarryOver();
        }
    }

    /// <summary>All attachments use the new maps: brings over what the old programs wrote since, and makes the new maps the pinned ones.</summary>
    public void Finish()
    {
        CarryOver();
        reached("connections carried over");
        foreach (var map in _maps.Values)
        {
            map.Commit();
            reached($"map {map.Name} pinned");
        }

        foreach (var left in pins.IncomingNames())
        {
            FileSystem.Remove(pins.Incoming(left));
        }

        foreach (var stranger in Directory.GetFiles(pins.Maps).Where(path => !_maps.ContainsKey(Path.GetFileName(path))))
        {
            FileSystem.Remove(stranger); // of a version before
        }

        AwaitsContents = false;
    }

    public void Dispose()
    {
        foreach (var map in _maps.Values)
        {
            map.Dispose();
        }
    }

    /// <summary>
    /// What an earlier start prepared is used only when all of it fits: the maps name each other's entries. Once a part of it was pinned, the rest
    /// of it, being whole, goes before what is pinned.
    /// </summary>
    private void PlanState(UpgradedMap[] unit)
    {
        var prepared = new Dictionary<string, FileDescriptor>();
        var fits = true;
        foreach (var map in unit)
        {
            if (BpfObjectCalls.OpenPinned(pins.Incoming(map.Name)) is { } incoming)
            {
                prepared.Add(map.Name, incoming);
                fits &= Difference(map, incoming).Kind == MapDifferenceKind.None;
            }
        }

        if (!fits)
        {
            foreach (var (name, incoming) in prepared)
            {
                incoming.Dispose();
                FileSystem.Remove(pins.Incoming(name));
            }

            prepared.Clear();
        }

        var pinned = unit.ToDictionary(map => map, map => BpfObjectCalls.OpenPinned(pins.Map(map.Name)));
        var differences = unit.ToDictionary(map => map, map => pinned[map] is { } existing ? Difference(map, existing) : MapDifference.None);
        var isOther = differences.Values.Any(difference => difference.Kind == MapDifferenceKind.Layout);
        AwaitsContents |= isOther;
        foreach (var map in unit)
        {
            if (prepared.TryGetValue(map.Name, out var incoming))
            {
                map.Use(incoming, isIncoming: true);
                pinned[map]?.Dispose();
            }
            else if (pinned[map] is not { } existing)
            {
                continue; // new in this version: it has nobody to take the place of
            }
            else if (isOther || differences[map].Kind == MapDifferenceKind.Size && IsUnused(map.Wanted))
            {
                map.Replace();
                existing.Dispose();
            }
            else if (differences[map].Kind == MapDifferenceKind.Size)
            {
                map.ReplaceWithCopy(existing, Conversion(map, existing));
            }
            else
            {
                map.Use(existing, isIncoming: false);
            }
        }
    }

    private void PlanConnections(UpgradedMap map)
    {
        // A map that other options or another version prepared may be in use on some interfaces: its connections count, too.
        if (BpfObjectCalls.OpenPinned(pins.Incoming(map.Name)) is { } incoming)
        {
            if (Difference(map, incoming).Kind == MapDifferenceKind.None)
            {
                map.Use(incoming, isIncoming: true);
            }
            else
            {
                using var before = incoming;
                FileSystem.Replace(pins.Incoming(map.Name), pins.Incoming($"{map.Name}_before{BpfObjectCalls.Info<BpfMapInfo>(before, Subject(map)).Id}"));
            }
        }

        if (BpfObjectCalls.OpenPinned(pins.Map(map.Name)) is { } pinned)
        {
            if (map.Map is not null)
            {
                map.CarryFrom(pinned, Conversion(map, pinned));
            }
            else if (Difference(map, pinned).Kind == MapDifferenceKind.None)
            {
                map.Use(pinned, isIncoming: false);
            }
            else
            {
                map.ReplaceWithCopy(pinned, Conversion(map, pinned));
            }
        }

        foreach (var before in pins.IncomingNames().Where(name => name.StartsWith($"{map.Name}_before", StringComparison.Ordinal)))
        {
            if (BpfObjectCalls.OpenPinned(pins.Incoming(before)) is { } source)
            {
                map.CarryFrom(source, Conversion(map, source));
            }
        }
    }

    private void PlanPassing(UpgradedMap map, string program)
    {
        FileSystem.Remove(pins.Incoming(map.Name));
        if (BpfObjectCalls.OpenPinned(pins.Map(map.Name)) is not { } pinned)
        {
            return;
        }

        var shape = MapShape.Of(pinned, Subject(map));
        shape = shape.Type == BpfMapType.RingBuffer ? shape with { Value = PinnedEvent(program) ?? map.Wanted.Value } : shape;
        var difference = shape.Compare(map.Wanted);
        if (difference.Kind == MapDifferenceKind.None)
        {
            map.Use(pinned, isIncoming: false);
        }
        else if (difference.Kind == MapDifferenceKind.Size && shape.Type == BpfMapType.PerCpuArray && shape.MaxEntries <= map.Wanted.MaxEntries)
        {
            map.ReplaceWithCopy(pinned, Conversion(map, pinned)); // a version with more counters goes on counting
        }
        else
        {
            map.Replace();
            pinned.Dispose();
        }
    }

    /// <summary>A ring says nothing about its records: the program that wrote them does. Null when none is pinned: then nothing is attached, and nothing in the ring.</summary>
    private TypeShape? PinnedEvent(string program)
    {
        using var pinned = BpfObjectCalls.OpenPinned(pins.Program(program));
        var subject = $"program {program}";
        return pinned is null ? null : new TypeInformation(BpfTypeInfoCalls.OfProgram(pinned, subject), subject).Structure(EventStructure) ?? new TypeShape("an event of unknown layout", 0);
    }

    /// <summary>A hash of one entry has nobody who reads it any more, such as tables of services when backends are chosen at random: what it held is not missed.</summary>
    private static bool IsUnused(MapShape wanted) => wanted is { Type: BpfMapType.Hash, MaxEntries: 1 };

    private EntryConversion Conversion(UpgradedMap map, FileDescriptor from)
    {
        var shape = MapShape.Of(from, Subject(map));
        return EntryConversion.Between(shape, map.Wanted, out var obstacles) ?? throw new KernelException(
            $"map {map.Name}: the one pinned below {pins.Root} has another layout: {string.Join(", ", obstacles)}; its entries cannot be carried over, and nothing was changed. "
            + "Go on with the version that made it, or drain the node, remove the datapath (`axoneme cleanup`) and start again: open connections are then judged anew");
    }

    private static MapDifference Difference(UpgradedMap map, FileDescriptor found) => MapShape.Of(found, Subject(map)).Compare(map.Wanted);

    private static string Subject(UpgradedMap map) => $"map {map.Name}";
}
