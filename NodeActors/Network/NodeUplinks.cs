using System.Net;
using System.Net.Sockets;
using Axoneme.Datapath.Network;

namespace Axoneme.NodeActors.Network;

/// <summary>How a node is connected: its devices and the addresses others reach it by.</summary>
/// <param name="Devices">Interfaces that lead out, the one with the default route first.</param>
/// <param name="IPv4">The node's address; null for none.</param>
/// <param name="IPv6">The same for IPv6.</param>
/// <param name="Mtu">Bytes of the longest packet that every device takes.</param>
internal sealed record NodeUplinks(IReadOnlyList<NodeDevice> Devices, IPAddress? IPv4, IPAddress? IPv6, uint Mtu)
{
    private const uint DefaultMtu = 1500;

    /// <summary>Bytes that VXLAN adds: outer IP, UDP, VXLAN and the inner Ethernet header (RFC 7348).</summary>
    private const uint Overhead4 = 20 + 8 + 8 + 14;
    private const uint Overhead6 = 40 + 8 + 8 + 14;

    /// <summary>Bytes of the longest inner packet a tunnel between nodes takes.</summary>
    public uint TunnelMtu => Mtu - (IPv4 is null ? Overhead6 : Overhead4);

    /// <summary>Works it out from the options and what is there.</summary>
    public static NodeUplinks Detect(NodeAgentOptions options, NodeLinks seen)
    {
        IPAddress[] wanted = [.. new[] { options.NodeIPv4, options.NodeIPv6 }.OfType<IPAddress>()];
        var withDefault = seen.Routes.Where(route => route.Destination.PrefixLength == 0).Select(route => route.Ifindex).ToHashSet();
        NodeDevice[] devices =
        [
            .. seen.Links.Where(link => IsDevice(options, seen, link, withDefault, wanted))
                .OrderByDescending(link => withDefault.Contains(link.Index)).ThenBy(link => link.Index)
                .Select(link => new NodeDevice(
                    link.Index, link.Name, link.Mac, link.Mtu, AddressOf(seen, link.Index, AddressFamily.InterNetwork, wanted), AddressOf(seen, link.Index, AddressFamily.InterNetworkV6, wanted))),
        ];

        // Without devices the node may yet have an address, by which the tunnel works.
        var carriers = devices.Length > 0
            ? devices.Select(device => device.Mtu)
            : seen.Links.Where(link => seen.Addresses.Any(a => a.Ifindex == link.Index && wanted.Contains(a.Address))).Select(link => link.Mtu);
        return new NodeUplinks(
            devices, options.NodeIPv4 ?? devices.Select(device => device.IPv4).FirstOrDefault(address => address is not null),
            options.NodeIPv6 ?? devices.Select(device => device.IPv6).FirstOrDefault(address => address is not null), carriers.DefaultIfEmpty(DefaultMtu).Min());
    }

    private static bool IsDevice(NodeAgentOptions options, NodeLinks seen, LinkInfo link, HashSet<uint> withDefault, IPAddress[] wanted)
    {
        if (link.IsLoopback || NodeDevices.IsOurs(link.Name) || seen.Links.Any(master => master.Index == link.Master && master.Kind is "bridge" or "bond" or "team" or "openvswitch"))
        {
            return false; // of a bridge's or bond's ports the bridge or bond is the device
        }

        return options.Devices.Any(pattern => pattern == "auto"
            ? withDefault.Contains(link.Index) || seen.Addresses.Any(a => a.Ifindex == link.Index && wanted.Contains(a.Address))
            : pattern.EndsWith('+') ? link.Name.StartsWith(pattern[..^1], StringComparison.Ordinal) : link.Name == pattern);
    }

    private static IPAddress? AddressOf(NodeLinks seen, uint ifindex, AddressFamily family, IPAddress[] wanted)
    {
        var usable = seen.Addresses
            .Where(a => a.Ifindex == ifindex && a.Address.AddressFamily == family && a.IsGlobal && !a.IsSecondary && !a.IsDeprecated && !a.IsTentative && !a.Address.IsIPv6LinkLocal)
            .Select(a => a.Address).ToList();
        return usable.Find(wanted.Contains) ?? usable.FirstOrDefault();
    }
}
