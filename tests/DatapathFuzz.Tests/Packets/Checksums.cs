using System.Buffers.Binary;

namespace Axoneme.DatapathFuzz.Tests.Packets;

/// <summary>Internet checksums (RFC 1071), of whole packets.</summary>
internal static class Checksums
{
    /// <summary>Whether the header's (IPv4) and the transport's checksum are right. Only of whole packets that <see cref="StrictReader"/> reads without a flaw.</summary>
    public static bool AreRight(byte[] frame, ReadPacket packet)
    {
        if (packet.Family == 4 && Sum(frame.AsSpan(14, packet.TransportOffset - 14)) != 0xFFFF)
        {
            return false;
        }

        if (packet.IsFirstFragment || packet.IsLaterFragment || OffsetOf(packet.Protocol) is not { } offset)
        {
            return true;
        }

        var segment = frame.AsSpan(packet.TransportOffset, packet.End - packet.TransportOffset);
        return packet.Protocol == IpNumbers.Udp && BinaryPrimitives.ReadUInt16BigEndian(segment[offset..]) == 0 && packet.Family == 4
            || Fold((uint)Sum(segment) + Pseudo(frame, packet, segment.Length)) == 0xFFFF;
    }

    /// <summary>Writes the right checksums, where a packet has some.</summary>
    public static void Write(byte[] frame)
    {
        var packet = StrictReader.Read(frame);
        if (packet.Family == 0)
        {
            return;
        }

        if (packet.Family == 4)
        {
            BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(24), 0);
            BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(24), (ushort)~Sum(frame.AsSpan(14, packet.TransportOffset - 14)));
        }

        if (packet.Flaw is not null || packet.IsFirstFragment || packet.IsLaterFragment || OffsetOf(packet.Protocol) is not { } offset)
        {
            return;
        }

        var segment = frame.AsSpan(packet.TransportOffset, packet.End - packet.TransportOffset);
        BinaryPrimitives.WriteUInt16BigEndian(segment[offset..], 0);
        var sum = (ushort)~Fold((uint)Sum(segment) + Pseudo(frame, packet, segment.Length));
        BinaryPrimitives.WriteUInt16BigEndian(segment[offset..], packet.Protocol == IpNumbers.Udp && sum == 0 ? (ushort)0xFFFF : sum);
    }

    private static int? OffsetOf(byte protocol) => protocol switch
    {
        IpNumbers.Tcp => 16,
        IpNumbers.Udp => 6,
        IpNumbers.Icmp or IpNumbers.Icmpv6 => 2,
        _ => null,
    };

    private static uint Pseudo(byte[] frame, ReadPacket packet, int length) => packet switch
    {
        { Family: 4, Protocol: IpNumbers.Icmp } => 0,
        { Family: 4 } => (uint)(Sum(frame.AsSpan(26, 8)) + packet.Protocol + length),
        _ => (uint)(Sum(frame.AsSpan(22, 32)) + packet.Protocol + length),
    };

    private static ushort Sum(ReadOnlySpan<byte> bytes)
    {
        var sum = 0u;
        for (var i = 0; i < bytes.Length; i++)
        {
            sum += (uint)(i % 2 == 0 ? bytes[i] << 8 : bytes[i]);
        }

        return Fold(sum);
    }

    private static ushort Fold(uint sum)
    {
        while (sum > 0xFFFF)
        {
            sum = (sum & 0xFFFF) + (sum >> 16);
        }

        return (ushort)sum;
    }
}
