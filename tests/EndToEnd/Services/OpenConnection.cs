using System.Net;
using System.Net.Sockets;
using System.Text;
using Axoneme.EndToEnd.Policies;

namespace Axoneme.EndToEnd.Services;

/// <summary>A socket that asks the same service again and again who answers: a TCP connection, or datagrams from one port.</summary>
internal sealed class OpenConnection : IDisposable
{
    /// <summary>How long an answer is waited for: only what fails takes so long.</summary>
    private static readonly TimeSpan Answer = TimeSpan.FromSeconds(20);

    /// <summary>For datagrams: ports that nobody else asks from, as translations of datagrams are not forgotten for a minute, and a kernel might choose one of them.</summary>
    private const int FirstPort = 10_000;
    private const int Ports = 20_000;

    private static int s_begun;

    private readonly Socket _socket;

    private OpenConnection(Socket socket) => _socket = socket;

    public static async Task<OpenConnection> BeginAsync(Party from, string protocol, string address, int port)
    {
        var target = new IPEndPoint(IPAddress.Parse(address), port);
        var isTcp = protocol == "tcp";
        var family = target.AddressFamily == AddressFamily.InterNetwork ? 4 : 6;
        var connection = new OpenConnection(from.Socket(family, isTcp ? SocketType.Stream : SocketType.Dgram, isTcp ? ProtocolType.Tcp : ProtocolType.Udp));
        try
        {
            if (!isTcp)
            {
                connection._socket.Bind(new IPEndPoint(family == 4 ? IPAddress.Any : IPAddress.IPv6Any, FirstPort + Interlocked.Increment(ref s_begun) % Ports));
            }

            using var limit = new CancellationTokenSource(Answer);
            await connection._socket.ConnectAsync(target, limit.Token);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>The pod that answers now, without its namespace.</summary>
    public async Task<string> AskAsync()
    {
        using var limit = new CancellationTokenSource(Answer);
        await _socket.SendAsync("GET / HTTP/1.1\r\n\r\n"u8.ToArray(), limit.Token);
        var buffer = new byte[1024];
        var text = Encoding.ASCII.GetString(buffer, 0, await _socket.ReceiveAsync(buffer, limit.Token));
        return text[(text.LastIndexOf("\r\n\r\n", StringComparison.Ordinal) is var end and >= 0 ? end + 4 : 0)..].Split('\n')[0].Split('/')[^1];
    }

    /// <summary>Sends bytes that the other end sends back, while it receives them.</summary>
    public async Task<byte[]> EchoAsync(byte[] bytes)
    {
        using var limit = new CancellationTokenSource(Answer);
        var received = new byte[bytes.Length];
        var sending = _socket.SendAsync(bytes, limit.Token);
        for (var got = 0; got < bytes.Length;)
        {
            var count = await _socket.ReceiveAsync(received.AsMemory(got), limit.Token);
            got += count > 0 ? count : throw new EndOfStreamException($"closed after {got} bytes");
        }

        await sending;
        return received;
    }

    public void Dispose() => _socket.Dispose();
}
