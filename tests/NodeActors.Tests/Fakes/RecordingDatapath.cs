using Axoneme.Datapath;
using Axoneme.Datapath.InMemory;
using Axoneme.Datapath.Layout;

namespace Axoneme.NodeActors.Tests.Fakes;

/// <summary>An in-memory datapath that writes down what is done to it, in order: <c>put policy</c>, <c>delete hosts</c>, <c>attach 7</c>.</summary>
internal sealed class RecordingDatapath : IDatapath
{
    private readonly Lock _lock = new();
    private readonly List<string> _operations = [];

    public RecordingDatapath(InMemoryDatapath inner)
    {
        Inner = inner;
        Endpoints = new Map<uint, EndpointEntry>(this, inner.Endpoints);
        Hosts = new Map<IpAddressKey, IpcacheEntry>(this, inner.Hosts);
        Prefixes = new Map<PrefixKey, IpcacheEntry>(this, inner.Prefixes);
        Policy = new Map<PolicyKey, PolicyEntry>(this, inner.Policy);
        PolicyRanges = new Map<uint, PolicyRangeEntry>(this, inner.PolicyRanges);
        Tunnels = new Map<uint, IpAddressKey>(this, inner.Tunnels);
    }

    public InMemoryDatapath Inner { get; }

    /// <summary>Name of a map that cannot be read whole; null for none.</summary>
    public volatile string? Unreadable;

    /// <summary>An interface nothing can be attached to; 0 for none.</summary>
    public volatile uint RefusedInterface;

    /// <summary>How many entries map policy is said to hold; 0 for what it does hold.</summary>
    public volatile uint PolicyCapacity;

    /// <summary>Called after each operation on a map, when the kernel has it; null for nobody.</summary>
    public volatile Action<string>? After;

    /// <summary>What was done since the last time this was asked.</summary>
    public IReadOnlyList<string> TakeOperations()
    {
        lock (_lock)
        {
            string[] taken = [.. _operations];
            _operations.Clear();
            return taken;
        }
    }

    public IKernelMap<uint, EndpointEntry> Endpoints { get; }

    public IKernelMap<IpAddressKey, IpcacheEntry> Hosts { get; }

    public IKernelMap<PrefixKey, IpcacheEntry> Prefixes { get; }

    public IKernelMap<PolicyKey, PolicyEntry> Policy { get; }

    public IKernelMap<uint, PolicyRangeEntry> PolicyRanges { get; }

    public IKernelMap<ConntrackKey4, ConntrackEntry> Conntrack4 => Inner.Conntrack4;

    public IKernelMap<ConntrackKey6, ConntrackEntry> Conntrack6 => Inner.Conntrack6;

    public IKernelMap<NatKey, NatEntry> Nat => Inner.Nat;

    public IKernelMap<uint, IpAddressKey> Tunnels { get; }

    public IKernelMap<uint, DeviceEntry> Devices => Inner.Devices;

    public IKernelMap<PrefixKey, uint> Unmasqueraded => Inner.Unmasqueraded;

    public ServiceMaps Services => Inner.Services;


    public void Attach(uint ifindex, InterfaceRole role = InterfaceRole.Pod)
    {
        Record($"attach {Prefix(role)}{ifindex}");
        if (ifindex == RefusedInterface)
        {
            throw new KernelException($"interface {ifindex}: attach: refused");
        }

        Inner.Attach(ifindex, role);
    }

    public void Detach(uint ifindex, InterfaceRole role = InterfaceRole.Pod)
    {
        Record($"detach {Prefix(role)}{ifindex}");
        Inner.Detach(ifindex, role);
    }

    public IReadOnlyCollection<uint> AttachedInterfaces(InterfaceRole role = InterfaceRole.Pod) => Inner.AttachedInterfaces(role);

    public void AttachSockets(string cgroup) => Inner.AttachSockets(cgroup);

    public void DetachSockets() => Inner.DetachSockets();

    public void Accelerate(uint ifindex, bool inDriver = true)
    {
        Record($"accelerate {ifindex}");
        Inner.Accelerate(ifindex, inDriver);
    }

    public void Decelerate(uint ifindex)
    {
        Record($"decelerate {ifindex}");
        Inner.Decelerate(ifindex);
    }

    public IReadOnlyCollection<uint> AcceleratedInterfaces() => Inner.AcceleratedInterfaces();

    public IReadOnlyList<CounterReading> ReadCounters() => Inner.ReadCounters();

    public Task ReadEventsAsync(Action<ReadOnlySpan<DatapathEvent>> onEvents, CancellationToken cancellationToken) =>
        Inner.ReadEventsAsync(onEvents, cancellationToken);

    /// <summary>The kernel's state outlives the process.</summary>
    public void Dispose()
    {
    }

    public void Record(string operation)
    {
        lock (_lock)
        {
            _operations.Add(operation);
        }
    }

    private static string Prefix(InterfaceRole role) => role == InterfaceRole.Pod ? "" : $"{role} ";

    private sealed class Map<TKey, TValue>(RecordingDatapath datapath, IKernelMap<TKey, TValue> inner) : IKernelMap<TKey, TValue>
        where TKey : unmanaged
        where TValue : unmanaged
    {
        public string Name => inner.Name;

        public uint Capacity => datapath.PolicyCapacity is > 0 and var few && inner.Name == datapath.Inner.Policy.Name ? few : inner.Capacity;

        public bool TryGet(in TKey key, out TValue value) => inner.TryGet(key, out value);

        public void Put(in TKey key, in TValue value)
        {
            datapath.Record($"put {Name}");
            inner.Put(key, value);
            datapath.After?.Invoke($"put {Name}");
        }

        public bool Delete(in TKey key)
        {
            datapath.Record($"delete {Name}");
            var was = inner.Delete(key);
            datapath.After?.Invoke($"delete {Name}");
            return was;
        }

        public void PutMany(ReadOnlySpan<TKey> keys, ReadOnlySpan<TValue> values)
        {
            datapath.Record($"put {Name}");
            inner.PutMany(keys, values);
            datapath.After?.Invoke($"put {Name}");
        }

        public void DeleteMany(ReadOnlySpan<TKey> keys)
        {
            datapath.Record($"delete {Name}");
            inner.DeleteMany(keys);
            datapath.After?.Invoke($"delete {Name}");
        }

        public IReadOnlyList<KeyValuePair<TKey, TValue>> Entries() =>
            datapath.Unreadable == Name ? throw new KernelException($"map {Name}: read: interrupted") : inner.Entries();
    }
}
