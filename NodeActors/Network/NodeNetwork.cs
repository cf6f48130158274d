using System.Net;
using System.Net.Sockets;
using Axoneme.Datapath.Network;

namespace Axoneme.NodeActors.Network;

/// <summary>A node's network namespace, by rtnetlink: a pod costs one batch here and one in its namespace.</summary>
/// <param name="hostDevice">The device that holds the router addresses, whatever physical interfaces come and go; see <see cref="HostDeviceOf"/>.</param>
/// <param name="own">The node's namespace, which has to stay open; null for the process's.</param>
internal sealed partial class NodeNetwork(string hostDevice, NetworkNamespace? own = null) : INodeNetwork, IDisposable
{
    private const uint Loopback = 1;
    private readonly RouteSocket _socket = own is null ? RouteSocket.Open() : RouteSocket.OpenIn(own);
    private IReadOnlyList<IPAddress> _routers = [];

    /// <summary>The name of a node's host device.</summary>
    public static string HostDeviceOf(string bpfRoot) => NodeDevices.HostDeviceOf(bpfRoot);

    public IReadOnlyList<IPAddress> LocalAddresses() => LocalAddressesOf(_socket.Addresses());

    internal static IReadOnlyList<IPAddress> LocalAddressesOf(IEnumerable<AddressInfo> addresses) =>
        [.. addresses.Where(a => a.Ifindex != Loopback && !a.Address.IsIPv6LinkLocal).Select(a => a.Address).Distinct()];

    public void EnsureHostDevice(IReadOnlyList<IPAddress> routers)
    {
        Inside(() =>
        {
            ForwardingSettings.Apply(HasIPv6(routers));
            if (_tunnel is not null)
            {
                ReversePathFilter.Exempt(_tunnel.Name);
            }

            return true;
        });
        if (_socket.FindLink(hostDevice) is null)
        {
            _socket.Execute(new RouteBatch().CreateDummy(hostDevice));
        }

        var device = _socket.FindLink(hostDevice) ?? throw new Datapath.KernelException($"interface {hostDevice}: gone right after it was made");
        var batch = new RouteBatch().SetUp(device.Index);
        foreach (var old in _socket.Addresses(device.Index).Where(a => !a.Address.IsIPv6LinkLocal && !routers.Contains(a.Address)))
        {
            batch.RemoveAddress(device.Index, old.Address, old.PrefixLength);
        }

        foreach (var router in routers)
        {
            batch.AddAddress(device.Index, router);
        }

        _socket.Execute(batch);
        _routers = routers;
    }

    public void DeleteHostDevice() => _socket.DeleteLink(hostDevice);

    public IReadOnlyDictionary<string, string> SettingsToChange(IReadOnlyList<IPAddress> routers) => Inside(() =>
    {
        var changes = ForwardingSettings.Changes(HasIPv6(routers));
        return _tunnel is null ? changes : changes.Concat(ReversePathFilter.Changes()).ToDictionary();
    });

    public bool RestoreSettings(IReadOnlyDictionary<string, string> before) => Inside(() =>
    {
        if (ForwardingSettings.Interfaces("ipv4").Any(name => NodeDevices.IsOfAnotherNode(name, hostDevice)))
        {
            return false;
        }

        ForwardingSettings.Restore(before);
        return true;
    });

    public uint Create(PodInterface pod)
    {
        using var netns = NetworkNamespace.Open(pod.Netns);
        _socket.DeleteLink(pod.HostName);
        return _socket.CreateVeth(new VethPair
        {
            Name = pod.HostName,
            Mac = pod.HostMac,
            PeerName = pod.PodName,
            PeerMac = pod.Mac,
            PeerNamespace = netns,
            Mtu = (uint)pod.Mtu,
        }).Index;
    }

    public void Configure(PodInterface pod, uint ifindex)
    {
        using var netns = NetworkNamespace.Open(pod.Netns);
        netns.Run(() => ConfigureInside(pod));
        var batch = new RouteBatch().SetUp(ifindex);
        foreach (var address in pod.Addresses)
        {
            batch.AddRoute(HostRoute(address, ifindex)).AddNeighbour(ifindex, address, pod.Mac);
        }

        _socket.Execute(batch);
    }

