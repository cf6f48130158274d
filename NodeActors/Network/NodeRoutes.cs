using System.Net;
using System.Net.Sockets;
using Axoneme.Datapath.Network;

namespace Axoneme.NodeActors.Network;

/// <summary>The routes a node needs to the pods of others, and how it reaches each of them, in words.</summary>
/// <param name="Routes">What is to be made.</param>
/// <param name="Ways">By node.</param>
/// <param name="Problems">Pods that cannot be reached, and why.</param>
internal sealed record NodeRoutes(IReadOnlyList<RouteInfo> Routes, IReadOnlyDictionary<string, string> Ways, IReadOnlyList<string> Problems)
{
    /// <summary>Over the tunnel device.</summary>
    public static NodeRoutes ByTunnel(IEnumerable<NodeAddressing> nodes, IReadOnlyList<IPNetwork> ownCidrs, IReadOnlyList<IPAddress> routers, NodeUplinks uplinks, LinkInfo tunnel, uint mtu)
    {
        var plan = new Plan(ownCidrs);
        foreach (var node in nodes)
        {
            if (node.UnderlayFrom(uplinks.IPv4, uplinks.IPv6) is not { } underlay)
            {
                plan.Unreachable(node, "it has no address of a family that this node has one of");
                continue;
            }

            plan.Ways[node.Name] = $"tunnel to {underlay}";
            foreach (var cidr in node.PodCidrs)
            {
                plan.Add(node, new RouteInfo(cidr, tunnel.Index, null, RouterFor(cidr, routers)) { Protocol = RouteInfo.OurProtocol, Mtu = mtu });
            }
        }

        return plan.Done();
    }

    /// <summary>Directly, to nodes on the same link; others are left to the network.</summary>
    public static NodeRoutes Direct(IEnumerable<NodeAddressing> nodes, IReadOnlyList<IPNetwork> ownCidrs, IReadOnlyList<IPAddress> routers, NodeUplinks uplinks, NodeLinks seen)
    {
        var plan = new Plan(ownCidrs);
        foreach (var node in nodes)
        {
            var ways = new SortedSet<string>(StringComparer.Ordinal);
            foreach (var cidr in node.PodCidrs)
            {
                var gateway = cidr.BaseAddress.AddressFamily == AddressFamily.InterNetwork ? node.IPv4 : node.IPv6;
                if (gateway is not null && LinkOf(gateway, uplinks, seen) is { } link)
                {
                    ways.Add($"direct route via {gateway} dev {link.Name}");
                    plan.Add(node, new RouteInfo(cidr, link.Index, gateway, RouterFor(cidr, routers)) { Protocol = RouteInfo.OurProtocol });
                }
                else if (OthersRoute(cidr, seen) is { } route)
                {
                    ways.Add($"left to the network ({route.Destination} via {route.Gateway})");
                }
                else
                {
                    ways.Add("unreachable");
                    plan.Unreachable(node, gateway is null
                        ? $"it has no address of the family of its pods' network {cidr}"
                        : $"its address {gateway} is on no link of this node, and nobody routes {cidr}");
                }
            }

            plan.Ways[node.Name] = string.Join(", ", ways);
        }

        return plan.Done();
    }

    /// <summary>None: whoever runs the network routes pods' addresses.</summary>
    public static NodeRoutes LeftToTheNetwork(IEnumerable<NodeAddressing> nodes) =>
        new([], nodes.ToDictionary(node => node.Name, _ => "left to the network"), []);

    private static IPAddress? RouterFor(IPNetwork cidr, IReadOnlyList<IPAddress> routers) =>
        routers.FirstOrDefault(router => router.AddressFamily == cidr.BaseAddress.AddressFamily);

    /// <summary>The interface with the longest prefix around an address: a device, or where none are named any but our own.</summary>
    private static LinkInfo? LinkOf(IPAddress gateway, NodeUplinks uplinks, NodeLinks seen)
    {
        var address = seen.Addresses
            .Where(a => a.Address.AddressFamily == gateway.AddressFamily && a.PrefixLength < a.Address.GetAddressBytes().Length * 8 && a.Network.Contains(gateway))
            .Where(a => uplinks.Devices.Count == 0 || uplinks.Devices.Any(device => device.Ifindex == a.Ifindex))
            .MaxBy(a => a.PrefixLength);
        return address is null ? null : seen.Links.FirstOrDefault(link => link.Index == address.Ifindex && !link.IsLoopback && !NodeDevices.IsOurs(link.Name));
    }

    private static RouteInfo? OthersRoute(IPNetwork cidr, NodeLinks seen) => seen.Routes
        .Where(route => route.Protocol != RouteInfo.OurProtocol && route.Gateway is not null && route.Destination.PrefixLength <= cidr.PrefixLength && route.Destination.Contains(cidr.BaseAddress))
        .MaxBy(route => route.Destination.PrefixLength);

    private sealed class Plan(IReadOnlyList<IPNetwork> ownCidrs)
    {
        private readonly Dictionary<IPNetwork, (string Node, RouteInfo Route)> _routes = [];
        private readonly List<string> _problems = [];

        public Dictionary<string, string> Ways { get; } = [];

        public void Unreachable(NodeAddressing node, string reason)
        {
            Ways.TryAdd(node.Name, "unreachable");
            _problems.Add($"pods of node {node.Name} cannot be reached: {reason}");
        }

        public void Add(NodeAddressing node, RouteInfo route)
        {
            var cidr = route.Destination;
            if (ownCidrs.Any(own => own.Contains(cidr.BaseAddress) || cidr.Contains(own.BaseAddress)))
            {
                _problems.Add($"pods of node {node.Name} cannot be reached: its pods' network {cidr} overlaps with this node's");
            }
            else if (!_routes.TryAdd(cidr, (node.Name, route)))
            {
                _problems.Add($"pods of node {node.Name} cannot be reached: node {_routes[cidr].Node} has the same pods' network {cidr}");
            }
        }

        public NodeRoutes Done() => new([.. _routes.Values.Select(value => value.Route)], Ways, _problems);
    }
}
