using System.Buffers.Binary;
using System.Net;
using Axoneme.Datapath.Layout;
using Axoneme.Datapath.Programs;
using Axoneme.Datapath.Tests.Support;

namespace Axoneme.Datapath.Tests.Packets;

/// <summary>What the driver's program does to a packet and what it passes to tc, by test runs. Their packets are on loopback.</summary>
public sealed class DriverTests : IDisposable
{
    private const int Pass = 2;
    private const int SendBack = 3;
    private const int Redirect = 4;
    private const uint Loopback = 1;
    private const ushort Mtu = 1500;
    private static readonly MacAddress _client = MacAddress.Parse("02:00:00:00:00:01");
    private static readonly MacAddress _node = MacAddress.Parse("02:00:00:00:00:02");
    private static readonly MacAddress _next = MacAddress.Parse("02:00:00:00:00:03");
    private readonly TestNode _testNode = new();
    private readonly NodeDatapath _datapath;
    private readonly ProgramTestRun _program;

    public DriverTests()
    {
        _datapath = _testNode.Open();
        _program = _datapath.TestRun("xdp_netdev");
    }

    public static TheoryData<bool, byte> Kinds => new() { { false, PacketBuilder.Tcp }, { true, PacketBuilder.Tcp }, { false, PacketBuilder.Udp }, { true, PacketBuilder.Udp } };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_packet_whose_way_is_known_is_sent_along_it_with_every_checksum_right(bool ipv6, byte protocol)
    {
        var expected = Frame(_node, _next, ipv6, Checksums.Complete(PacketBuilder.Ip(Backend(ipv6, 1), Backend(ipv6, 2), protocol, Payload(protocol, 50000, 8080), hopLimit: 63)));
        foreach (var (ifindex, verdict) in new[] { (Loopback, SendBack), (77u, Redirect) })
        {
            var result = Run(Frame(ipv6, protocol), Translation(ipv6, Way() with { Ifindex = ifindex }), ipv6, protocol);
            Assert.Equal(verdict, result.Verdict);
            Assert.Equal(expected, result.Output);
        }

        var counted = _datapath.ReadCounters().Single(counter => counter.Index == 520);
        Assert.Equal(counted.Packets * (ulong)expected.Length, counted.Bytes);
    }

