using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Axoneme.NodeActors.Health;

/// <summary>One ICMP echo over a raw socket (RFC 792, RFC 4443). Needs CAP_NET_RAW.</summary>
internal static class EchoProbe
{
    private const int HeaderLength = 8;
    private const int NonceLength = 16;

    /// <summary>Completes when the reply to this very request came.</summary>
    /// <param name="target">Whom to ask.</param>
    /// <param name="make">Makes the socket in the namespace to ask from.</param>
    /// <param name="cancellationToken">Ends waiting.</param>
    /// <exception cref="SocketException">It cannot be reached.</exception>
    public static async Task AskAsync(IPAddress target, Func<Func<Socket>, Socket> make, CancellationToken cancellationToken)
    {
        var isIPv6 = target.AddressFamily == AddressFamily.InterNetworkV6;
        using var socket = make(() => new Socket(target.AddressFamily, SocketType.Raw, isIPv6 ? ProtocolType.IcmpV6 : ProtocolType.Icmp));

        // Connected: the kernel passes on only what comes from there.
        await socket.ConnectAsync(new IPEndPoint(target, 0), cancellationToken).ConfigureAwait(false);
        var request = Request(isIPv6);
        await socket.SendAsync(request, cancellationToken).ConfigureAwait(false);
        var buffer = new byte[512];
        int length;
        do
        {
            length = await socket.ReceiveAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        while (!IsReply(buffer.AsSpan(0, length), request, isIPv6));
    }

    /// <summary>Of all echoes on the machine the nonce is nobody else's.</summary>
    private static byte[] Request(bool isIPv6)
    {
        var request = new byte[HeaderLength + NonceLength];
        RandomNumberGenerator.Fill(request.AsSpan(4));
        request[0] = isIPv6 ? (byte)128 : (byte)8;
        if (!isIPv6)
        {
            // Of ICMPv6 the kernel fills it in (RFC 3542 section 3.1).
            BinaryPrimitives.WriteUInt16BigEndian(request.AsSpan(2), Checksum(request));
        }

        return request;
    }

    private static bool IsReply(ReadOnlySpan<byte> received, ReadOnlySpan<byte> request, bool isIPv6)
    {
        // A raw IPv4 socket is given the IP header, a raw IPv6 one is not.
        var header = isIPv6 || received.IsEmpty ? 0 : (received[0] & 0xF) * 4;
        if (received.Length < header + request.Length)
        {
            return false;
        }

        var icmp = received[header..];
        return icmp[0] == (isIPv6 ? 129 : 0) && icmp[4..].SequenceEqual(request[4..]);
    }

    /// <summary>RFC 1071.</summary>
    private static ushort Checksum(ReadOnlySpan<byte> bytes)
    {
        var sum = 0u;
        for (var i = 0; i < bytes.Length; i += 2)
        {
            sum += BinaryPrimitives.ReadUInt16BigEndian(bytes[i..]);
        }

        sum = (sum & 0xFFFF) + (sum >> 16);
        return (ushort)~(sum + (sum >> 16));
    }
}
