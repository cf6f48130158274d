using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Axoneme.EndToEnd.Policies;

/// <summary>One attempt with a real packet.</summary>
/// <param name="From">Who sends.</param>
/// <param name="To">Who should get it.</param>
/// <param name="Family">4 or 6.</param>
/// <param name="Kind">
/// <c>tcp</c>: a connection opens; <c>udp</c>: an echo; <c>ping</c>: an echo reply comes back; <c>icmp</c> and <c>sctp</c>: a packet of that
/// type or to that port arrives.
/// </param>
/// <param name="Number">The port or the ICMP type.</param>
internal sealed record Probe(Party From, Party To, int Family, string Kind, int Number)
{
    /// <summary>False when nothing was heard. Anything else than an answer or silence is a mistake of the case and thrown.</summary>
    public async Task<bool> PassesAsync(TimeSpan patience)
    {
        using var limit = new CancellationTokenSource(patience);
        try
        {
            await (Kind switch
            {
                "tcp" => ConnectAsync(limit.Token),
                "udp" => EchoAsync(limit.Token),
                "ping" => PingAsync(limit.Token),
                "icmp" => ArriveAsync(limit.Token),
                "sctp" => ArriveRawAsync(limit.Token),
                _ => throw new FormatException($"\"{Kind}\" is no kind of probe"),
            });
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.NoBufferSpaceAvailable)
        {
            // So a node's kernel calls it when what a raw socket sends is dropped at the node's own device.
            return false;
        }
        catch (SocketException exception)
        {
            throw new InvalidOperationException($"{this}: {exception.Message}", exception);
        }
    }

    public override string ToString() => $"{From.Name} -> {To.Name} {Kind}{Family}{(Kind == "ping" ? "" : $"/{Number}")}";

    private ProtocolType Icmp => Family == 4 ? ProtocolType.Icmp : ProtocolType.IcmpV6;

    private async Task ConnectAsync(CancellationToken limit)
    {
        using var socket = From.Socket(Family, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(new IPEndPoint(To.Address(Family), Number), limit);
    }

    private async Task EchoAsync(CancellationToken limit)
    {
        using var socket = From.Socket(Family, SocketType.Dgram, ProtocolType.Udp);
        await socket.ConnectAsync(new IPEndPoint(To.Address(Family), Number), limit);
        var sent = RandomNumberGenerator.GetBytes(8);
        var received = new byte[16];
        await socket.SendAsync(sent, limit);
        Assert.Equal(sent, received[..await socket.ReceiveAsync(received, limit)]);
    }

    private async Task PingAsync(CancellationToken limit)
    {
        var (request, reply) = Family == 4 ? ((byte)8, (byte)0) : ((byte)128, (byte)129);
        var message = IcmpMessage(request);
        using var socket = From.Socket(Family, SocketType.Raw, Icmp);
        await socket.SendToAsync(message, new IPEndPoint(To.Address(Family), 0), limit);

        // An error would quote the message; a raw socket gets IPv4 packets with their headers.
        await SeeAsync(socket, packet => packet[Family == 4 ? (packet[0] & 15) * 4 : 0] == reply && packet.EndsWith(message.AsSpan(4)), limit);
    }

    private async Task ArriveAsync(CancellationToken limit)
    {
        var message = IcmpMessage((byte)Number);
        using var receiver = To.Socket(Family, SocketType.Raw, Icmp);
        using var sender = From.Socket(Family, SocketType.Raw, Icmp);
        await sender.SendToAsync(message, new IPEndPoint(To.Address(Family), 0), limit);
        await SeeAsync(receiver, packet => packet.EndsWith(message.AsSpan(4)), limit);
    }

    /// <summary>The kernel need not know SCTP: the packet is written with its IP header, and seen on the receiver's interface.</summary>
    private async Task ArriveRawAsync(CancellationToken limit)
    {
        var message = SctpInit((ushort)Number);
        using var receiver = To.PacketSocket();
        using var sender = From.Socket(Family, SocketType.Raw, ProtocolType.Raw);
        await sender.SendToAsync((byte[])[.. IpHeader(132, message.Length), .. message], new IPEndPoint(To.Address(Family), 0), limit);
        await SeeAsync(receiver, packet => packet.EndsWith(message), limit);
    }

    private static async Task SeeAsync(Socket socket, Func<ReadOnlySpan<byte>, bool> isIt, CancellationToken limit)
    {
        var buffer = new byte[2048];
        while (!isIt(buffer.AsSpan(0, await socket.ReceiveAsync(buffer, limit))))
        {
            // Somebody else's.
        }
    }

    /// <summary>RFC 792, RFC 4443: type, code, checksum (which the kernel writes for IPv6), and what makes this message unlike any other.</summary>
    private byte[] IcmpMessage(byte type)
    {
        byte[] message = [type, 0, 0, 0, .. RandomNumberGenerator.GetBytes(12)];
        if (Family == 4)
        {
            var sum = 0;
            for (var i = 0; i < message.Length; i += 2)
            {
                sum += message[i] << 8 | message[i + 1];
            }

            sum = (sum & 0xffff) + (sum >> 16);
            sum = ~(sum + (sum >> 16));
            (message[2], message[3]) = ((byte)(sum >> 8), (byte)sum);
        }

        return message;
    }

    /// <summary>RFC 791, RFC 8200; the kernel writes the checksum and the identification of IPv4.</summary>
    private byte[] IpHeader(byte protocol, int length)
    {
        byte[] ends = [.. From.Address(Family).GetAddressBytes(), .. To.Address(Family).GetAddressBytes()];
        return Family == 4
            ? [0x45, 0, 0, (byte)(20 + length), 0, 0, 0, 0, 64, protocol, 0, 0, .. ends]
            : [0x60, 0, 0, 0, 0, (byte)length, protocol, 64, .. ends];
    }

    /// <summary>
    /// RFC 9260: a common header and an INIT chunk of 20 bytes. Nobody looks at the checksum on the way. Each probe has a source port of its own, so
    /// that it is a connection of its own.
    /// </summary>
    private static byte[] SctpInit(ushort port) =>
    [
        (byte)RandomNumberGenerator.GetInt32(0xc0, 0x100), (byte)RandomNumberGenerator.GetInt32(0x100), (byte)(port >> 8), (byte)port, 0, 0, 0, 0, 0, 0, 0, 0,
        1, 0, 0, 20, .. RandomNumberGenerator.GetBytes(4), 0, 0, 16, 0, 0, 1, 0, 1, .. RandomNumberGenerator.GetBytes(4),
    ];
}
