using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Axoneme.Datapath.Layout;
using static Axoneme.Datapath.Network.NetlinkConstants;

namespace Axoneme.Datapath.Network;

/// <summary>
/// Changes to interfaces, addresses, routes and neighbours that <see cref="RouteSocket.Execute"/> sends in one system
/// call. The kernel takes them in order, each for itself: a refused one does not undo those before it.
/// </summary>
public sealed class RouteBatch
{
    private readonly List<string> _operations = [];

    internal NetlinkWriter Writer { get; } = new();

    /// <summary>What each message is about, for errors. Message i has sequence number i + 1.</summary>
    internal IReadOnlyList<string> Operations => _operations;

    /// <summary>Makes a veth pair, our end up. The peer stays down: the kernel opens it before the two know each other.</summary>
    public RouteBatch CreateVeth(VethPair pair)
    {
        CheckName(pair.Name);
        CheckName(pair.PeerName);
        Begin($"create veth {pair.Name} with peer {pair.PeerName} in {pair.PeerNamespace?.Path ?? "the same namespace"}", NewLink, Create | Exclusive)
            .Body(new NetlinkBodies.Link { Flags = InterfaceUp, Change = InterfaceUp })
            .Attribute(LinkName, pair.Name)
            .Attribute(LinkMtu, pair.Mtu)
            .Attribute(LinkAddress, pair.Mac)
            .Nest(LinkDetails, details => details
                .Attribute(LinkKind, "veth")
                .Nest(LinkData, data => data
                    .Nest(VethPeer, peer => WritePeer(peer, pair))));
        return this;
    }

    /// <summary>
    /// Makes an interface that leads nowhere, up, to hold addresses. It is a veth pair with itself, <c>name</c> and
    /// <c>name_p</c>: kernels built small have no dummy driver.
    /// </summary>
    public RouteBatch CreateDummy(string name)
    {
        var peer = $"{name}_p";
        CheckName(peer);
        Begin($"create dummy {name}", NewLink, Create | Exclusive)
            .Body(new NetlinkBodies.Link { Flags = InterfaceUp, Change = InterfaceUp })
            .Attribute(LinkName, name)
            .Nest(LinkDetails, details => details
                .Attribute(LinkKind, "veth")
                .Nest(LinkData, data => data
                    .Nest(VethPeer, end => end.Body(new NetlinkBodies.Link()).Attribute(LinkName, peer))));
        Begin($"bring interface {peer} up", NewLink, 0)
            .Body(new NetlinkBodies.Link { Flags = InterfaceUp, Change = InterfaceUp })
            .Attribute(LinkName, peer);
        return this;
    }

    /// <summary>Makes a VXLAN device whose every packet says where it goes (<c>external</c>), up: no learning, no ARP, no address of its own.</summary>
    public RouteBatch CreateVxlan(VxlanDevice device)
    {
        CheckName(device.Name);
        Begin($"create VXLAN device {device.Name} on UDP port {device.Port}", NewLink, Create | Exclusive)
            .Body(new NetlinkBodies.Link { Index = device.Ifindex, Flags = InterfaceNoArp, Change = InterfaceNoArp })
            .Attribute(LinkName, device.Name)
            .Attribute(LinkMtu, device.Mtu)
            .Nest(LinkDetails, details => details
                .Attribute(LinkKind, "vxlan")
                .Nest(LinkData, data => data
                    .Attribute(VxlanMetadata, (byte)1)
                    .Attribute(VxlanLearning, (byte)0)
                    .Attribute(VxlanZeroChecksumReceive6, (byte)1)
                    .Attribute(VxlanPort, BinaryPrimitives.ReverseEndianness(device.Port))));

        // Only once it is there does it know IPv6, and only while it is down has it no address yet.
        Begin($"keep {device.Name} from giving itself an address", NewLink, 0)
            .Body(default(NetlinkBodies.Link))
            .Attribute(LinkName, device.Name)
            .Nest(LinkFamilies, families => families
                .Nest(FamilyIPv6, ipv6 => ipv6.Attribute(LinkAddressMode, NoLinkLocalAddress)));
        Begin($"bring interface {device.Name} up", NewLink, 0)
            .Body(new NetlinkBodies.Link { Flags = InterfaceUp, Change = InterfaceUp })
            .Attribute(LinkName, device.Name);
        return this;
    }

    /// <summary>Sets the longest packet an interface takes.</summary>
    public RouteBatch SetMtu(uint ifindex, uint mtu)
    {
        Begin($"set MTU {mtu} of interface {ifindex}", NewLink, 0).Body(new NetlinkBodies.Link { Index = ifindex }).Attribute(LinkMtu, mtu);
        return this;
    }

    /// <summary>Deletes an interface; a veth's peer goes with it.</summary>
    public RouteBatch DeleteLink(uint ifindex)
    {
        Begin($"delete interface {ifindex}", NetlinkConstants.DeleteLink, 0).Body(new NetlinkBodies.Link { Index = ifindex });
        return this;
    }

    /// <summary>Brings an interface up or down.</summary>
    public RouteBatch SetUp(uint ifindex, bool up = true)
    {
        Begin($"bring interface {ifindex} {(up ? "up" : "down")}", NewLink, 0)
            .Body(new NetlinkBodies.Link { Index = ifindex, Flags = up ? InterfaceUp : 0, Change = InterfaceUp });
        return this;
    }

