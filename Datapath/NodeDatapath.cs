using Axoneme.Datapath.Attachment;
using Axoneme.Datapath.Events;
using Axoneme.Datapath.Layout;
using Axoneme.Datapath.Loading;
using Axoneme.Datapath.Maps;
using Axoneme.Datapath.Native;
using Axoneme.Datapath.Programs;

namespace Axoneme.Datapath;

/// <summary>
/// The datapath in the kernel. Opening it loads the programs once and takes over what an earlier process left: pinned maps
/// with their contents, and attachments, whose programs are replaced without a packet passing unjudged. Disposing it leaves
/// everything in force; <see cref="Remove"/> ends it.
/// </summary>
public sealed class NodeDatapath : IDatapath
{
    private static readonly InterfaceRole[] Roles = Enum.GetValues<InterfaceRole>();
    private readonly Lock _attaching = new();
    private readonly PinDirectory _pins;
    private readonly MapUpgrade _maps;
    private readonly Action<string> _reached;
    private readonly IReadOnlyDictionary<InterfaceRole, LoadedObject> _objects;
    private readonly IReadOnlyDictionary<InterfaceRole, RoleAttachment> _attachments;
    private readonly LoadedObject _socketPrograms;
    private readonly SocketAttachment _sockets;
    private readonly LoadedObject _driverPrograms;
    private readonly DriverAttachment _drivers;
    private readonly EventRing _events;
    private readonly PerCpuCounters _counters;
    private readonly List<IDisposable> _resources = [];
    private bool _isInForce;

    private NodeDatapath(DatapathOptions options, PinDirectory pins, MapUpgrade maps, IReadOnlyDictionary<InterfaceRole, LoadedObject> objects, LoadedObject socketPrograms, LoadedObject driverPrograms, Action<string> reached)
    {
        (_pins, _maps, _objects, _socketPrograms, _driverPrograms, _reached) = (pins, maps, objects, socketPrograms, driverPrograms, reached);
        _sockets = new SocketAttachment(socketPrograms, pins);
        _drivers = new DriverAttachment(driverPrograms, pins);
        UsesTcx = !options.ForceClsact && KernelFeatures.Tcx;
        Endpoints = Map<uint, EndpointEntry>("endpoints");
        Hosts = Map<IpAddressKey, IpcacheEntry>("hosts");
        Prefixes = Map<PrefixKey, IpcacheEntry>("prefixes");
        Policy = Map<PolicyKey, PolicyEntry>("policy");
        PolicyRanges = Map<uint, PolicyRangeEntry>("policy_ranges");
        Conntrack4 = Map<ConntrackKey4, ConntrackEntry>("conntrack4");
        Conntrack6 = Map<ConntrackKey6, ConntrackEntry>("conntrack6");
        Nat = Map<NatKey, NatEntry>("nat");
        Tunnels = Map<uint, IpAddressKey>("tunnels");
        Devices = Map<uint, DeviceEntry>("devices");
        Unmasqueraded = Map<PrefixKey, uint>("unmasqueraded");
        Services = new ServiceMaps
        {
            Services = Map<ServiceKey, ServiceEntry>("services"),
            Frontends = Map<uint, ServiceKey>("frontends"),
            Pools = Map<PoolSlot, uint>("service_pools"),
            Backends = Map<uint, BackendEntry>("backends"),
            Maglev = Map<MaglevKey, MaglevPiece>("maglev"),
            SourceRanges = Map<SourceRangeKey, uint>("source_ranges"),
            NodePorts = Map<NodePortKey, uint>("node_ports"),
            Affinity = Map<AffinityKey, AffinityEntry>("affinity"),
            SocketPeers = Map<SocketPeerKey, SocketPeer>("socket_peers"),
        };
        _events = Owned(new EventRing(TakeMap("events"), "events"));
        _counters = Owned(new PerCpuCounters(TakeMap("counters"), "counters"));
        _attachments = Roles.ToDictionary(role => role, role => new RoleAttachment(ProgramsOf(role), pins, options.BpfRoot, UsesTcx));
    }

    public IKernelMap<uint, EndpointEntry> Endpoints { get; }

    public IKernelMap<IpAddressKey, IpcacheEntry> Hosts { get; }

    public IKernelMap<PrefixKey, IpcacheEntry> Prefixes { get; }

    public IKernelMap<PolicyKey, PolicyEntry> Policy { get; }

