using System.Buffers.Binary;
using System.Net;

namespace Axoneme.Datapath.Tests.Packets;

/// <summary>What stands in a packet, for comparing. IPv6 without extension headers, or with a fragment header only.</summary>
internal static class PacketReader
{
    public static IPEndPoint Source(byte[] packet) => new(new IPAddress(IsIPv4(packet) ? packet[12..16] : packet[8..24]), Port(packet, 0));

    public static IPEndPoint Destination(byte[] packet) => new(new IPAddress(IsIPv4(packet) ? packet[16..20] : packet[24..40]), Port(packet, 2));

    public static IPAddress SourceAddress(byte[] packet) => Source(packet).Address;

    public static IPAddress DestinationAddress(byte[] packet) => Destination(packet).Address;

    public static ushort EchoId(byte[] packet) => Port(packet, 4);

    /// <summary>What is behind the IP header.</summary>
    public static byte[] Payload(byte[] packet) => packet[PayloadOffset(packet)..];

    /// <summary>The packet inside an ICMP error.</summary>
    public static byte[] Inner(byte[] packet) => Payload(packet)[8..];

    private static bool IsIPv4(byte[] packet) => packet[0] >> 4 == 4;

    private static int PayloadOffset(byte[] packet) => IsIPv4(packet) ? (packet[0] & 15) * 4 : packet[6] == 44 ? 48 : 40;

    private static ushort Port(byte[] packet, int offset) => BinaryPrimitives.ReadUInt16BigEndian(packet.AsSpan(PayloadOffset(packet) + offset));
}
