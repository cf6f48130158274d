using Axoneme.Datapath;
using Axoneme.Datapath.Network;

namespace Axoneme.NodeActors.Network;

/// <summary>The way to other nodes: the tunnel device and the routes.</summary>
internal sealed partial class NodeNetwork
{
    private const int NoSuchFamily = 97; // EAFNOSUPPORT
    private LinkInfo? _tunnel;

    private string TunnelDevice => $"{NodeDevices.Prefix}vx{hostDevice[NodeDevices.Prefix.Length..]}";

    public NodeLinks Look() => new(_socket.Links(), _socket.Addresses(), _socket.Routes());

    public LinkInfo EnsureTunnel(ushort port, uint mtu, uint ifindex, out bool wasMade)
    {
        var found = _socket.FindLink(TunnelDevice);
        if (found is not null && (found.TunnelPort != port || ifindex != 0 && found.Index != ifindex))
        {
            _socket.DeleteLink(found.Index);
            found = null;
        }

        wasMade = found is null;
        if (found is null)
        {
            Create(new VxlanDevice(TunnelDevice, port, mtu, ifindex));
        }
        else if (found.Mtu != mtu || !found.IsUp)
        {
            _socket.Execute(new RouteBatch().SetMtu(found.Index, mtu).SetUp(found.Index));
        }

        _tunnel = _socket.FindLink(TunnelDevice) ?? throw new KernelException($"interface {TunnelDevice}: gone right after it was made");
        if (wasMade)
        {
            Inside(() =>
            {
                ReversePathFilter.ExemptAlone(TunnelDevice);
                return true;
            });
        }

        return _tunnel;
    }

    public void DeleteTunnel()
    {
        _socket.DeleteLink(TunnelDevice);
        _tunnel = null;
    }

    public IReadOnlyList<string> SetRoutes(IReadOnlyList<RouteInfo> routes)
    {
        var problems = new List<string>();
        var there = _socket.Routes();
        var isAlone = !_socket.Links().Any(link => NodeDevices.IsOfAnotherNode(link.Name, hostDevice));
        var ours = there.Where(route => IsOurs(route, isAlone)).ToHashSet();
        var destinations = routes.Select(route => route.Destination).ToHashSet();
        foreach (var route in ours.Where(route => !destinations.Contains(route.Destination)))
        {
            Try(new RouteBatch().RemoveRoute(route), problems);
        }

        foreach (var route in routes.Where(route => !ours.Contains(route)))
        {
            if (there.FirstOrDefault(other => other.Destination.Equals(route.Destination) && !ours.Contains(other)) is { } other)
            {
                problems.Add($"route {route.Destination}: there is one of somebody else (protocol {other.Protocol}, interface {other.Ifindex}), which stays");
                continue;
            }

            var isNew = !ours.Any(old => old.Destination.Equals(route.Destination));
            Try(isNew ? new RouteBatch().AddNewRoute(route) : new RouteBatch().AddRoute(route), problems);
        }

        return problems;
    }

    public IDisposable Watch(Action changed) => NetworkChanges.Listen(own, changed);

    /// <summary>Nodes that share a namespace tell their routes apart by the tunnel or the router address; a node alone knows all as its own.</summary>
    private bool IsOurs(RouteInfo route, bool isAlone) => route.Protocol == RouteInfo.OurProtocol &&
        (isAlone || route.Ifindex == _tunnel?.Index || route.Source is { } source && _routers.Contains(source));

    private void Create(VxlanDevice device)
    {
        try
        {
            _socket.Execute(new RouteBatch().CreateVxlan(device));
        }
        catch (KernelException exception) when (exception.ErrorNumber == NoSuchFamily && _socket.FindLink(device.Name) is { IsUp: true })
        {
            // A kernel without IPv6 has no such address to be kept from.
        }
        catch (KernelException exception)
        {
            _socket.DeleteLink(device.Name);
            throw new KernelException(
                $"{exception.Message}; if another device or process of this network namespace uses UDP port {device.Port}, give the tunnel another port, the same on all nodes",
                exception.ErrorNumber, exception);
        }
    }

    private void Try(RouteBatch batch, List<string> problems)
    {
        try
        {
            _socket.Execute(batch);
        }
        catch (KernelException exception)
        {
            problems.Add(exception.Message);
        }
    }
}
