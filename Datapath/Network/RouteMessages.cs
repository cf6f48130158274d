using System.Buffers.Binary;
using System.Net;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Axoneme.Datapath.Layout;
using static Axoneme.Datapath.Network.NetlinkConstants;

namespace Axoneme.Datapath.Network;

/// <summary>Decodes what rtnetlink sends; null for what a caller does not want to see.</summary>
internal static class RouteMessages
{
    internal delegate T? Reader<T>(ReadOnlySpan<byte> message)
        where T : class;

    public static LinkInfo Link(ReadOnlySpan<byte> message)
    {
        var body = MemoryMarshal.Read<NetlinkBodies.Link>(message);
        var attributes = AttributesAfter<NetlinkBodies.Link>(message);
        string name = "", kind = "";
        MacAddress mac = default;
        uint mtu = 0, peer = 0, master = 0;
        ushort tunnelPort = 0;
        while (attributes.Next())
        {
            switch (attributes.Type)
            {
                case LinkName: name = attributes.Text; break;
                case LinkAddress: mac = attributes.Mac; break;
                case LinkMtu: mtu = attributes.Number; break;
                case LinkPeer: peer = attributes.Number; break;
                case LinkMaster: master = attributes.Number; break;
                case LinkDetails: (kind, tunnelPort) = DetailsOf(attributes.Value); break;
            }
        }

        return new LinkInfo(body.Index, name, mac, mtu, (body.Flags & InterfaceUp) != 0, kind, peer)
        {
            Master = master, HasNeighbours = (body.Flags & InterfaceNoArp) == 0, IsLoopback = (body.Flags & InterfaceLoopback) != 0, TunnelPort = tunnelPort,
        };
    }

    public static AddressInfo? Address(ReadOnlySpan<byte> message)
    {
        var body = MemoryMarshal.Read<NetlinkBodies.Address>(message);
        var attributes = AttributesAfter<NetlinkBodies.Address>(message);
        IPAddress? address = null, local = null;
        uint flags = body.Flags;
        while (attributes.Next())
        {
            switch (attributes.Type)
            {
                case AddressOnly: address = attributes.Address; break;
                case AddressLocal: local = attributes.Address; break;
                case AddressFlags: flags = attributes.Number; break;
            }
        }

        return (local ?? address) is { } own
            ? new AddressInfo(body.Index, own, body.PrefixLength, (flags & Tentative) != 0)
            {
                IsSecondary = (flags & Secondary) != 0, IsDeprecated = (flags & Deprecated) != 0, IsGlobal = body.Scope == ScopeUniverse,
            }
            : null;
    }

    public static RouteInfo? Route(ReadOnlySpan<byte> message)
    {
        var body = MemoryMarshal.Read<NetlinkBodies.Route>(message);
        if (body.Table != MainTable || body.Type != UnicastRoute || body.Family is not (FamilyIPv4 or FamilyIPv6))
        {
            return null;
        }

        var attributes = AttributesAfter<NetlinkBodies.Route>(message);
        var destination = body.Family == FamilyIPv4 ? IPAddress.Any : IPAddress.IPv6Any;
        IPAddress? gateway = null, source = null;
        uint ifindex = 0, mtu = 0;
        while (attributes.Next())
        {
            switch (attributes.Type)
            {
                case RouteDestination: destination = attributes.Address; break;
                case RouteGateway: gateway = attributes.Address; break;
                case RouteSource: source = attributes.Address; break;
                case RouteOutput: ifindex = attributes.Number; break;
                case RouteMetrics: mtu = MtuOf(attributes.Value); break;
            }
        }

        return new RouteInfo(new IPNetwork(destination, body.DestinationLength), ifindex, gateway, source) { Protocol = body.Protocol, Mtu = mtu };
    }

    public static NeighbourInfo? Neighbour(ReadOnlySpan<byte> message)
    {
        var body = MemoryMarshal.Read<NetlinkBodies.Neighbour>(message);
        if (body.Family is not (FamilyIPv4 or FamilyIPv6))
        {
            return null; // bridge forwarding entries come along
        }

        var attributes = AttributesAfter<NetlinkBodies.Neighbour>(message);
        IPAddress? address = null;
        MacAddress mac = default;
        while (attributes.Next())
        {
            switch (attributes.Type)
            {
                case NeighbourDestination: address = attributes.Address; break;
                case NeighbourMac: mac = attributes.Mac; break;
            }
        }

        return address is null ? null : new NeighbourInfo(body.Index, address, mac, (body.State & Permanent) != 0);
    }

    internal static NetlinkAttributes AttributesAfter<TBody>(ReadOnlySpan<byte> message)
        where TBody : unmanaged => new(message[Unsafe.SizeOf<TBody>()..]);

    private static uint MtuOf(ReadOnlySpan<byte> metrics)
    {
        var attributes = new NetlinkAttributes(metrics);
        while (attributes.Next())
        {
            if (attributes.Type == RouteMetricMtu)
            {
                return attributes.Number;
            }
        }

        return 0;
    }

    private static (string Kind, ushort TunnelPort) DetailsOf(ReadOnlySpan<byte> details)
    {
        var attributes = new NetlinkAttributes(details);
        var kind = "";
        ushort port = 0;
        while (attributes.Next())
        {
            if (attributes.Type == LinkKind)
            {
                kind = attributes.Text;
            }
            else if (attributes.Type == LinkData && kind == "vxlan")
            {
                port = MetadataPortOf(attributes.Value);
            }
        }

        return (kind, port);
    }

    private static ushort MetadataPortOf(ReadOnlySpan<byte> vxlan)
    {
        var attributes = new NetlinkAttributes(vxlan);
        var isMetadata = false;
        ushort port = 0;
        while (attributes.Next())
        {
            isMetadata |= attributes.Type == VxlanMetadata && attributes.Value[0] != 0;
            port = attributes.Type == VxlanPort ? BinaryPrimitives.ReadUInt16BigEndian(attributes.Value) : port;
        }

        return isMetadata ? port : (ushort)0;
    }
}
