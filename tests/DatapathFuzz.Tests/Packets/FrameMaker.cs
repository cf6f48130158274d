using System.Buffers.Binary;
using System.Net;
using Axoneme.Datapath.Layout;

namespace Axoneme.DatapathFuzz.Tests.Packets;

/// <summary>Makes frames, mostly right ones.</summary>
internal sealed class FrameMaker(Random random)
{
    private static readonly byte[] UsualFlags = [0x02, 0x02, 0x02, 0x12, 0x12, 0x10, 0x10, 0x10, 0x10, 0x18, 0x11, 0x11, 0x14, 0x04, 0x03, 0x06, 0x00, 0xFF];
    private static readonly byte[] Messages4 = [3, 4, 5, 9, 10, 11, 12, 13, 14, 17, 18];
    private static readonly byte[] Messages6 = [1, 2, 3, 4, 130, 131, 132, 133, 134, 135, 136, 137, 138, 143, 160];

    /// <summary>A packet of a flow, in its direction: whole, without anything unusual in its headers.</summary>
    /// <param name="flow">Whose.</param>
    /// <param name="first">What begins a connection of this protocol.</param>
    /// <param name="answer">An echo reply instead of a request.</param>
    public byte[] Plain(Flow flow, bool first, bool answer) => Ip(flow, Transport(flow, first ? (byte)0x02 : UsualFlags[random.Next(UsualFlags.Length)], answer), hopLimit: 64);

    /// <summary>The same with options, extension headers, fragments, few hops.</summary>
    public byte[] Odd(Flow flow, bool answer)
    {
        var transport = Transport(flow, UsualFlags[random.Next(UsualFlags.Length)], answer);
        var hopLimit = (byte)(random.Next(6) == 0 ? random.Next(3) : random.Next(2) == 0 ? 64 : 255);
        return flow.Family == 4
            ? IPv4(flow, transport, hopLimit, Options(), FragmentWhere(), (ushort)(7 + random.Next(2)))
            : IPv6(flow, transport, hopLimit, random.Next(4) + (random.Next(20) == 0 ? 6 : 0));
    }

    /// <summary>An ICMP message that belongs to no connection.</summary>
    public byte[] Message(Flow flow)
    {
        var types = flow.Family == 4 ? Messages4 : Messages6;
        var icmp = flow with { Protocol = flow.Family == 4 ? IpNumbers.Icmp : IpNumbers.Icmpv6 };
        return Ip(icmp, [types[random.Next(types.Length)], (byte)random.Next(3), 0, 0, .. Bytes(4 + random.Next(40))], (byte)(random.Next(2) == 0 ? 255 : 64));
    }

    /// <summary>An ICMP error about an earlier packet, sent by somebody.</summary>
    public byte[] Error(IPAddress source, byte[] about)
    {
        var inner = about.AsSpan(14, Math.Min(about.Length - 14, random.Next(8) == 0 ? random.Next(1, 60) : 80)).ToArray();
        var read = StrictReader.Read(about);
        var four = read.Family == 4;
        byte[] types = four ? [3, 3, 11, 12] : [1, 2, 3, 4];
        byte[] message = [types[random.Next(types.Length)], (byte)random.Next(5), 0, 0, 0, 0, 5, 0xDC, .. inner];
        var frame = Raw(four, source, read.Source, four ? IpNumbers.Icmp : IpNumbers.Icmpv6, message, 64);
        Checksums.Write(frame);
        return frame;
    }

    /// <summary>What a pod says on its link, right or wrong in one place or another.</summary>
    public byte[] LinkMessage(MacAddress mac, IPAddress own, IPAddress other)
    {
        if (own.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork)
        {
            byte[] arp = [0, 1, 8, 0, 6, 4, 0, (byte)(1 + random.Next(2)), .. Maybe(mac.ToArray()), .. (random.Next(6) == 0 ? other : own).GetAddressBytes(), 0, 0, 0, 0, 0, 0, .. (random.Next(6) == 0 ? own : other).GetAddressBytes()];
            return [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, .. mac.ToArray(), 8, 6, .. arp];
        }

        var bytes = mac.ToArray();
        var linkLocal = new IPAddress([0xFE, 0x80, 0, 0, 0, 0, 0, 0, (byte)(bytes[0] ^ 2), bytes[1], bytes[2], 0xFF, 0xFE, bytes[3], bytes[4], bytes[5]]);
        IPAddress[] sources = [linkLocal, own, IPAddress.IPv6Any, other, IPAddress.Parse("fe80::1")];
        byte[] types = [135, 135, 136, 136, 133, 134, 137, 130, 131, 143];
        var type = types[random.Next(types.Length)];
        IPAddress[] targets = [own, linkLocal, other, IPAddress.Parse("fe80::1")];
        byte[] body = type == 133 ? [] : targets[random.Next(targets.Length)].GetAddressBytes();
        byte[] option = random.Next(3) == 0 ? [] : [(byte)(1 + random.Next(3)), (byte)(random.Next(8) == 0 ? 0 : 1), .. Maybe(bytes)];
        var frame = Raw(false, sources[random.Next(sources.Length)], random.Next(2) == 0 ? IPAddress.Parse("ff02::1") : IPAddress.Parse("fe80::1"), IpNumbers.Icmpv6, [type, 0, 0, 0, 0, 0, 0, 0, .. body, .. option], (byte)(random.Next(6) == 0 ? 64 : 255));
        Checksums.Write(frame);
        return frame;
    }

    /// <summary>Puts other MACs on a frame.</summary>
    public static byte[] WithMacs(byte[] frame, MacAddress source, MacAddress destination)
    {
        destination.ToArray().CopyTo(frame, 0);
        source.ToArray().CopyTo(frame, 6);
        return frame;
    }

