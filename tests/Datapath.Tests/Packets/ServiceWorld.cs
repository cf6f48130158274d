using System.Buffers.Binary;
using System.Net;
using Axoneme.Datapath.Layout;
using Axoneme.Datapath.Tests.Services;
using static Axoneme.Datapath.Tests.Packets.PacketBuilder;
using static Axoneme.Datapath.Tests.Packets.PacketReader;

namespace Axoneme.Datapath.Tests.Packets;

/// <summary>Services of a <see cref="NodeWorld"/>, and what is said between their clients and backends.</summary>
internal static class ServiceWorld
{
    public const NodeFeatures Routed = NodeFeatures.Services | NodeFeatures.HostFirewall | NodeFeatures.Masquerade;
    public const NodeFeatures Tunnelled = Routed | NodeFeatures.Tunnel;
    public const ushort NodePort = 30080;
    public const ushort OtherNodePort = 30081;
    public const ushort BackendPort = 8080;
    public const ushort ClientPort = 40000; // may be given to anybody
    public const ushort LowPort = 1024;     // may not
    public const ServiceFlags Outside = ServiceFlags.External;
    public const ServiceFlags Inside = ServiceFlags.Internal;
    public const ServiceFlags Direct = ServiceFlags.External | ServiceFlags.DirectReturn;
    public const uint WorldIdentifier = 2; // of the tunnel, for whom another node forwards

    public static (string Name, NodeFeatures Features)[] Ways => [("natively", Routed), ("through the tunnel", Tunnelled)];

    public static (string Name, byte Protocol)[] Protocols => [("TCP", Tcp), ("UDP", Udp)];

    public static bool HasTunnel(this NodeWorld world) => world.Features.HasFlag(NodeFeatures.Tunnel);

    /// <summary>Where clients outside ask.</summary>
    public static IPEndPoint Asked(this NodeWorld world, ushort port = NodePort) => new(world.Node, port);

    /// <summary>Where pods ask.</summary>
    public static IPEndPoint ClusterIp(this NodeWorld world) => new(IPAddress.Parse(world.IsIPv6 ? "fd00:96::1" : "10.96.0.1"), 80);

    /// <summary>A client outside.</summary>
    public static IPEndPoint Stranger(this NodeWorld world, ushort port = ClientPort) => new(world.Outside, port);

    public static IPEndPoint OtherStranger(this NodeWorld world, ushort port = ClientPort) => new(IPAddress.Parse(world.IsIPv6 ? "2001:db8::8" : "192.0.2.8"), port);

    /// <summary>The client pod.</summary>
    public static IPEndPoint Pod(this NodeWorld world, ushort port = ClientPort) => new(world.Client, port);

    /// <summary>The backend on this node.</summary>
    public static IPEndPoint Here(this NodeWorld world, ushort port = BackendPort) => new(world.Server, port);

    /// <summary>The backend on another node.</summary>
    public static IPEndPoint There(this NodeWorld world, ushort port = BackendPort) => new(world.RemotePod, port);

    /// <summary>What a backend elsewhere sees of a client outside, whose port may be kept.</summary>
    public static IPEndPoint NodeAs(this NodeWorld world, IPEndPoint client) => new(world.Node, client.Port);

    public static ServiceEntry Serve(this NodeWorld world, IPEndPoint frontend, byte protocol, ServiceFlags flags, params IPEndPoint[] backends) =>
        world.Datapath.Services.Add(frontend, protocol, backends, flags);

    /// <summary>The keys of a service's backends.</summary>
    public static uint[] Backends(this NodeWorld world, ServiceEntry service) =>
        [.. Enumerable.Range(0, (int)service.Inside.Count).Select(index => world.Datapath.Services.Pools.TryGet(new PoolSlot(service.Inside.Id, (uint)index), out var id) ? id : 0)];

    /// <summary>Services have this port at every node.</summary>
    public static void OpenNodePort(this NodeWorld world, byte protocol, ushort port = NodePort) =>
        world.Datapath.Services.NodePorts.Put(new NodePortKey(Order(port), protocol), 1);

    public static byte[] Say(byte protocol, IPEndPoint from, IPEndPoint to, TcpFlags flags = TcpFlags.Syn, byte hops = 64, int payload = 5)
    {
        var (source, destination) = ((ushort)from.Port, (ushort)to.Port);
        return NodeWorld.Between(from.Address, to.Address, protocol, protocol switch
        {
            Tcp => TcpSegment(source, destination, flags, payload: payload),
            Udp => UdpDatagram(source, destination, payload),
            _ => SctpPacket(source, destination, flags switch { TcpFlags.Syn => SctpChunk.Init, TcpFlags.Syn | TcpFlags.Ack => SctpChunk.InitAck, _ => SctpChunk.Data }),
        }, hopLimit: hops);
    }

    public static byte[] Reply(byte protocol, IPEndPoint from, IPEndPoint to, byte hops = 64, TcpFlags flags = TcpFlags.Syn | TcpFlags.Ack) => Say(protocol, from, to, flags, hops, payload: 7);

