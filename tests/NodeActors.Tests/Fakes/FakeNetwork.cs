using System.Collections.Concurrent;
using System.Net;
using Axoneme.Datapath.Layout;
using Axoneme.NodeActors.Network;

namespace Axoneme.NodeActors.Tests.Fakes;

/// <summary>A node's network without a kernel. It outlives agents, as interfaces do.</summary>
internal sealed partial class FakeNetwork(Action<string>? record = null) : INodeNetwork
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, (PodInterface Pod, uint Ifindex, bool Configured)> _pairs = [];
    private uint _lastIfindex = 10;

    /// <summary>Thrown by the next call of that name.</summary>
    public (string Operation, Exception Failure)? FailNext { get; set; }

    public List<IPAddress> Own { get; } = [IPAddress.Parse("192.0.2.1")];

    public IReadOnlyList<IPAddress>? HostDevice { get; private set; }

    public IReadOnlyList<(PodInterface Pod, uint Ifindex, bool Configured)> Pairs
    {
        get
        {
            lock (_lock)
            {
                return [.. _pairs.Values];
            }
        }
    }

    public IReadOnlyList<IPAddress> LocalAddresses() => [.. Own, .. HostDevice ?? []];

    public T Inside<T>(Func<T> function) => function();

    public void EnsureHostDevice(IReadOnlyList<IPAddress> routers) => HostDevice = routers;

    /// <summary>Kernel settings that are not as pods need them.</summary>
    public Dictionary<string, string> Settings { get; } = [];

    public IReadOnlyDictionary<string, string>? Restored { get; private set; }

    public IReadOnlyDictionary<string, string> SettingsToChange(IReadOnlyList<IPAddress> routers) => Settings;

    public bool RestoreSettings(IReadOnlyDictionary<string, string> before)
    {
        Restored = before;
        return true;
    }

    public void DeleteHostDevice() => HostDevice = null;

    public uint Create(PodInterface pod)
    {
        ThrowIfDue(nameof(Create));
        lock (_lock)
        {
            _pairs[pod.HostName] = (pod, ++_lastIfindex, false);
            record?.Invoke("create pair");
            return _lastIfindex;
        }
    }

    public void Configure(PodInterface pod, uint ifindex)
    {
        ThrowIfDue(nameof(Configure));
        lock (_lock)
        {
            _pairs[pod.HostName] = (pod, ifindex, true);
            record?.Invoke("configure pair");
        }
    }

    public IReadOnlyList<string> Differences(PodInterface pod)
    {
        lock (_lock)
        {
            return !_pairs.TryGetValue(pod.HostName, out var pair) ? [$"interface {pod.HostName} is missing on the node"]
                : pair.Configured ? [] : [$"address {pod.Ipv4} is missing"];
        }
    }

    public uint? Find(PodInterface pod)
    {
        lock (_lock)
        {
            return _pairs.TryGetValue(pod.HostName, out var pair) && pair.Pod.HostMac == pod.HostMac ? pair.Ifindex : null;
        }
    }

    public void Delete(string hostName)
    {
        lock (_lock)
        {
            _pairs.Remove(hostName);
            record?.Invoke("delete pair");
        }
    }

    /// <summary>Sockets of pods' namespaces by path, and of the node's own by "".</summary>
    public ConcurrentDictionary<string, ConcurrentDictionary<SocketPeerKey, bool>> Sockets { get; } = [];

    /// <summary>Thrown for a namespace as long as it is there.</summary>
    public ConcurrentDictionary<string, Exception> Closed { get; } = [];

    /// <summary>How often a namespace was looked into.</summary>
    public int SocketLooks;

    public IReadOnlyList<SocketPeerKey> EndSockets(string? netns, IReadOnlySet<SocketPeerKey> peers)
    {
        Interlocked.Increment(ref SocketLooks);
        if (Closed.TryGetValue(netns ?? "", out var failure))
        {
            throw failure;
        }

        return Sockets.TryGetValue(netns ?? "", out var sockets) ? [.. peers.Where(peer => sockets.TryRemove(peer, out _))] : [];
    }

    private void ThrowIfDue(string operation)
    {
        if (FailNext is { } due && due.Operation == operation)
        {
            FailNext = null;
            throw due.Failure;
        }
    }
}
