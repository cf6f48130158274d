using System.Net;
using System.Net.Sockets;
using Axoneme.Datapath.Layout;
using Axoneme.Datapath.Programs;
using Axoneme.Datapath.Tests.Support;
using static Axoneme.Datapath.Tests.Packets.PacketBuilder;

namespace Axoneme.Datapath.Tests.Packets;

/// <summary>
/// A <see cref="PacketWorld"/> that is a whole node: a device that leads out, a tunnel, the node itself as an endpoint, other nodes with
/// pods, and the world. Unless a case says otherwise nobody has policy.
/// </summary>
internal sealed class NodeWorld(NodeDatapath datapath, TunnelArrivals arrivals, bool ipv6, NodeInterfaces interfaces, NodeFeatures features)
    : PacketWorld(datapath, ipv6, interfaces.Client, interfaces.Server)
{
    public const uint HostPolicy = 3;
    public const uint RemoteNodeIdentity = 6;
    public const uint ApiServerIdentity = 7;
    public const uint RemotePodIdentity = 3000;
    public const uint OtherPodIdentity = 3001;
    public const ushort RemoteTunnel = 2;
    public const ushort OtherTunnel = 3;

    private readonly ProgramTestRun _fromNetdev = datapath.TestRun("from_netdev");
    private readonly ProgramTestRun _toNetdev = datapath.TestRun("to_netdev");
    private readonly ProgramTestRun _toOverlay = datapath.TestRun("to_overlay");
    private readonly ProgramTestRun _toPod = datapath.TestRun("to_pod");
    private readonly ProgramTestRun _fromOverlay = datapath.TestRun("from_overlay");

    public static MacAddress RouterMac { get; } = MacAddress.Parse("02:00:00:00:0a:fe");

    public NodeInterfaces Interfaces => interfaces;

    public NodeFeatures Features => features;

    public uint WorldIdentity => IsIPv6 ? 10u : 9u;

    /// <summary>The node's address on its device, under which its pods are seen outside.</summary>
    public IPAddress Node { get; } = Address(ipv6, "172.30.0.1", "fd30::1");

    public IPAddress RemoteNode { get; } = Address(ipv6, "172.30.0.2", "fd30::2");

    public IPAddress OtherNode { get; } = Address(ipv6, "172.30.0.3", "fd30::3");

    public IPAddress RemotePod { get; } = Address(ipv6, "10.244.1.5", "fd01::5");

    public IPAddress OtherPod { get; } = Address(ipv6, "10.244.2.5", "fd02::5");

    /// <summary>On the device's link; nobody has heard of it yet.</summary>
    public IPAddress UnknownNeighbour { get; } = Address(ipv6, "172.30.0.77", "fd30::77");

    /// <summary>Behind a device that is not ours.</summary>
    public IPAddress BehindOtherDevice { get; } = Address(ipv6, "198.18.0.9", "2001:db8:1::9");

    public IPAddress Unroutable { get; } = Address(ipv6, "203.0.113.9", "2001:db8:2::9");

    /// <summary>Outside the cluster and reached without masquerading.</summary>
    public IPAddress Intranet { get; } = Address(ipv6, "10.99.0.9", "fd99::9");

    public EndpointEntry HostEntry { get; private set; }

    public override NodeWorld Reset()
    {
        base.Reset();
        Clear(Datapath.Nat);
        Clear(Datapath.Unmasqueraded);
        SetClient(ClientEntry with { Flags = EndpointFlags.None });
        SetServer(ServerEntry with { Flags = EndpointFlags.None });
        SetHost(new EndpointEntry { Identity = HostIdentity, PolicyId = HostPolicy, PolicyRevision = 1, Id = 13 });
        var tunnelled = features.HasFlag(NodeFeatures.Tunnel);
        Know(Node, HostIdentity);
        Know(RemoteNode, RemoteNodeIdentity, tunnelled ? RemoteTunnel : 0u);
        Know(OtherNode, ApiServerIdentity, tunnelled ? OtherTunnel : 0u);
        Know(RemotePod, RemotePodIdentity, tunnelled ? RemoteTunnel : 0u);
        Know(OtherPod, OtherPodIdentity, tunnelled ? OtherTunnel : 0u);
        Datapath.Tunnels.Put(RemoteTunnel, IpAddressKey.From(RemoteNode));
        Datapath.Tunnels.Put(OtherTunnel, IpAddressKey.From(OtherNode));
        SetDevice(Node);
        if (features.HasFlag(NodeFeatures.Services))
        {
            ClearServices(Datapath.Services);
            SetDevice(Node, device: 0);
        }

        Datapath.Unmasqueraded.Put(PrefixKey.From(new IPNetwork(Address(IsIPv6, "10.99.0.0", "fd99::"), IsIPv6 ? 64 : 16)), 1);
        return this;
    }

    public void Know(IPAddress address, uint identity, uint tunnel = 0, uint ifindex = 0) =>
        Datapath.Hosts.Put(IpAddressKey.From(address), new IpcacheEntry { Identity = identity, Tunnel = tunnel, Ifindex = ifindex });

    public void SetHost(EndpointEntry entry) => Datapath.Endpoints.Put(EndpointEntry.HostInterface, HostEntry = entry);

    /// <summary>What leaves by the device, or by no such device (0), is masqueraded with this address, or with none.</summary>
    public void SetDevice(IPAddress? masquerade, uint? device = null) => Datapath.Devices.Put(device ?? interfaces.Device, new DeviceEntry
    {
        Mac = interfaces.DeviceMac,
        Ipv4 = masquerade is { AddressFamily: AddressFamily.InterNetwork } ? IpAddressKey.From(masquerade).Word3 : 0,
        Ipv6 = masquerade is { AddressFamily: AddressFamily.InterNetworkV6 } ? IpAddressKey.From(masquerade) : default,
    });

    /// <summary>Default deny in these directions, under another policy than before.</summary>
    public void CloseClient(EndpointFlags flags = EndpointFlags.IngressEnforced | EndpointFlags.EgressEnforced) => SetClient(ClientEntry with { Flags = flags });

    public void CloseHost(EndpointFlags flags = EndpointFlags.IngressEnforced | EndpointFlags.EgressEnforced) => SetHost(HostEntry with { Flags = flags });

    public void CloseServer(EndpointFlags flags = EndpointFlags.IngressEnforced | EndpointFlags.EgressEnforced) => SetServer(ServerEntry with { Flags = flags });

    public PacketOutcome FromPod(byte[] packet) => FromClient(packet);

    /// <summary>From the stack to the client; having come to the node by an interface, or made on it (0).</summary>
    public PacketOutcome ToPod(byte[] packet, uint arrivedOn = 0) => Run(_toPod, interfaces.Client, Frame(packet, GatewayMac, ClientMac), arrivedOn);

    public PacketOutcome FromNetwork(byte[] packet) => FromNetworkFrame(Frame(packet, RouterMac, interfaces.DeviceMac));

    public PacketOutcome FromNetworkFrame(byte[] frame) => Run(_fromNetdev, interfaces.Device, frame);

    public PacketOutcome ToNetwork(byte[] packet, PacketMark mark = PacketMark.None, uint arrivedOn = 0) =>
        Run(_toNetdev, interfaces.Device, Frame(packet, interfaces.DeviceMac, RouterMac), arrivedOn, mark);

    public PacketOutcome ToNetworkFrame(byte[] frame, PacketMark mark = PacketMark.None) => Run(_toNetdev, interfaces.Device, frame, mark: mark);

    /// <summary>From another node, the remote one unless said otherwise.</summary>
    public PacketOutcome FromTunnel(byte[] packet, uint networkIdentifier, IPAddress? sender = null) =>
        FromTunnelFrame(Frame(packet, StrangerMac, ServerMac), networkIdentifier, sender);

    public PacketOutcome FromTunnelFrame(byte[] frame, uint networkIdentifier, IPAddress? sender = null) =>
        Observe(frame, () => arrivals.Run(frame, interfaces.Tunnel, sender ?? RemoteNode, networkIdentifier));

    /// <summary>As from a device that is no tunnel.</summary>
    public PacketOutcome FromTunnelWithoutKey(byte[] packet) => Run(_fromOverlay, interfaces.Tunnel, Frame(packet, StrangerMac, ServerMac));

    public PacketOutcome ToTunnel(byte[] packet, PacketMark mark = PacketMark.None, uint arrivedOn = 0) =>
        Run(_toOverlay, interfaces.Tunnel, Frame(packet, StrangerMac, ServerMac), arrivedOn, mark);

    public byte[] TcpTo(IPAddress destination, ushort source, ushort port, TcpFlags flags) => Between(Client, destination, PacketBuilder.Tcp, TcpSegment(source, port, flags));

    public byte[] UdpTo(IPAddress destination, ushort source, ushort port) => Between(Client, destination, Udp, UdpDatagram(source, port));

    /// <summary>A packet with every checksum right.</summary>
    public static byte[] Between(IPAddress source, IPAddress destination, byte protocol, byte[] payload, ushort identification = 7, byte hopLimit = 64) =>
        Checksums.Complete(Ip(source, destination, protocol, payload, identification: identification, hopLimit: hopLimit));

    private static void ClearServices(ServiceMaps maps)
    {
        Clear(maps.Services);
        Clear(maps.Frontends);
        Clear(maps.Pools);
        Clear(maps.Backends);
        Clear(maps.Maglev);
        Clear(maps.NodePorts);
        Clear(maps.SourceRanges);
        Clear(maps.Affinity);
    }

    private static IPAddress Address(bool ipv6, string four, string six) => IPAddress.Parse(ipv6 ? six : four);

    private PacketOutcome Run(ProgramTestRun program, uint ifindex, byte[] frame, uint arrivedOn = 0, PacketMark mark = PacketMark.None) =>
        Observe(frame, () => program.Run(frame, ifindex, ingressIfindex: arrivedOn, mark: (uint)mark));
}