    /// <summary>To another node, natively or through the tunnel, as <paramref name="packet"/> with the hops that are left.</summary>
    public static void GoesToOtherNode(this NodeWorld world, PacketOutcome outcome, Func<byte, byte[]> packet, byte hops = 64)
    {
        if (world.HasTunnel())
        {
            outcome.IsTunnelled().Is(packet(hops));
        }
        else
        {
            outcome.IsSentOut(world.Interfaces.DeviceMac).Is(packet((byte)(hops - 1)));
        }
    }

    /// <summary>Out of the node, as this packet.</summary>
    public static PacketOutcome GoesOut(this NodeWorld world, PacketOutcome outcome, byte[] packet) => outcome.IsSentOut(world.Interfaces.DeviceMac).Is(packet);

    /// <summary>What another node sends for its pod, or for somebody outside.</summary>
    public static PacketOutcome FromOtherNode(this NodeWorld world, byte[] packet, uint identifier = NodeWorld.RemotePodIdentity) =>
        world.HasTunnel() ? world.FromTunnel(packet, identifier) : world.FromNetwork(packet);

    /// <summary>An ICMP error of a kind that ends nothing ("too long"), unless said otherwise.</summary>
    public static byte[] Error(this NodeWorld world, IPAddress sender, IPAddress receiver, byte[] about, byte hops = 64, byte? type = null, byte? code = null) =>
        NodeWorld.Between(sender, receiver, world.IcmpProtocol, IcmpMessage(type ?? (world.IsIPv6 ? (byte)2 : (byte)3), code ?? (world.IsIPv6 ? (byte)0 : (byte)4), body: about), hopLimit: hops);

    /// <summary>What stands in an error, with other ends: the IPv4 header's checksum is right, that of what it carries is nobody's to mend.</summary>
    public static byte[] Renamed(byte[] packet, IPEndPoint? source = null, IPEndPoint? destination = null)
    {
        var changed = packet.ToArray();
        var four = packet[0] >> 4 == 4;
        var ports = packet.Length - Payload(packet).Length;
        Put(source, four ? 12 : 8, ports);
        Put(destination, four ? 16 : 24, ports + 2);
        return four ? [.. Checksums.Complete(changed)[..HeaderOf(changed)], .. changed[HeaderOf(changed)..]] : changed;

        void Put(IPEndPoint? end, int address, int port)
        {
            if (end is not null)
            {
                end.Address.GetAddressBytes().CopyTo(changed, address);
                BinaryPrimitives.WriteUInt16BigEndian(changed.AsSpan(port), (ushort)end.Port);
            }
        }
    }

    /// <summary>The packet with the option that names the frontend that was asked, before all others.</summary>
    public static byte[] Naming(byte[] packet, IPEndPoint frontend)
    {
        byte[] port = [(byte)(frontend.Port >> 8), (byte)frontend.Port];
        return packet[0] >> 4 == 4
            ? WithOption(packet, [0x9a, 8, .. port, .. frontend.Address.GetAddressBytes()])
            : WithHeader(packet, 60, [0, 2, 0x1b, 20, .. frontend.Address.GetAddressBytes(), .. port, 0, 0]);
    }

    /// <summary>IPv4 with an option before all others.</summary>
    public static byte[] WithOption(byte[] packet, byte[] option)
    {
        byte[] changed = [.. packet[..20], .. option, .. packet[20..]];
        changed[0] += (byte)(option.Length / 4);
        BinaryPrimitives.WriteUInt16BigEndian(changed.AsSpan(2), (ushort)changed.Length);
        return [.. Checksums.Complete(changed)[..HeaderOf(changed)], .. changed[HeaderOf(changed)..]];
    }

    /// <summary>IPv6 with an extension header before all others, whose first byte is set.</summary>
    public static byte[] WithHeader(byte[] packet, byte kind, byte[] header)
    {
        byte[] changed = [.. packet[..40], .. header, .. packet[40..]];
        (changed[6], changed[40]) = (kind, packet[6]);
        BinaryPrimitives.WriteUInt16BigEndian(changed.AsSpan(4), (ushort)(changed.Length - 40));
        return changed;
    }

    public static (NatKey Key, NatEntry Entry) Translation(this NodeWorld world, TranslationSide side)
    {
        var (key, entry) = Assert.Single(world.Datapath.Nat.Entries(), row => SideOf(row.Value.Role) == side);
        return (key, entry);
    }

    private static TranslationSide SideOf(NatRole role) => (role & (NatRole.Asks | NatRole.Service)) switch
    {
        NatRole.Asks => TranslationSide.Out,
        NatRole.Asks | NatRole.Service => TranslationSide.ToBackend,
        NatRole.Service => TranslationSide.FromBackend,
        _ => TranslationSide.In,
    };

    private static int HeaderOf(byte[] packet) => (packet[0] & 15) * 4;

    private static ushort Order(ushort port) => BinaryPrimitives.ReverseEndianness(port);
}

/// <summary>An entry of a translation: of what masqueraded senders and clients of services send, and of what they are answered.</summary>
internal enum TranslationSide
{
    Out,
    In,
    ToBackend,
    FromBackend,
}
