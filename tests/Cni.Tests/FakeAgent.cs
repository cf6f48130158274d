using System.Net.Sockets;
using System.Text;

namespace Axoneme.Tests;

/// <summary>Listens on a Unix socket, remembers each request and sends the raw bytes the test chose.</summary>
internal sealed class FakeAgent : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<string, string> _answer;
    private readonly Task _serving;

    private FakeAgent(Func<string, string> answer)
    {
        _answer = answer;
        SocketPath = Path.Combine(Path.GetTempPath(), $"axoneme-fake-{Guid.NewGuid():N}.sock");
        _listener.Bind(new UnixDomainSocketEndPoint(SocketPath));
        _listener.Listen(8);
        _serving = ServeAsync();
    }

    public string SocketPath { get; }

    /// <summary>Requests received: request line and body.</summary>
    public List<(string Line, string Body)> Requests { get; } = [];

    /// <summary>Answers every request with one status and body, delimited by Content-Length.</summary>
    public static FakeAgent Answering(int status, string body) => new(_ => Response(status, body));

    /// <summary>Answers by the request's target; null is a 404.</summary>
    public static FakeAgent Routing(Func<string, string?> bodyOf) => new(line => bodyOf(line.Split(' ')[1]) is { } body ? Response(200, body) : Response(404, """{"error":"no such route"}"""));

    /// <summary>Sends these bytes, whatever is asked, and closes.</summary>
    public static FakeAgent Sending(string raw) => new(_ => raw);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _serving;
        _listener.Dispose();
        _stop.Dispose();
        File.Delete(SocketPath);
    }

    private static string Response(int status, string body) => $"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}";

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                using var connection = await _listener.AcceptAsync(_stop.Token);
                await using var stream = new NetworkStream(connection);
                var line = await ReadLineAsync(stream);
                var length = 0;
                for (var header = await ReadLineAsync(stream); header.Length > 0; header = await ReadLineAsync(stream))
                {
                    if (header.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase))
                    {
                        length = int.Parse(header["Content-Length:".Length..]);
                    }
                }

                var body = new byte[length];
                await stream.ReadExactlyAsync(body, _stop.Token);
                Requests.Add((line, Encoding.UTF8.GetString(body)));
                await stream.WriteAsync(Encoding.UTF8.GetBytes(_answer(line)), _stop.Token);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Disposed.
        }
    }

    private async Task<string> ReadLineAsync(NetworkStream stream)
    {
        var line = new StringBuilder();
        var next = new byte[1];
        while (true)
        {
            await stream.ReadExactlyAsync(next, _stop.Token);
            if (next[0] == '\n')
            {
                return line.ToString().TrimEnd('\r');
            }

            line.Append((char)next[0]);
        }
    }
}
