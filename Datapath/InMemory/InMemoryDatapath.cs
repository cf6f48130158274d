using System.Collections.Concurrent;
using System.Threading.Channels;
using Axoneme.Datapath.Layout;
using Axoneme.Datapath.Native;

namespace Axoneme.Datapath.InMemory;

/// <summary>
/// A datapath without a kernel: for tests of whatever writes maps, attaches pods or reads events. Maps and attachments
/// keep what they are given, fail on request and count writes; nothing judges packets.
/// </summary>
public sealed class InMemoryDatapath : IDatapath
{
    private readonly ConcurrentDictionary<(InterfaceRole Role, uint Ifindex), bool> _attached = new();
    private readonly ConcurrentDictionary<uint, bool> _accelerated = new();
    private readonly ConcurrentQueue<int> _attachFailures = new();
    private readonly ConcurrentDictionary<uint, CounterReading> _counters = new();
    private readonly Channel<DatapathEvent> _events = Channel.CreateUnbounded<DatapathEvent>();

    public InMemoryKernelMap<uint, EndpointEntry> Endpoints { get; } = new("endpoints", 4096);

    public InMemoryKernelMap<IpAddressKey, IpcacheEntry> Hosts { get; } = new("hosts", 65536);

    public InMemoryKernelMap<PrefixKey, IpcacheEntry> Prefixes { get; } = new InMemoryPrefixMap("prefixes", 65536);

    public InMemoryKernelMap<PolicyKey, PolicyEntry> Policy { get; } = new("policy", 65536);

    public InMemoryKernelMap<uint, PolicyRangeEntry> PolicyRanges { get; } = new InMemoryArrayMap<PolicyRangeEntry>("policy_ranges", 65536);

    public InMemoryKernelMap<ConntrackKey4, ConntrackEntry> Conntrack4 { get; } = new("conntrack4", 65536);

    public InMemoryKernelMap<ConntrackKey6, ConntrackEntry> Conntrack6 { get; } = new("conntrack6", 65536);

    public InMemoryKernelMap<NatKey, NatEntry> Nat { get; } = new("nat", 65536);

    public InMemoryKernelMap<uint, IpAddressKey> Tunnels { get; } = new InMemoryArrayMap<IpAddressKey>("tunnels", 1024);

    public InMemoryKernelMap<uint, DeviceEntry> Devices { get; } = new("devices", 256);

    public InMemoryKernelMap<PrefixKey, uint> Unmasqueraded { get; } = new("unmasqueraded", 1024);

    public ServiceMaps Services { get; } = new()
    {
        Services = new InMemoryKernelMap<ServiceKey, ServiceEntry>("services", 1 << 17),
        Frontends = new InMemoryKernelMap<uint, ServiceKey>("frontends", 1 << 17),
        Pools = new InMemoryKernelMap<PoolSlot, uint>("service_pools", 1 << 20),
        Backends = new InMemoryKernelMap<uint, BackendEntry>("backends", 1 << 18),
        Maglev = new InMemoryKernelMap<MaglevKey, MaglevPiece>("maglev", 1 << 20),
        SourceRanges = new InMemoryKernelMap<SourceRangeKey, uint>("source_ranges", 1 << 16),
        NodePorts = new InMemoryKernelMap<NodePortKey, uint>("node_ports", 1 << 16),
        Affinity = new InMemoryKernelMap<AffinityKey, AffinityEntry>("affinity", 1 << 16),
        SocketPeers = new InMemoryKernelMap<SocketPeerKey, SocketPeer>("socket_peers", 1 << 16),
    };



    IKernelMap<uint, EndpointEntry> IDatapath.Endpoints => Endpoints;

    IKernelMap<IpAddressKey, IpcacheEntry> IDatapath.Hosts => Hosts;

    IKernelMap<PrefixKey, IpcacheEntry> IDatapath.Prefixes => Prefixes;

    IKernelMap<PolicyKey, PolicyEntry> IDatapath.Policy => Policy;

    IKernelMap<uint, PolicyRangeEntry> IDatapath.PolicyRanges => PolicyRanges;

    IKernelMap<ConntrackKey4, ConntrackEntry> IDatapath.Conntrack4 => Conntrack4;

    IKernelMap<ConntrackKey6, ConntrackEntry> IDatapath.Conntrack6 => Conntrack6;

    IKernelMap<NatKey, NatEntry> IDatapath.Nat => Nat;

    IKernelMap<uint, IpAddressKey> IDatapath.Tunnels => Tunnels;

    IKernelMap<uint, DeviceEntry> IDatapath.Devices => Devices;

    IKernelMap<PrefixKey, uint> IDatapath.Unmasqueraded => Unmasqueraded;

    /// <summary>Whether <see cref="Dispose"/> was called.</summary>
    public bool IsDisposed { get; private set; }

    /// <summary>Makes the next <see cref="Attach"/> or <see cref="Detach"/> fail.</summary>
    public void FailNextAttach(int errno) => _attachFailures.Enqueue(errno);

    /// <summary>Puts an event into the ring.</summary>
    public void Publish(in DatapathEvent datapathEvent) => _events.Writer.TryWrite(datapathEvent);

    /// <summary>Sets what a counter reads.</summary>
    public void SetCounter(CounterReading reading) => _counters[reading.Index] = reading;

    /// <summary>The cgroup of <see cref="AttachSockets"/>; null for none.</summary>
    public string? SocketCgroup { get; private set; }

    public void AttachSockets(string cgroup) => SocketCgroup = cgroup;

    public void DetachSockets() => SocketCgroup = null;

    public void Attach(uint ifindex, InterfaceRole role = InterfaceRole.Pod)
    {
        ThrowIfDue(ifindex, "attach");
        _attached[(role, ifindex)] = true;
    }

    public void Detach(uint ifindex, InterfaceRole role = InterfaceRole.Pod)
    {
        ThrowIfDue(ifindex, "detach");
        _attached.TryRemove((role, ifindex), out _);
    }

    public IReadOnlyCollection<uint> AttachedInterfaces(InterfaceRole role = InterfaceRole.Pod) =>
        [.. _attached.Keys.Where(attached => attached.Role == role).Select(attached => attached.Ifindex)];

    /// <summary>Whether <see cref="Accelerate"/> works.</summary>
    public bool DriverRunsPrograms { get; set; } = true;

    public void Accelerate(uint ifindex, bool inDriver = true)
    {
        if (!DriverRunsPrograms)
        {
            throw KernelException.For($"interface {ifindex}", "accelerate", Errno.OperationNotSupported);
        }

        _accelerated[ifindex] = inDriver;
    }

    public void Decelerate(uint ifindex) => _accelerated.TryRemove(ifindex, out _);

    public IReadOnlyCollection<uint> AcceleratedInterfaces() => [.. _accelerated.Keys];

    public IReadOnlyList<CounterReading> ReadCounters() => [.. _counters.Values.Where(c => c.Packets != 0 || c.Bytes != 0).OrderBy(c => c.Index)];

    public async Task ReadEventsAsync(Action<ReadOnlySpan<DatapathEvent>> onEvents, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var datapathEvent in _events.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                onEvents([datapathEvent]);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Contract: cancelling is how reading ends.
        }
    }

    public void Dispose() => IsDisposed = true;

    private void ThrowIfDue(uint ifindex, string operation)
    {
        if (_attachFailures.TryDequeue(out var errno))
        {
            throw KernelException.For($"interface {ifindex}", operation, errno);
        }
    }
}
