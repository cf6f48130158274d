using Axoneme.Datapath.Layout;

namespace Axoneme.Datapath;

/// <summary>
/// One node's loaded datapath: its maps, its attachments, its events. Programs are loaded once; a pod is an
/// <see cref="Attach"/> and a few map entries. All of it is pinned under the node's bpffs directory and outlives this process.
/// </summary>
public interface IDatapath : IDisposable
{
    /// <summary>Pods of this node by the ifindex of their host-side interface.</summary>
    IKernelMap<uint, EndpointEntry> Endpoints { get; }

    /// <summary>Identity of single addresses (pods, nodes): the exact tier of the ipcache.</summary>
    IKernelMap<IpAddressKey, IpcacheEntry> Hosts { get; }

    /// <summary>Identity of prefixes: the longest-prefix tier of the ipcache.</summary>
    IKernelMap<PrefixKey, IpcacheEntry> Prefixes { get; }

    /// <summary>Policy verdicts, shared by all pods with the same policy id.</summary>
    IKernelMap<PolicyKey, PolicyEntry> Policy { get; }

    /// <summary>Sorted interval lists that policy entries with more than one interval point into.</summary>
    IKernelMap<uint, PolicyRangeEntry> PolicyRanges { get; }

    IKernelMap<ConntrackKey4, ConntrackEntry> Conntrack4 { get; }

    IKernelMap<ConntrackKey6, ConntrackEntry> Conntrack6 { get; }

    /// <summary>Masqueraded connections, two entries each.</summary>
    IKernelMap<NatKey, NatEntry> Nat { get; }

    /// <summary>Underlay addresses of nodes by index, from 1; what <see cref="IpcacheEntry.Tunnel"/> points into.</summary>
    IKernelMap<uint, IpAddressKey> Tunnels { get; }

    /// <summary>Interfaces that lead out of the node by ifindex, with what is masqueraded there.</summary>
    IKernelMap<uint, DeviceEntry> Devices { get; }

    /// <summary>Destinations that pods are seen by under their own address; the value means nothing.</summary>
    IKernelMap<PrefixKey, uint> Unmasqueraded { get; }

    /// <summary>Where services lead.</summary>
    ServiceMaps Services { get; }

    /// <summary>
    /// Whether this version keeps state in other layouts than the one before: the maps of state are empty, what was attached goes on judging
    /// by the maps before, and <see cref="TakeOver"/> has to be called once the maps are filled.
    /// </summary>
    bool AwaitsContents => false;

    /// <summary>
    /// Puts the programs in the place of those before, so that each packet is judged by the old or the new ones, and ends what only the version before needed. No
    /// effect when that is done. May be repeated after a failure.
    /// </summary>
    void TakeOver()
    {
    }

    /// <summary>Attaches the two programs of a role to an interface (tcx where the kernel has it, else clsact); no effect when they are there.</summary>
    void Attach(uint ifindex, InterfaceRole role = InterfaceRole.Pod);

    /// <summary>Detaches; no effect when they are not there or the interface is gone.</summary>
    void Detach(uint ifindex, InterfaceRole role = InterfaceRole.Pod);

    /// <summary>Interfaces that carry our programs of a role now.</summary>
    IReadOnlyCollection<uint> AttachedInterfaces(InterfaceRole role = InterfaceRole.Pod);

    /// <summary>
    /// Has sockets in a cgroup and below it translate services themselves; moves there when another cgroup was named before.
    /// </summary>
    /// <param name="cgroup">A directory of a cgroup v2 hierarchy.</param>
    void AttachSockets(string cgroup);

    /// <summary>Ends that; no effect when there is nothing.</summary>
    void DetachSockets();

    /// <summary>
    /// Has a device's driver run our program (XDP), which sends on what goes between clients outside and backends elsewhere; no effect when it does.
    /// </summary>
    /// <param name="ifindex">The device.</param>
    /// <param name="inDriver">False: the kernel runs it in the driver's place, which works with every device and gains nothing.</param>
    /// <exception cref="KernelException">The driver cannot, or another program is there.</exception>
    void Accelerate(uint ifindex, bool inDriver = true);

    /// <summary>Ends that; no effect when there is nothing.</summary>
    void Decelerate(uint ifindex);

    /// <summary>Devices whose drivers run our program now.</summary>
    IReadOnlyCollection<uint> AcceleratedInterfaces();

    /// <summary>Counters summed over all CPUs: (index, packets, bytes) of every counter that is not zero.</summary>
    IReadOnlyList<CounterReading> ReadCounters();

    /// <summary>
    /// Reads events until cancelled, calling <paramref name="onEvents"/> with batches. The kernel wakes the reader when 64 KiB
    /// are pending; otherwise it looks every 100 ms.
    /// </summary>
    Task ReadEventsAsync(Action<ReadOnlySpan<DatapathEvent>> onEvents, CancellationToken cancellationToken);
}

/// <summary>One counter: see <c>enum named_counter</c> in layout.h for the indices.</summary>
public readonly record struct CounterReading(uint Index, ulong Packets, ulong Bytes);