    /// <summary>Adds or renews an address. Without a prefix length it stands alone (/32, /128). IPv6: usable at once, no duplicate detection.</summary>
    public RouteBatch AddAddress(uint ifindex, IPAddress address, int? prefixLength = null)
    {
        Begin($"add address {address} to interface {ifindex}", NewAddress, Create | Replace)
            .Body(AddressBody(ifindex, address, prefixLength))
            .Attribute(AddressLocal, address)
            .Attribute(AddressOnly, address)
            .Attribute(AddressFlags, NoDuplicateDetection);
        return this;
    }

    /// <summary>Removes an address.</summary>
    public RouteBatch RemoveAddress(uint ifindex, IPAddress address, int? prefixLength = null)
    {
        Begin($"remove address {address} from interface {ifindex}", DeleteAddress, 0)
            .Body(AddressBody(ifindex, address, prefixLength))
            .Attribute(AddressLocal, address);
        return this;
    }

    /// <summary>Adds a route or replaces the one to the same destination. A gateway is taken as on the link, whatever the addresses say.</summary>
    public RouteBatch AddRoute(RouteInfo route)
    {
        WriteRoute($"add route {route.Destination} over interface {route.Ifindex}", NewRoute, Create | Replace, route);
        return this;
    }

    /// <summary>Adds a route; refused when there is one to the same destination, whoever made it.</summary>
    public RouteBatch AddNewRoute(RouteInfo route)
    {
        WriteRoute($"add route {route.Destination} over interface {route.Ifindex}", NewRoute, Create | Exclusive, route);
        return this;
    }

    /// <summary>Removes a route, provided that it was made by whom it says.</summary>
    public RouteBatch RemoveRoute(RouteInfo route)
    {
        WriteRoute($"remove route {route.Destination} over interface {route.Ifindex}", DeleteRoute, 0, route);
        return this;
    }

    /// <summary>Adds or replaces a permanent neighbour entry.</summary>
    public RouteBatch AddNeighbour(uint ifindex, IPAddress address, MacAddress mac)
    {
        Begin($"add neighbour {address} on interface {ifindex}", NewNeighbour, Create | Replace)
            .Body(new NetlinkBodies.Neighbour { Family = FamilyOf(address), Index = ifindex, State = Permanent })
            .Attribute(NeighbourDestination, address)
            .Attribute(NeighbourMac, mac);
        return this;
    }

    /// <summary>Removes a neighbour entry.</summary>
    public RouteBatch RemoveNeighbour(uint ifindex, IPAddress address)
    {
        Begin($"remove neighbour {address} from interface {ifindex}", DeleteNeighbour, 0)
            .Body(new NetlinkBodies.Neighbour { Family = FamilyOf(address), Index = ifindex })
            .Attribute(NeighbourDestination, address);
        return this;
    }

    /// <summary>Begins a message that the kernel shall acknowledge.</summary>
    internal NetlinkWriter Begin(string operation, ushort type, int flags)
    {
        _operations.Add(operation);
        return Writer.Begin(type, (ushort)(Request | Acknowledge | flags), (uint)_operations.Count);
    }

    internal static byte FamilyOf(IPAddress address) => address.AddressFamily == AddressFamily.InterNetworkV6 ? FamilyIPv6 : FamilyIPv4;

    private static void WritePeer(NetlinkWriter peer, VethPair pair)
    {
        peer.Body(new NetlinkBodies.Link())
            .Attribute(LinkName, pair.PeerName)
            .Attribute(LinkMtu, pair.Mtu)
            .Attribute(LinkAddress, pair.PeerMac);
        if (pair.PeerNamespace is { } peerNamespace)
        {
            // The number is read when the batch is executed, while the caller still holds the namespace open.
            using var lease = peerNamespace.Descriptor.Acquire();
            peer.Attribute(LinkNamespaceDescriptor, (uint)lease.Number);
        }
    }

    private static NetlinkBodies.Address AddressBody(uint ifindex, IPAddress address, int? prefixLength) => new()
    {
        Family = FamilyOf(address),
        PrefixLength = (byte)(prefixLength ?? (address.AddressFamily == AddressFamily.InterNetworkV6 ? 128 : 32)),
        Index = ifindex,
    };

    private void WriteRoute(string operation, ushort type, int flags, RouteInfo route)
    {
        var destination = route.Destination.BaseAddress;
        var message = Begin(operation, type, flags)
            .Body(new NetlinkBodies.Route
            {
                Family = FamilyOf(destination),
                DestinationLength = (byte)route.Destination.PrefixLength,
                Table = MainTable,
                Protocol = route.Protocol,
                Scope = route.Gateway is null && FamilyOf(destination) == FamilyIPv4 ? ScopeLink : ScopeUniverse,
                Type = UnicastRoute,
                Flags = route.Gateway is null ? 0 : OnLink,
            })
            .Attribute(RouteOutput, route.Ifindex);
        if (route.Destination.PrefixLength > 0)
        {
            message.Attribute(RouteDestination, destination);
        }

        if (route.Gateway is { } gateway)
        {
            message.Attribute(RouteGateway, gateway);
        }

        if (route.Source is { } source)
        {
            message.Attribute(RouteSource, source);
        }

        if (route.Mtu != 0)
        {
            message.Nest(RouteMetrics, metrics => metrics.Attribute(RouteMetricMtu, route.Mtu));
        }
    }

    private static void CheckName(string name)
    {
        if (System.Text.Encoding.UTF8.GetByteCount(name) is 0 or > 15)
        {
            throw new KernelException($"interface name \"{name}\": must have 1 to 15 bytes");
        }
    }
}
