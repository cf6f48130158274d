using System.Net.Sockets;
using System.Text;

namespace Axoneme.DemoPod.Serving;

/// <summary>Answers HTTP/1.1 requests with the pod's name; a connection that does not begin like HTTP is echoed.</summary>
internal static class TcpResponder
{
    private static readonly string[] Methods = ["GET ", "HEAD ", "POST ", "PUT ", "DELETE ", "OPTIONS ", "PATCH "];

    /// <summary>Accepts connections until cancelled; owns the listener.</summary>
    public static async Task RunAsync(Socket listener, string name, CancellationToken cancellationToken)
    {
        using (listener)
        {
            await ConnectionLoop.RunAsync(listener, (connection, token) => ServeAsync(connection, name, token), cancellationToken);
        }
    }

    private static async Task ServeAsync(Socket connection, string name, CancellationToken cancellationToken)
    {
        connection.NoDelay = true;
        var buffer = new byte[4096];
        var length = await connection.ReceiveAsync(buffer, cancellationToken);
        if (!LooksLikeHttp(buffer.AsSpan(0, length)))
        {
            await EchoAsync(connection, buffer, length, cancellationToken);
            return;
        }

        var pending = "";
        while (length > 0)
        {
            // Bodies are not read: this server has no use for one, and a request with one is answered at its head.
            pending += Encoding.ASCII.GetString(buffer, 0, length);
            for (var end = pending.IndexOf("\r\n\r\n", StringComparison.Ordinal); end >= 0; end = pending.IndexOf("\r\n\r\n", StringComparison.Ordinal))
            {
                var head = pending[..end];
                pending = pending[(end + 4)..];
                var last = head.Contains("Connection: close", StringComparison.OrdinalIgnoreCase) || !head.Contains("HTTP/1.1", StringComparison.Ordinal);
                await SendAllAsync(connection, Answer(connection, name, head, last), cancellationToken);
                if (last)
                {
                    connection.Shutdown(SocketShutdown.Send);
                    return;
                }
            }

            length = pending.Length > 65536 ? 0 : await connection.ReceiveAsync(buffer, cancellationToken);
        }
    }

    private static byte[] Answer(Socket connection, string name, string head, bool last)
    {
        var body = Introduction.Of(name, connection.RemoteEndPoint!);
        var text = $"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {body.Length}\r\nConnection: {(last ? "close" : "keep-alive")}\r\n\r\n";
        return Encoding.ASCII.GetBytes(head.StartsWith("HEAD ", StringComparison.Ordinal) ? text : text + body);
    }

    private static bool LooksLikeHttp(ReadOnlySpan<byte> start)
    {
        foreach (var method in Methods)
        {
            if (start.Length >= method.Length && Ascii.Equals(start[..method.Length], method))
            {
                return true;
            }
        }

        return false;
    }

    private static async Task EchoAsync(Socket connection, byte[] buffer, int length, CancellationToken cancellationToken)
    {
        while (length > 0)
        {
            await SendAllAsync(connection, buffer.AsMemory(0, length), cancellationToken);
            length = await connection.ReceiveAsync(buffer, cancellationToken);
        }
    }

    private static async Task SendAllAsync(Socket connection, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await connection.SendAsync(bytes, cancellationToken)..];
        }
    }
}
