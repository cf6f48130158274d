using System.Buffers.Binary;

namespace Axoneme.Datapath.Tests.Packets;

/// <summary>Internet checksums (RFC 1071) of whole packets, computed from scratch: what a program changed bit by bit must come out the same.</summary>
internal static class Checksums
{
    /// <summary>The packet with every checksum right. Of a fragment, and of protocols with other checksums, the IP header's only.</summary>
    public static byte[] Complete(byte[] packet)
    {
        var done = packet.ToArray();
        if (IsIPv4(done))
        {
            Write(done, 10, 0);
            Write(done, 10, (ushort)~Sum(done.AsSpan(0, HeaderLength(done)), 0));
        }

        if (ChecksumOffset(done) is { } at)
        {
            Write(done, at, 0);
            var sum = (ushort)~Sum(Payload(done), PseudoHeader(done));
            Write(done, at, sum == 0 && Protocol(done) == PacketBuilder.Udp ? (ushort)0xffff : sum);
        }

        return done;
    }

    /// <summary>Fails when a checksum is wrong. A UDP checksum of 0 says that there is none.</summary>
    public static void AssertRight(byte[] packet)
    {
        if (IsIPv4(packet))
        {
            Assert.Equal(0xffff, Sum(packet.AsSpan(0, HeaderLength(packet)), 0));
        }

        if (ChecksumOffset(packet) is { } at && !(Protocol(packet) == PacketBuilder.Udp && packet[at] == 0 && packet[at + 1] == 0))
        {
            Assert.Equal(0xffff, Sum(Payload(packet), PseudoHeader(packet)));
        }
    }

    private static bool IsIPv4(byte[] packet) => packet[0] >> 4 == 4;

    private static int HeaderLength(byte[] packet) => IsIPv4(packet) ? (packet[0] & 15) * 4 : 40;

    private static byte Protocol(byte[] packet) => IsIPv4(packet) ? packet[9] : packet[6];

    private static Span<byte> Payload(byte[] packet) => packet.AsSpan(HeaderLength(packet));

    private static int? ChecksumOffset(byte[] packet)
    {
        if (IsIPv4(packet) && (BinaryPrimitives.ReadUInt16BigEndian(packet.AsSpan(6)) & 0x3fff) != 0)
        {
            return null; // of the whole packet, which this is not
        }

        return Protocol(packet) switch
        {
            PacketBuilder.Tcp => HeaderLength(packet) + 16,
            PacketBuilder.Udp => HeaderLength(packet) + 6,
            PacketBuilder.Icmp or PacketBuilder.Icmp6 => HeaderLength(packet) + 2,
            _ => null,
        };
    }

    private static uint PseudoHeader(byte[] packet)
    {
        if (Protocol(packet) == PacketBuilder.Icmp)
        {
            return 0;
        }

        var addresses = IsIPv4(packet) ? packet.AsSpan(12, 8) : packet.AsSpan(8, 32);
        return Sum(addresses, (uint)(Protocol(packet) + packet.Length - HeaderLength(packet)));
    }

    private static ushort Sum(ReadOnlySpan<byte> bytes, uint sum)
    {
        for (var i = 0; i < bytes.Length; i += 2)
        {
            sum += (uint)(bytes[i] << 8 | (i + 1 < bytes.Length ? bytes[i + 1] : 0));
        }

        while (sum > 0xffff)
        {
            sum = (sum & 0xffff) + (sum >> 16);
        }

        return (ushort)sum;
    }

    private static void Write(byte[] packet, int offset, ushort value) => BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(offset), value);
}
