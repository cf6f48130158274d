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
    private const string ObjectName = "pod.bpf.o";
    private readonly Lock _attaching = new();
    private readonly PinDirectory _pins;
    private readonly LoadedObject _object;
    private readonly IPodAttachment _attachment;
    private readonly EventRing _events;
    private readonly PerCpuCounters _counters;
    private readonly List<IDisposable> _resources = [];

    private NodeDatapath(DatapathOptions options, PinDirectory pins, LoadedObject loaded)
    {
        (_pins, _object) = (pins, loaded);
        Endpoints = Map<uint, EndpointEntry>("endpoints");
        Hosts = Map<IpAddressKey, IpcacheEntry>("hosts");
        Prefixes = Map<PrefixKey, IpcacheEntry>("prefixes");
        Policy = Map<PolicyKey, PolicyEntry>("policy");
        PolicyRanges = Map<uint, PolicyRangeEntry>("policy_ranges");
        Conntrack4 = Map<ConntrackKey4, ConntrackEntry>("conntrack4");
        Conntrack6 = Map<ConntrackKey6, ConntrackEntry>("conntrack6");
        _events = Owned(new EventRing(loaded.TakeMap("events"), "events"));
        _counters = Owned(new PerCpuCounters(loaded.TakeMap("counters"), "counters"));
        _attachment = TakeOverAttachments(options);
    }

    public IKernelMap<uint, EndpointEntry> Endpoints { get; }

    public IKernelMap<IpAddressKey, IpcacheEntry> Hosts { get; }

    public IKernelMap<PrefixKey, IpcacheEntry> Prefixes { get; }

    public IKernelMap<PolicyKey, PolicyEntry> Policy { get; }

    public IKernelMap<uint, PolicyRangeEntry> PolicyRanges { get; }

    public IKernelMap<ConntrackKey4, ConntrackEntry> Conntrack4 { get; }

    public IKernelMap<ConntrackKey6, ConntrackEntry> Conntrack6 { get; }

    /// <summary>Whether pods are attached by tcx links; otherwise by clsact filters.</summary>
    public bool UsesTcx => _attachment is TcxAttachment;

    /// <summary>
    /// Loads the datapath. Throws <see cref="KernelException"/> when the directory is held by another process, when pinned
    /// maps are of another shape or size, or when the kernel refuses a program (with the verifier's last words).
    /// </summary>
    public static NodeDatapath Open(DatapathOptions options) => Open(options, EmbeddedObject());

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
        using var none = new FileDescriptor(-1);
        var programs = new PodPrograms(none, none);
        var clsact = new ClsactAttachment(programs, options.BpfRoot);
        foreach (var ifindex in clsact.Interfaces())
        {
            clsact.Detach(ifindex);
        }

        pins.Remove();
    }

    public void Attach(uint ifindex)
    {
        lock (_attaching)
        {
            _attachment.Attach(ifindex);
        }
    }

    public void Detach(uint ifindex)
    {
        lock (_attaching)
        {
            _attachment.Detach(ifindex);
        }
    }

    public IReadOnlyCollection<uint> AttachedInterfaces()
    {
        lock (_attaching)
        {
            return _attachment.Interfaces();
        }
    }

    public IReadOnlyList<CounterReading> ReadCounters() => _counters.Read();

    public Task ReadEventsAsync(Action<ReadOnlySpan<DatapathEvent>> onEvents, CancellationToken cancellationToken) =>
        _events.ReadAsync(onEvents, cancellationToken);

    /// <summary>Hands over what is in the event ring now and returns; not while <see cref="ReadEventsAsync"/> runs.</summary>
    public void DrainEvents(Action<ReadOnlySpan<DatapathEvent>> onEvents) => _events.Drain(onEvents);

    /// <summary>A runner for one of the loaded programs, <c>from_pod</c> or <c>to_pod</c>; it lives as long as this datapath.</summary>
    public ProgramTestRun TestRun(string program) => new(_object.Program(program), program);

    public void Dispose()
    {
        foreach (var resource in _resources)
        {
            resource.Dispose();
        }

        _object.Dispose();
        _pins.Dispose();
    }

    internal static NodeDatapath Open(DatapathOptions options, byte[] elf)
    {
        options.Validate();
        ExpeditedGracePeriods.RestoreLeftOver();
        var pins = PinDirectory.Open(options.BpfRoot);
        LoadedObject? loaded = null;
        try
        {
            loaded = DatapathLoader.Load(ObjectName, elf, options, pins);
            return new NodeDatapath(options, pins, loaded);
        }
        catch
        {
            loaded?.Dispose();
            pins.Dispose();
            throw;
        }
    }

    internal static byte[] EmbeddedObject()
    {
        using var stream = typeof(NodeDatapath).Assembly.GetManifestResourceStream(ObjectName)
            ?? throw new KernelException($"object {ObjectName}: not embedded; build Datapath with clang installed");
        var elf = new byte[stream.Length];
        stream.ReadExactly(elf);
        return elf;
    }

    /// <summary>Puts the new programs where the old ones are; the other kind of attachment goes only after ours is there.</summary>
    private IPodAttachment TakeOverAttachments(DatapathOptions options)
    {
        var programs = new PodPrograms(_object.Program(PodPrograms.FromPodName), _object.Program(PodPrograms.ToPodName));
        var tcx = new TcxAttachment(programs, _pins);
        var clsact = new ClsactAttachment(programs, options.BpfRoot);
        IPodAttachment ours = options.ForceClsact || !KernelFeatures.Tcx ? clsact : tcx;
        IPodAttachment others = ours == tcx ? clsact : tcx;
        tcx.RemoveStale();
        foreach (var ifindex in ours.Interfaces().Union(others.Interfaces()))
        {
            ours.Attach(ifindex);
            others.Detach(ifindex);
        }

        return ours;
    }

    private KernelMap<TKey, TValue> Map<TKey, TValue>(string name)
        where TKey : unmanaged
        where TValue : unmanaged => Owned(new KernelMap<TKey, TValue>(_object.TakeMap(name), name));

    private T Owned<T>(T resource)
        where T : IDisposable
    {
        _resources.Add(resource);
        return resource;
    }
}