    public IReadOnlyList<string> Differences(PodInterface pod)
    {
        var differences = new List<string>();
        if (_socket.FindLink(pod.HostName) is not { } host)
        {
            return [$"interface {pod.HostName} is missing on the node"];
        }

        if (!host.IsUp)
        {
            differences.Add($"interface {pod.HostName} is down");
        }

        if (host.Mac != pod.HostMac)
        {
            differences.Add($"interface {pod.HostName} has MAC {host.Mac}, not {pod.HostMac}");
        }

        var routes = _socket.Routes();
        var neighbours = _socket.Neighbours();
        foreach (var address in pod.Addresses)
        {
            if (!routes.Contains(HostRoute(address, host.Index)))
            {
                differences.Add($"route to {address} over {pod.HostName} is missing on the node");
            }

            if (!neighbours.Any(n => n.Ifindex == host.Index && n.Address.Equals(address) && n.Mac == pod.Mac && n.IsPermanent))
            {
                differences.Add($"neighbour entry {address} is {pod.Mac} is missing on {pod.HostName}");
            }
        }

        try
        {
            using var netns = NetworkNamespace.Open(pod.Netns);
            differences.AddRange(netns.Run(() => DifferencesInside(pod)));
        }
        catch (Datapath.KernelException exception)
        {
            differences.Add($"network namespace {pod.Netns}: {exception.Message}");
        }

        return differences;
    }

    public uint? Find(PodInterface pod) => _socket.FindLink(pod.HostName) is { } link && link.Mac == pod.HostMac ? link.Index : null;

    public void Delete(string hostName) => _socket.DeleteLink(hostName);

    public void Dispose() => _socket.Dispose();

    private static bool HasIPv6(IEnumerable<IPAddress> routers) => routers.Any(router => router.AddressFamily == AddressFamily.InterNetworkV6);

    /// <summary>Settings belong to the namespace of the thread that asks.</summary>
    public T Inside<T>(Func<T> function) => own is null ? function() : own.Run(function);

    private static IPAddress GatewayOf(IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetwork ? PodInterface.Gateway4 : PodInterface.Gateway6;

    private static RouteInfo DefaultRoute(IPAddress address, uint ifindex) => new(
        address.AddressFamily == AddressFamily.InterNetwork ? RouteInfo.DefaultIPv4 : RouteInfo.DefaultIPv6, ifindex, GatewayOf(address));

    private static void ConfigureInside(PodInterface pod)
    {
        using var socket = RouteSocket.Open();
        var link = socket.FindLink(pod.PodName) ?? throw new Datapath.KernelException($"interface {pod.PodName} in {pod.Netns}: is not there");
        if (pod.Ipv6 is not null)
        {
            // Runtimes switch IPv6 off in namespaces they expect to have none.
            Sysctl.Write($"net/ipv6/conf/{pod.PodName}/disable_ipv6", "0");
            Sysctl.Write($"net/ipv6/conf/{pod.PodName}/accept_ra", "0");
        }

        var batch = new RouteBatch().SetUp(Loopback).SetUp(link.Index);
        foreach (var address in pod.Addresses)
        {
            batch.AddAddress(link.Index, address).AddNeighbour(link.Index, GatewayOf(address), pod.HostMac).AddRoute(DefaultRoute(address, link.Index));
        }

        socket.Execute(batch);
    }

    private static List<string> DifferencesInside(PodInterface pod)
    {
        using var socket = RouteSocket.Open();
        if (socket.FindLink(pod.PodName) is not { } link)
        {
            return [$"interface {pod.PodName} is missing in {pod.Netns}"];
        }

        var differences = new List<string>();
        if (!link.IsUp)
        {
            differences.Add($"interface {pod.PodName} in {pod.Netns} is down");
        }

        if (link.Mac != pod.Mac)
        {
            differences.Add($"interface {pod.PodName} in {pod.Netns} has MAC {link.Mac}, not {pod.Mac}");
        }

        var addresses = socket.Addresses(link.Index);
        var routes = socket.Routes();
        var neighbours = socket.Neighbours();
        foreach (var address in pod.Addresses)
        {
            var gateway = GatewayOf(address);
            if (!addresses.Any(a => a.Address.Equals(address)))
            {
                differences.Add($"address {address} is missing on {pod.PodName} in {pod.Netns}");
            }

            if (!routes.Any(r => r.Ifindex == link.Index && r.Destination.PrefixLength == 0 && gateway.Equals(r.Gateway)))
            {
                differences.Add($"default route via {gateway} is missing in {pod.Netns}");
            }

            if (!neighbours.Any(n => n.Ifindex == link.Index && n.Address.Equals(gateway) && n.Mac == pod.HostMac && n.IsPermanent))
            {
                differences.Add($"neighbour entry of gateway {gateway} is missing in {pod.Netns}");
            }
        }

        return differences;
    }

    private RouteInfo HostRoute(IPAddress address, uint ifindex) => new(
        new IPNetwork(address, address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128), ifindex,
        Source: _routers.FirstOrDefault(router => router.AddressFamily == address.AddressFamily));
}
