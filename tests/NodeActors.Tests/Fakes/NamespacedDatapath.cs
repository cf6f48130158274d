using Axoneme.Datapath;
using Axoneme.Datapath.Layout;
using Axoneme.Datapath.Network;

namespace Axoneme.NodeActors.Tests.Fakes;

/// <summary>The kernel's datapath for a node in a namespace of its own: attaching looks an ifindex up in the thread's namespace.</summary>
internal sealed class NamespacedDatapath(NetworkNamespace node, NodeDatapath inner) : IDatapath
{
    public IKernelMap<uint, EndpointEntry> Endpoints => inner.Endpoints;

    public IKernelMap<IpAddressKey, IpcacheEntry> Hosts => inner.Hosts;

    public IKernelMap<PrefixKey, IpcacheEntry> Prefixes => inner.Prefixes;

    public IKernelMap<PolicyKey, PolicyEntry> Policy => inner.Policy;

    public IKernelMap<uint, PolicyRangeEntry> PolicyRanges => inner.PolicyRanges;

    public IKernelMap<ConntrackKey4, ConntrackEntry> Conntrack4 => inner.Conntrack4;

    public IKernelMap<ConntrackKey6, ConntrackEntry> Conntrack6 => inner.Conntrack6;

    public IKernelMap<NatKey, NatEntry> Nat => inner.Nat;

    public IKernelMap<uint, IpAddressKey> Tunnels => inner.Tunnels;

    public IKernelMap<uint, DeviceEntry> Devices => inner.Devices;

    public IKernelMap<PrefixKey, uint> Unmasqueraded => inner.Unmasqueraded;

    public ServiceMaps Services => inner.Services;


    public bool AwaitsContents => inner.AwaitsContents;

    public void TakeOver() => node.Run(inner.TakeOver);

    public void Attach(uint ifindex, InterfaceRole role = InterfaceRole.Pod) => node.Run(() => inner.Attach(ifindex, role));

    public void Detach(uint ifindex, InterfaceRole role = InterfaceRole.Pod) => node.Run(() => inner.Detach(ifindex, role));

    public IReadOnlyCollection<uint> AttachedInterfaces(InterfaceRole role = InterfaceRole.Pod) => node.Run(() => inner.AttachedInterfaces(role));

    public void AttachSockets(string cgroup) => inner.AttachSockets(cgroup);

    public void DetachSockets() => inner.DetachSockets();

    public void Accelerate(uint ifindex, bool inDriver = true) => node.Run(() => inner.Accelerate(ifindex, inDriver));

    public void Decelerate(uint ifindex) => node.Run(() => inner.Decelerate(ifindex));

    public IReadOnlyCollection<uint> AcceleratedInterfaces() => inner.AcceleratedInterfaces();

    public IReadOnlyList<CounterReading> ReadCounters() => inner.ReadCounters();

    public Task ReadEventsAsync(Action<ReadOnlySpan<DatapathEvent>> onEvents, CancellationToken cancellationToken) => inner.ReadEventsAsync(onEvents, cancellationToken);

    public void Dispose() => inner.Dispose();
}
