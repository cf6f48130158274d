using System.Net;
using Axoneme.Datapath.Network;
using Axoneme.NodeActors.Network;

namespace Axoneme.NodeActors.Tests.Fakes;

/// <summary>The fake's way to other nodes.</summary>
internal sealed partial class FakeNetwork
{
    private readonly List<Action> _watchers = [];

    /// <summary>What the node has beside the router addresses. Change it under no lock, then call <see cref="Changed"/>.</summary>
    public NodeLinks There { get; set; } = new([], [], []);

    public LinkInfo? Tunnel { get; set; }

    /// <summary>How often a tunnel device was made.</summary>
    public int TunnelsMade { get; private set; }

    public IReadOnlyList<RouteInfo> Routes { get; private set; } = [];

    public bool RoutesWereSet { get; private set; }

    public NodeLinks Look() => There with
    {
        Addresses = [.. There.Addresses, .. Own.Concat(HostDevice ?? []).Except(There.Addresses.Select(a => a.Address)).Select(address => new AddressInfo(2, address, 32, IsTentative: false))],
    };

    public LinkInfo EnsureTunnel(ushort port, uint mtu, uint ifindex, out bool wasMade)
    {
        wasMade = Tunnel is null;
        TunnelsMade += wasMade ? 1 : 0;
        return Tunnel ??= new LinkInfo(ifindex == 0 ? 500 : ifindex, "axo_vx", default, mtu, IsUp: true, "vxlan", 0) { TunnelPort = port };
    }

    public void DeleteTunnel() => Tunnel = null;

    public IReadOnlyList<string> SetRoutes(IReadOnlyList<RouteInfo> routes)
    {
        (Routes, RoutesWereSet) = (routes, true);
        return [];
    }

    public IDisposable Watch(Action changed)
    {
        lock (_lock)
        {
            _watchers.Add(changed);
        }

        return new Unwatch(() =>
        {
            lock (_lock)
            {
                _watchers.Remove(changed);
            }
        });
    }

    /// <summary>The kernel says that something changed.</summary>
    public void Changed()
    {
        Action[] watchers;
        lock (_lock)
        {
            watchers = [.. _watchers];
        }

        Array.ForEach(watchers, watcher => watcher());
    }

    private sealed class Unwatch(Action end) : IDisposable
    {
        public void Dispose() => end();
    }
}