    public IKernelMap<uint, PolicyRangeEntry> PolicyRanges { get; }

    public IKernelMap<ConntrackKey4, ConntrackEntry> Conntrack4 { get; }

    public IKernelMap<ConntrackKey6, ConntrackEntry> Conntrack6 { get; }

    public IKernelMap<NatKey, NatEntry> Nat { get; }

    public IKernelMap<uint, IpAddressKey> Tunnels { get; }

    public IKernelMap<uint, DeviceEntry> Devices { get; }

    public IKernelMap<PrefixKey, uint> Unmasqueraded { get; }

    public ServiceMaps Services { get; }


    /// <summary>Whether interfaces are attached by tcx links; otherwise by clsact filters.</summary>
    public bool UsesTcx { get; }

    public bool AwaitsContents => _maps.AwaitsContents;

    /// <summary>
    /// Loads the datapath and puts its programs in the place of those attached, unless <see cref="AwaitsContents"/>. Throws
    /// <see cref="KernelException"/> when the directory is held by another process, when connections in pinned maps cannot be carried over into
    /// this version's, when pinned entries do not fit into the sizes asked for, or when the kernel refuses a program (with the verifier's last words).
    /// What was in force then stays in force.
    /// </summary>
    public static NodeDatapath Open(DatapathOptions options) => Open(options, EmbeddedObject);

    /// <summary>
    /// Detaches and unpins everything under the options' directory: the node's pods are without policy from then on. No effect when there is nothing.
    /// </summary>
    public static void Remove(DatapathOptions options)
    {
        if (!Directory.Exists(options.BpfRoot))
        {
            return;
        }

        ExpeditedGracePeriods.RestoreLeftOver();
        using var pins = PinDirectory.Open(options.BpfRoot);
        foreach (var clsact in Roles.Select(role => ClsactAttachment.WithoutPrograms(role, options.BpfRoot)))
        {
            foreach (var ifindex in clsact.Interfaces())
            {
                clsact.Detach(ifindex);
            }
        }

        pins.Remove();
    }

    public void TakeOver()
    {
        lock (_attaching)
        {
            if (_isInForce)
            {
                return;
            }

            _maps.CarryOver();
            foreach (var attachment in _attachments.Values)
            {
                attachment.TakeOver(_reached);
            }

            _sockets.TakeOver();
            _drivers.TakeOver();
            _reached("attachments switched");
            _maps.Finish();
            foreach (var (program, descriptor) in AllPrograms)
            {
                PinDirectory.PinReplacing(descriptor, _pins.Program(program));
            }

            _pins.RemoveProgramsBut(AllPrograms.Select(program => program.Key).ToHashSet());
            _isInForce = true;
        }
    }

    public void Attach(uint ifindex, InterfaceRole role = InterfaceRole.Pod)
    {
        lock (_attaching)
        {
            _attachments[role].Attach(ifindex);
        }
    }

    public void Detach(uint ifindex, InterfaceRole role = InterfaceRole.Pod)
    {
        lock (_attaching)
        {
            _attachments[role].Detach(ifindex);
        }
    }

    public IReadOnlyCollection<uint> AttachedInterfaces(InterfaceRole role = InterfaceRole.Pod)
    {
        lock (_attaching)
        {
            return _attachments[role].Interfaces();
        }
    }

    public void AttachSockets(string cgroup)
    {
        lock (_attaching)
        {
            _sockets.Attach(cgroup);
        }
    }

    public void DetachSockets()
    {
        lock (_attaching)
        {
            _sockets.Detach();
        }
    }

    public void Accelerate(uint ifindex, bool inDriver = true)
    {
        lock (_attaching)
        {
            _drivers.Attach(ifindex, inDriver);
        }
    }

    public void Decelerate(uint ifindex)
    {
        lock (_attaching)
        {
            _drivers.Detach(ifindex);
        }
    }

    public IReadOnlyCollection<uint> AcceleratedInterfaces()
    {
        lock (_attaching)
        {
            return _drivers.Interfaces();
        }
    }

    public IReadOnlyList<CounterReading> ReadCounters() => _counters.Read();

    public Task ReadEventsAsync(Action<ReadOnlySpan<DatapathEvent>> onEvents, CancellationToken cancellationToken) =>
        _events.ReadAsync(onEvents, cancellationToken);

