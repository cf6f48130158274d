using System.Buffers.Binary;
using System.Net;
using Axoneme.Datapath.Layout;

namespace Axoneme.DatapathFuzz.Tests.Packets;

/// <summary>
/// Reads frames by the RFCs (791, 792, 768, 9293, 9260, 8200, 4302, 4443) and nothing else: it shares no idea with the datapath's own reading. Whatever
/// a receiver could not read is a flaw.
/// </summary>
internal static class StrictReader
{
    private const int Ethernet = 14;

    public static ReadPacket Read(ReadOnlySpan<byte> frame)
    {
        if (frame.Length < Ethernet)
        {
            return ReadPacket.None(0) with { Flaw = "no Ethernet header" };
        }

        var packet = new ReadPacket
        {
            DestinationMac = MacAddress.From(frame[..6]),
            SourceMac = MacAddress.From(frame[6..12]),
            EtherType = BinaryPrimitives.ReadUInt16BigEndian(frame[12..]),
        };
        return packet.EtherType switch
        {
            0x0800 => ReadIPv4(packet, frame, Ethernet, inError: false),
            0x86DD => ReadIPv6(packet, frame, Ethernet, inError: false),
            _ => packet,
        };
    }

    private static ReadPacket ReadIPv4(ReadPacket packet, ReadOnlySpan<byte> frame, int at, bool inError)
    {
        if (frame.Length < at + 20)
        {
            return packet with { Flaw = "no IPv4 header" };
        }

        var ip = frame[at..];
        var (header, length) = ((ip[0] & 15) * 4, BinaryPrimitives.ReadUInt16BigEndian(ip[2..]));
        if (ip[0] >> 4 != 4 || header < 20 || !inError && (length < header || length > ip.Length))
        {
            return packet with { Flaw = "not an IPv4 header" };
        }

        var fragment = BinaryPrimitives.ReadUInt16BigEndian(ip[6..]);
        packet = packet with
        {
            Family = 4,
            Protocol = ip[9],
            HopLimit = ip[8],
            Source = new IPAddress(ip[12..16]),
            Destination = new IPAddress(ip[16..20]),
            FragmentId = BinaryPrimitives.ReadUInt16BigEndian(ip[4..]),
            IsLaterFragment = (fragment & 0x1FFF) != 0,
            IsFirstFragment = (fragment & 0x3FFF) == 0x2000,
            TransportOffset = at + header,
            End = inError ? frame.Length : at + length,
        };
        return packet.IsLaterFragment ? packet : ReadTransport(packet, frame, inError);
    }

    private static ReadPacket ReadIPv6(ReadPacket packet, ReadOnlySpan<byte> frame, int at, bool inError)
    {
        if (frame.Length < at + 40)
        {
            return packet with { Flaw = "no IPv6 header" };
        }

        var ip = frame[at..];
        var length = 40 + BinaryPrimitives.ReadUInt16BigEndian(ip[4..]);
        if (ip[0] >> 4 != 6 || !inError && length > ip.Length)
        {
            return packet with { Flaw = "not an IPv6 header" };
        }

        packet = packet with
        {
            Family = 6,
            Protocol = ip[6],
            HopLimit = ip[7],
            Source = new IPAddress(ip[8..24]),
            Destination = new IPAddress(ip[24..40]),
            TransportOffset = at + 40,
            End = inError ? frame.Length : at + length,
        };
        var first = true;
        while (IpNumbers.IsExtension(packet.Protocol))
        {
            var offset = packet.TransportOffset;
            if (offset + 8 > packet.End)
            {
                return packet with { Flaw = "an extension header is cut short" };
            }

            if (packet.Protocol == IpNumbers.Fragment)
            {
                var where = BinaryPrimitives.ReadUInt16BigEndian(frame[(offset + 2)..]);
                var more = (where & 1) != 0;
                first = where >> 3 == 0;
                packet = packet with
                {
                    FragmentId = BinaryPrimitives.ReadUInt32BigEndian(frame[(offset + 4)..]),
                    IsLaterFragment = !first,
                    IsFirstFragment = first && more,
                    Protocol = frame[offset],
                    TransportOffset = offset + 8,
                };
                if (!first)
                {
                    return packet;
                }

                continue;
            }

            var size = packet.Protocol == IpNumbers.Authentication ? (frame[offset + 1] + 2) * 4 : (frame[offset + 1] + 1) * 8;
            packet = packet with { Protocol = frame[offset], TransportOffset = offset + size };
            if (packet.TransportOffset > packet.End)
            {
                return packet with { Flaw = "an extension header is longer than the packet" };
            }
        }

        return ReadTransport(packet, frame, inError);
    }

    /// <summary>Of a packet inside an ICMP error only eight bytes are sure to be there.</summary>
    private static ReadPacket ReadTransport(ReadPacket packet, ReadOnlySpan<byte> frame, bool inError)
    {
        var segment = packet.TransportOffset <= packet.End ? frame[packet.TransportOffset..packet.End] : default;
        if (IpNumbers.HasPorts(packet.Protocol))
        {
            var least = inError ? 4 : packet.Protocol == IpNumbers.Tcp ? 20 : 8;
            if (segment.Length < least)
            {
                return packet with { Flaw = "the transport header is cut short" };
            }

            return packet with
            {
                SourcePort = BinaryPrimitives.ReadUInt16BigEndian(segment),
                DestinationPort = BinaryPrimitives.ReadUInt16BigEndian(segment[2..]),
                SctpChunk = packet.Protocol == IpNumbers.Sctp && segment.Length > 12 ? segment[12] : null,
                TcpFlags = packet.Protocol == IpNumbers.Tcp && !inError ? segment[13] : (byte)0,
                Flaw = packet.Protocol == IpNumbers.Tcp && !inError && segment[12] >> 4 < 5 ? "a TCP header shorter than TCP headers are" : null,
            };
        }

        if (packet.Protocol is IpNumbers.Icmp or IpNumbers.Icmpv6 && !packet.IsIcmp)
        {
            return packet with { Flaw = "ICMP of the other family" };
        }

        return packet.IsIcmp ? ReadIcmp(packet, frame, segment, inError) : packet;
    }

    private static ReadPacket ReadIcmp(ReadPacket packet, ReadOnlySpan<byte> frame, ReadOnlySpan<byte> message, bool inError)
    {
        if (message.Length < (inError ? 6 : 8))
        {
            return packet with { Flaw = "the ICMP header is cut short" };
        }

        packet = packet with { IcmpType = message[0] };
        if (packet.IsEchoRequest || packet.IsEchoReply)
        {
            var id = BinaryPrimitives.ReadUInt16BigEndian(message[4..]);
            return packet with { SourcePort = id, DestinationPort = id };
        }

        if (!packet.IsError || inError || packet.IsFirstFragment)
        {
            return packet;
        }

        var whole = frame[..packet.End];
        var about = ReadPacket.None(packet.EtherType);
        about = packet.Family == 4 ? ReadIPv4(about, whole, packet.TransportOffset + 8, inError: true) : ReadIPv6(about, whole, packet.TransportOffset + 8, inError: true);
        return packet with { Inner = about.Flaw is null && !about.IsLaterFragment ? about : null };
    }
}