    [Fact]
    public void A_datagram_without_a_checksum_gets_none()
    {
        var packet = PacketBuilder.Ip(Client(ipv6: false), Frontend(ipv6: false), PacketBuilder.Udp, Payload(PacketBuilder.Udp, 40000, 30080));
        var (verdict, output) = Run(Frame(_client, _node, ipv6: false, Header(packet)), Translation(ipv6: false, Way()), ipv6: false, PacketBuilder.Udp);
        Assert.Equal((SendBack, 0), (verdict, BinaryPrimitives.ReadUInt16BigEndian(output.AsSpan(14 + 20 + 6))));
        Checksums.AssertRight(output[14..]);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void What_is_not_alike_passes_untouched(bool ipv6, byte protocol)
    {
        var alike = Frame(ipv6, protocol);
        var way = Way();
        Passes(alike, way with { Tick = Tick() - 1 }, "of another tick");
        Passes(alike, way with { Mtu = (ushort)(alike.Length - 15) }, "too long");
        Passes(alike, way with { ByDriver = 0 }, "to a device without the program");
        Passes(alike, way with { ArrivesAt = _next }, "addressed to somebody else");
        Passes(Changed(alike, hopLimit: 1), way, "the last hop");
        Passes(Frame(_client, _node, ipv6, Checksums.Complete(PacketBuilder.Ip(Client(ipv6), Frontend(ipv6), protocol, Payload(protocol, 40001, 30080)))), way, "of another port");
        Passes(alike[..(14 + (ipv6 ? 40 : 20) + 7)], way, "cut short");
        Passes(alike[..20], way, "cut shorter");
        if (!ipv6)
        {
            Passes(Fragment(alike, 0x2000), way, "a first fragment");
            Passes(Fragment(alike, 0x0010), way, "a later fragment");
            Passes(Frame(_client, _node, ipv6, Checksums.Complete(PacketBuilder.Ip(Client(ipv6), Frontend(ipv6), protocol, Payload(protocol, 40000, 30080), options: [1, 1, 1, 1]))), way, "with options");
        }

        foreach (var flags in protocol == PacketBuilder.Tcp ? new[] { TcpFlags.Syn, TcpFlags.Syn | TcpFlags.Ack, TcpFlags.Fin | TcpFlags.Ack, TcpFlags.Reset } : [])
        {
            Passes(Frame(_client, _node, ipv6, Checksums.Complete(PacketBuilder.Ip(Client(ipv6), Frontend(ipv6), protocol, PacketBuilder.TcpSegment(40000, 30080, flags)))), way, $"{flags}");
        }

        void Passes(byte[] frame, PacketWay shortcut, string what)
        {
            var (verdict, output) = Run(frame, Translation(ipv6, shortcut), ipv6, protocol);
            Assert.True(verdict == Pass && output.SequenceEqual(frame), $"{what}: verdict {verdict}");
        }
    }

    public void Dispose()
    {
        _datapath.Dispose();
        _testNode.Dispose();
    }

    private static byte[] Payload(byte protocol, ushort source, ushort destination) =>
        protocol == PacketBuilder.Tcp ? PacketBuilder.TcpSegment(source, destination, TcpFlags.Ack, payload: 33) : PacketBuilder.UdpDatagram(source, destination, payload: 33);

    private static IPAddress Client(bool ipv6) => IPAddress.Parse(ipv6 ? "2001:db8::1" : "192.0.2.1");

    private static IPAddress Frontend(bool ipv6) => IPAddress.Parse(ipv6 ? "fd30::1" : "172.30.0.1");

    private static IPAddress Backend(bool ipv6, int number) => IPAddress.Parse(ipv6 ? $"fd10:2::{number}" : $"10.2.0.{number}");

    private static byte[] Frame(MacAddress source, MacAddress destination, bool ipv6, byte[] packet) => PacketBuilder.Ethernet(source, destination, (ushort)(ipv6 ? 0x86dd : 0x0800), packet);

    private static byte[] Frame(bool ipv6, byte protocol) =>
        Frame(_client, _node, ipv6, Checksums.Complete(PacketBuilder.Ip(Client(ipv6), Frontend(ipv6), protocol, Payload(protocol, 40000, 30080))));

    private static byte[] Changed(byte[] frame, byte hopLimit)
    {
        var packet = frame[14..];
        packet[packet[0] >> 4 == 4 ? 8 : 7] = hopLimit;
        return [.. frame[..14], .. Checksums.Complete(packet)];
    }

    private static byte[] Fragment(byte[] frame, ushort field)
    {
        var packet = frame[14..];
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(6), field);
        return [.. frame[..14], .. Checksums.Complete(packet)];
    }

    /// <summary>With the IP header's checksum alone.</summary>
    private static byte[] Header(byte[] packet)
    {
        var complete = Checksums.Complete(packet);
        BinaryPrimitives.WriteUInt16BigEndian(complete.AsSpan(20 + 6), 0);
        return complete;
    }

    private static uint Tick() => ConntrackClock.Now(TimeProvider.System);

    private static PacketWay Way() => new() { Ifindex = Loopback, Mtu = Mtu, ByDriver = 1, SourceMac = _node, DestinationMac = _next, ArrivesAt = _node };

    private static NatEntry Translation(bool ipv6, PacketWay way) => new()
    {
        Tuple = new PacketTuple { Source = IpAddressKey.From(Backend(ipv6, 1)), Destination = IpAddressKey.From(Backend(ipv6, 2)), SourcePort = Port(50000), DestinationPort = Port(8080) },
        Role = NatRole.Asks | NatRole.Service | NatRole.BothEnds, Way = way,
    };

    private static ushort Port(ushort port) => BinaryPrimitives.ReverseEndianness(port);

    /// <summary>Runs the program on a packet within the tick of the way, unless that has one of its own.</summary>
    private (int Verdict, byte[] Output) Run(byte[] frame, NatEntry entry, bool ipv6, byte protocol)
    {
        while (true)
        {
            var tick = Tick();
            var key = new NatKey
            {
                Tuple = new PacketTuple { Source = IpAddressKey.From(Client(ipv6)), Destination = IpAddressKey.From(Frontend(ipv6)), SourcePort = Port(40000), DestinationPort = Port(30080) },
                Protocol = protocol, Direction = NatDirection.In,
            };
            _datapath.Nat.Put(key, entry.Way.Tick == 0 ? entry with { Way = entry.Way with { Tick = tick } } : entry);
            var result = _program.Run(frame);
            if (Tick() == tick)
            {
                return (result.Verdict, result.Output.ToArray());
            }
        }
    }
}