    /// <summary>Hands over what is in the event ring now and returns; not while <see cref="ReadEventsAsync"/> runs.</summary>
    public void DrainEvents(Action<ReadOnlySpan<DatapathEvent>> onEvents) => _events.Drain(onEvents);

    /// <summary>A runner for one of the loaded programs, such as <c>from_pod</c>; it lives as long as this datapath.</summary>
    public ProgramTestRun TestRun(string program)
    {
        var loaded = AllLoaded.FirstOrDefault(loaded => loaded.Programs.ContainsKey(program)) ?? throw new KernelException($"the datapath has no program {program}");
        return new ProgramTestRun(loaded.Program(program), program, isDriver: loaded == _driverPrograms);
    }

    public void Dispose()
    {
        DisposeAll(_resources);
        DisposeAll(_objects.Values);
        _socketPrograms.Dispose();
        _driverPrograms.Dispose();
        _maps.Dispose();
        _pins.Dispose();
    }

    /// <param name="options">How to load.</param>
    /// <param name="elf">Object files by name. The first one loaded makes the maps, the others use them.</param>
    /// <param name="reached">Told of each step that leaves something behind, in words; tests end the process there.</param>
    internal static NodeDatapath Open(DatapathOptions options, Func<string, byte[]> elf, Action<string>? reached = null)
    {
        options.Validate();
        ExpeditedGracePeriods.RestoreLeftOver();
        reached ??= _ => { };
        var pins = PinDirectory.Open(options.BpfRoot);
        var maps = new MapUpgrade(pins, reached);
        var objects = new Dictionary<InterfaceRole, LoadedObject>();
        LoadedObject? sockets = null, drivers = null;
        NodeDatapath? datapath = null;
        try
        {
            foreach (var role in Roles)
            {
                objects[role] = DatapathLoader.Load(InterfacePrograms.ObjectNameOf(role), elf(InterfacePrograms.ObjectNameOf(role)), InterfacePrograms.FromNameOf(role), options, maps);
            }

            sockets = DatapathLoader.Load(SocketAttachment.ObjectName, elf(SocketAttachment.ObjectName), SocketAttachment.FirstName, options, maps);
            drivers = DatapathLoader.Load(DriverAttachment.ObjectName, elf(DriverAttachment.ObjectName), DriverAttachment.ProgramName, options, maps);
            datapath = new NodeDatapath(options, pins, maps, objects, sockets, drivers, reached);
            if (!datapath.AwaitsContents)
            {
                datapath.TakeOver();
            }

            return datapath;
        }
        catch
        {
            datapath?.Dispose();
            DisposeAll(objects.Values);
            sockets?.Dispose();
            drivers?.Dispose();
            maps.Dispose();
            pins.Dispose();
            throw;
        }
    }

    internal static byte[] EmbeddedObject(InterfaceRole role) => EmbeddedObject(InterfacePrograms.ObjectNameOf(role));

    internal static byte[] EmbeddedObject(string name)
    {
        using var stream = typeof(NodeDatapath).Assembly.GetManifestResourceStream(name)
            ?? throw new KernelException($"object {name}: not embedded; build Datapath with clang installed");
        var elf = new byte[stream.Length];
        stream.ReadExactly(elf);
        return elf;
    }

    private IEnumerable<LoadedObject> AllLoaded => _objects.Values.Append(_socketPrograms).Append(_driverPrograms);

    private IEnumerable<KeyValuePair<string, FileDescriptor>> AllPrograms => AllLoaded.SelectMany(loaded => loaded.Programs);

    private InterfacePrograms ProgramsOf(InterfaceRole role) =>
        new(role, _objects[role].Program(InterfacePrograms.FromNameOf(role)), _objects[role].Program(InterfacePrograms.ToNameOf(role)));

    private static void DisposeAll(IEnumerable<IDisposable> resources)
    {
        foreach (var resource in resources)
        {
            resource.Dispose();
        }
    }

    private KernelMap<TKey, TValue> Map<TKey, TValue>(string name)
        where TKey : unmanaged
        where TValue : unmanaged => Owned(new KernelMap<TKey, TValue>(TakeMap(name), name));

    /// <summary>All objects have the same maps; those of the first are as good as any.</summary>
    private FileDescriptor TakeMap(string name) => _objects[Roles[0]].TakeMap(name);

    private T Owned<T>(T resource)
        where T : IDisposable
    {
        _resources.Add(resource);
        return resource;
    }
}