    private byte[] Ip(Flow flow, byte[] transport, byte hopLimit)
    {
        var frame = Raw(flow.Family == 4, flow.From, flow.To, flow.Protocol, transport, hopLimit);
        Checksums.Write(frame);
        return frame;
    }

    private static byte[] Raw(bool four, IPAddress source, IPAddress destination, byte protocol, byte[] transport, byte hopLimit) => four
        ? Build4(source, destination, protocol, transport, hopLimit, [], 0, 7)
        : Build6(source, destination, protocol, transport, hopLimit);

    private byte[] IPv4(Flow flow, byte[] transport, byte hopLimit, byte[] options, ushort fragment, ushort id)
    {
        var frame = Build4(flow.From, flow.To, flow.Protocol, transport, hopLimit, options, fragment, id);
        Checksums.Write(frame);
        return frame;
    }

    private byte[] IPv6(Flow flow, byte[] transport, byte hopLimit, int extensions)
    {
        var (next, payload) = (flow.Protocol, transport);
        for (var i = 0; i < extensions; i++)
        {
            byte kind = new[] { IpNumbers.HopByHop, IpNumbers.Routing, IpNumbers.Fragment, IpNumbers.Fragment, IpNumbers.Authentication, IpNumbers.DestinationOptions }[random.Next(6)];
            var units = random.Next(3);
            var where = kind == IpNumbers.Fragment && random.Next(4) > 0 ? (ushort)(random.Next(2) == 0 ? 1 : random.Next(4) << 3 | random.Next(2)) : (ushort)0;
            byte[] header = kind == IpNumbers.Fragment ? [next, 0, (byte)(where >> 8), (byte)where, 0, 0, 0, (byte)(7 + random.Next(2))]
                : kind == IpNumbers.Authentication ? [next, (byte)(units * 2), .. new byte[(units * 2 + 2) * 4 - 2]]
                : [next, (byte)units, .. new byte[(units + 1) * 8 - 2]];
            (next, payload) = (kind, [.. header, .. payload]);
        }

        var frame = Build6(flow.From, flow.To, next, payload, hopLimit);
        Checksums.Write(frame);
        return frame;
    }

    private static byte[] Build4(IPAddress source, IPAddress destination, byte protocol, byte[] transport, byte hopLimit, byte[] options, ushort fragment, ushort id)
    {
        var ip = new byte[20];
        ip[0] = (byte)(0x45 + options.Length / 4);
        BinaryPrimitives.WriteUInt16BigEndian(ip.AsSpan(2), (ushort)(20 + options.Length + transport.Length));
        BinaryPrimitives.WriteUInt16BigEndian(ip.AsSpan(4), id);
        BinaryPrimitives.WriteUInt16BigEndian(ip.AsSpan(6), fragment);
        ip[8] = hopLimit;
        ip[9] = protocol;
        source.TryWriteBytes(ip.AsSpan(12), out _);
        destination.TryWriteBytes(ip.AsSpan(16), out _);
        return [.. new byte[12], 8, 0, .. ip, .. options, .. transport];
    }

    private static byte[] Build6(IPAddress source, IPAddress destination, byte next, byte[] payload, byte hopLimit)
    {
        var ip = new byte[40];
        ip[0] = 0x60;
        BinaryPrimitives.WriteUInt16BigEndian(ip.AsSpan(4), (ushort)payload.Length);
        ip[6] = next;
        ip[7] = hopLimit;
        source.TryWriteBytes(ip.AsSpan(8), out _);
        destination.TryWriteBytes(ip.AsSpan(24), out _);
        return [.. new byte[12], 0x86, 0xDD, .. ip, .. payload];
    }

    private byte[] Transport(Flow flow, byte tcpFlags, bool answer)
    {
        byte[] ports = [(byte)(flow.SourcePort >> 8), (byte)flow.SourcePort, (byte)(flow.DestinationPort >> 8), (byte)flow.DestinationPort];
        var payload = Bytes(random.Next(3) == 0 ? random.Next(64) : 16);
        switch (flow.Protocol)
        {
            case IpNumbers.Tcp:
                return [.. ports, .. Bytes(8), 0x50, tcpFlags, 0xFF, 0xFF, 0, 0, 0, 0, .. payload];
            case IpNumbers.Udp or IpNumbers.UdpLite:
                return [.. ports, 0, (byte)(8 + payload.Length), 0, 0, .. payload];
            case IpNumbers.Sctp:
                return [.. ports, .. Bytes(8), (byte)(tcpFlags == 0x02 ? 1 : tcpFlags == 0x12 ? 2 : random.Next(16) & ~1), .. payload];
            case IpNumbers.Icmp or IpNumbers.Icmpv6:
                var (request, reply) = flow.Protocol == IpNumbers.Icmp ? ((byte)8, (byte)0) : ((byte)128, (byte)129);
                return [answer ? reply : request, 0, 0, 0, .. ports.AsSpan(0, 2), 0, 1, .. payload];
            default:
                return [.. Bytes(8), .. payload];
        }
    }

    private byte[] Options() => random.Next(2) == 0 ? [] : [.. Enumerable.Repeat((byte)1, 4 * random.Next(1, 11))];

    private ushort FragmentWhere() => random.Next(5) switch
    {
        0 or 1 => 0,
        2 => 0x2000,
        3 => 0x4000,
        _ => (ushort)(random.Next(2) << 13 | random.Next(1, 4)),
    };

    private byte[] Maybe(byte[] mac)
    {
        byte[] changed = [.. mac];
        changed[5] ^= (byte)(random.Next(6) == 0 ? 1 : 0);
        return changed;
    }

    private byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }
}
