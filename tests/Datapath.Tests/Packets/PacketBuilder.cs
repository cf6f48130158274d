using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Axoneme.Datapath.Layout;

namespace Axoneme.Datapath.Tests.Packets;

/// <summary>Puts frames together header by header; whatever is not said is right, so that a case shows only what it is about.</summary>
internal static class PacketBuilder
{
    public const byte Icmp = 1;
    public const byte Tcp = 6;
    public const byte Udp = 17;
    public const byte Icmp6 = 58;
    public const byte Sctp = 132;

    public static byte[] Ethernet(MacAddress source, MacAddress destination, ushort type, byte[] payload)
    {
        byte[] head = [.. destination.ToArray(), .. source.ToArray(), (byte)(type >> 8), (byte)type];
        return [.. head, .. payload];
    }

    /// <summary>An IP packet of either family. Negative adjustments make headers that lie.</summary>
    public static byte[] Ip(
        IPAddress source, IPAddress destination, byte protocol, byte[] payload, byte[]? options = null, int lengthError = 0,
        byte version = 0, int headerWords = 0, ushort fragment = 0, ushort identification = 7, byte hopLimit = 64)
    {
        if (source.AddressFamily == AddressFamily.InterNetwork)
        {
            options ??= [];
            var header = new byte[20];
            header[0] = (byte)((version == 0 ? 4 : version) << 4 | (headerWords == 0 ? 5 + options.Length / 4 : headerWords));
            BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(2), (ushort)(20 + options.Length + payload.Length + lengthError));
            BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(4), identification);
            BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(6), fragment);
            header[8] = hopLimit;
            header[9] = protocol;
            source.TryWriteBytes(header.AsSpan(12), out _);
            destination.TryWriteBytes(header.AsSpan(16), out _);
            return [.. header, .. options, .. payload];
        }

        var header6 = new byte[40];
        header6[0] = (byte)((version == 0 ? 6 : version) << 4);
        BinaryPrimitives.WriteUInt16BigEndian(header6.AsSpan(4), (ushort)(payload.Length + lengthError));
        header6[6] = protocol;
        header6[7] = hopLimit;
        source.TryWriteBytes(header6.AsSpan(8), out _);
        destination.TryWriteBytes(header6.AsSpan(24), out _);
        return [.. header6, .. payload];
    }

    public static byte[] TcpSegment(ushort source, ushort destination, TcpFlags flags, int headerWords = 5, int payload = 0)
    {
        var segment = new byte[Math.Max(20, headerWords * 4) + payload];
        BinaryPrimitives.WriteUInt16BigEndian(segment, source);
        BinaryPrimitives.WriteUInt16BigEndian(segment.AsSpan(2), destination);
        segment[12] = (byte)(headerWords << 4);
        segment[13] = (byte)flags;
        return segment;
    }

    public static byte[] UdpDatagram(ushort source, ushort destination, int payload = 8)
    {
        var datagram = new byte[8 + payload];
        BinaryPrimitives.WriteUInt16BigEndian(datagram, source);
        BinaryPrimitives.WriteUInt16BigEndian(datagram.AsSpan(2), destination);
        BinaryPrimitives.WriteUInt16BigEndian(datagram.AsSpan(4), (ushort)datagram.Length);
        return datagram;
    }

    /// <summary>A common header and the head of a chunk (RFC 9260).</summary>
    public static byte[] SctpPacket(ushort source, ushort destination, SctpChunk chunk)
    {
        var packet = new byte[20];
        BinaryPrimitives.WriteUInt16BigEndian(packet, source);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), destination);
        packet[12] = (byte)chunk;
        packet[15] = 8;
        return packet;
    }

    public static byte[] IcmpMessage(byte type, byte code = 0, ushort id = 0, byte[]? body = null)
    {
        byte[] head = [type, code, 0, 0, (byte)(id >> 8), (byte)id, 0, 1];
        return [.. head, .. body ?? []];
    }

    public static byte[] Arp(ushort operation, MacAddress senderMac, IPAddress senderIp, MacAddress targetMac, IPAddress targetIp)
    {
        byte[] head = [0, 1, 8, 0, 6, 4, (byte)(operation >> 8), (byte)operation];
        return [.. head, .. senderMac.ToArray(), .. senderIp.GetAddressBytes(), .. targetMac.ToArray(), .. targetIp.GetAddressBytes()];
    }

    /// <summary>An IPv6 extension header of <paramref name="length8"/> + 1 units of 8 bytes.</summary>
    public static byte[] Extension(byte next, byte length8, byte[] rest)
    {
        var header = new byte[(length8 + 1) * 8 + rest.Length];
        header[0] = next;
        header[1] = length8;
        rest.CopyTo(header, (length8 + 1) * 8);
        return header;
    }

    /// <summary>An IPv6 fragment header. <paramref name="offset8"/> counts units of 8 bytes.</summary>
    public static byte[] FragmentHeader(byte next, ushort offset8, bool more, uint identification, byte[] rest)
    {
        var where = (ushort)(offset8 << 3 | (more ? 1 : 0));
        byte[] header =
        [
            next, 0, (byte)(where >> 8), (byte)where,
            (byte)(identification >> 24), (byte)(identification >> 16), (byte)(identification >> 8), (byte)identification,
        ];
        return [.. header, .. rest];
    }
}

/// <summary>By which an association begins, and what it carries.</summary>
internal enum SctpChunk : byte
{
    Data = 0,
    Init = 1,
    InitAck = 2,
}

[Flags]
internal enum TcpFlags : byte
{
    None = 0,
    Fin = 1,
    Syn = 2,
    Reset = 4,
    Ack = 16,
}
