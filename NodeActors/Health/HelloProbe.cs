using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Axoneme.NodeActors.Health;

/// <summary>Asks a health responder by HTTP.</summary>
internal static class HelloProbe
{
    private const string Path = "/hello";

    /// <summary>What a health responder answers, as Cilium's does.</summary>
    public static HttpAnswer Answer(IPEndPoint place, string target) => new(target == Path ? "200 OK" : "404 Not Found");

    /// <summary>Completes when the answer is 200.</summary>
    /// <param name="target">Where it listens.</param>
    /// <param name="make">Makes the socket in the namespace to ask from.</param>
    /// <param name="cancellationToken">Ends waiting.</param>
    /// <exception cref="SocketException">It cannot be reached.</exception>
    /// <exception cref="IOException">What answers is no health responder.</exception>
    public static async Task AskAsync(IPEndPoint target, Func<Func<Socket>, Socket> make, CancellationToken cancellationToken)
    {
        using var socket = make(() => new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true });
        await socket.ConnectAsync(target, cancellationToken).ConfigureAwait(false);
        await socket.SendAsync(Encoding.ASCII.GetBytes($"GET {Path} HTTP/1.1\r\nHost: {target}\r\nConnection: close\r\n\r\n"), cancellationToken).ConfigureAwait(false);
        var buffer = new byte[512];
        var length = 0;
        while (buffer.AsSpan(0, length).IndexOf((byte)'\n') < 0)
        {
            var read = length == buffer.Length ? 0 : await socket.ReceiveAsync(buffer.AsMemory(length), cancellationToken).ConfigureAwait(false);
            if (read == 0)
            {
                throw new IOException("the connection was closed without an HTTP answer");
            }

            length += read;
        }

        var line = Encoding.ASCII.GetString(buffer, 0, buffer.AsSpan().IndexOf((byte)'\n')).TrimEnd('\r');
        if (line.Split(' ', 3) is not [var version, "200", ..] || !version.StartsWith("HTTP/1.", StringComparison.Ordinal))
        {
            throw new IOException($"answered \"{line}\" instead of 200");
        }
    }
}
