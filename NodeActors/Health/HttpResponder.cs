using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Axoneme.NodeActors.Health;

/// <summary>
/// Answers <c>GET</c> over HTTP/1 at any number of addresses. It is open to whoever policy lets through, so it reads little, waits briefly and serves few at a time.
/// </summary>
/// <param name="answer">What is said at an address to who asks for a path.</param>
/// <param name="logger">Where it logs.</param>
internal sealed partial class HttpResponder(Func<IPEndPoint, string, HttpAnswer> answer, ILogger logger) : IAsyncDisposable
{
    private const int SolSocket = 1; // asm-generic/socket.h
    private const int SoReuseAddr = 2;
    private const int LargestRequest = 4096;
    private const int MostConnections = 64;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private readonly Dictionary<IPEndPoint, (Socket Socket, Task Loop)> _listeners = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _room = new(MostConnections, MostConnections);
    private readonly Lock _lock = new();

    /// <summary>Begins to listen where it does not yet, and ends where it is not wanted any more. Returns where it could not, and why.</summary>
    /// <param name="wanted">Where.</param>
    /// <param name="make">Makes a socket in the network namespace that it is to listen in.</param>
    public IReadOnlyList<(IPEndPoint Place, string Reason)> Listen(IReadOnlyCollection<IPEndPoint> wanted, Func<Func<Socket>, Socket> make)
    {
        var failures = new List<(IPEndPoint, string)>();
        lock (_lock)
        {
            foreach (var (gone, listener) in _listeners.Where(pair => !wanted.Contains(pair.Key) || pair.Value.Loop.IsCompleted).ToArray())
            {
                _listeners.Remove(gone);
                listener.Socket.Dispose();
            }

            foreach (var endpoint in wanted.Where(endpoint => !_listeners.ContainsKey(endpoint)))
            {
                try
                {
                    var socket = make(() => Open(endpoint));
                    _listeners[endpoint] = (socket, AcceptAsync(socket, endpoint, _stop.Token));
                }
                catch (Exception exception) when (exception is SocketException or Datapath.KernelException)
                {
                    failures.Add((endpoint, exception.Message));
                }
            }
        }

        return failures;
    }

    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested)
        {
            return;
        }

        await _stop.CancelAsync().ConfigureAwait(false);
        Task[] loops;
        lock (_lock)
        {
            loops = [.. _listeners.Values.Select(listener => listener.Loop)];
            foreach (var (socket, _) in _listeners.Values)
            {
                socket.Dispose();
            }

            _listeners.Clear();
        }

        await Task.WhenAll(loops).ConfigureAwait(false);
        for (var i = 0; i < MostConnections; i++)
        {
            // Whoever is being answered is done, or gives up, within a moment.
            await _room.WaitAsync().ConfigureAwait(false);
        }
    }

    private static Socket Open(IPEndPoint endpoint)
    {
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            // Behind connections of an earlier run that the kernel still remembers, but never beside another listener, as .NET's own option would.
            socket.SetRawSocketOption(SolSocket, SoReuseAddr, BitConverter.GetBytes(1));
            if (endpoint.AddressFamily == AddressFamily.InterNetworkV6)
            {
                socket.DualMode = false;
            }

            socket.Bind(endpoint);
            socket.Listen(MostConnections);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task AcceptAsync(Socket listener, IPEndPoint place, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                var connection = await listener.AcceptAsync(cancellationToken).ConfigureAwait(false);
                if (_room.Wait(0, CancellationToken.None))
                {
                    _ = AnswerAsync(connection, place, cancellationToken);
                }
                else
                {
                    connection.Dispose();
                }
            }
        }
        catch (Exception exception) when (cancellationToken.IsCancellationRequested || exception is ObjectDisposedException or OperationCanceledException or SocketException { SocketErrorCode: SocketError.OperationAborted })
        {
            // Nobody wants it any more.
        }
        catch (SocketException exception)
        {
            Log.ListenerLost(logger, exception);
        }
    }

    private async Task AnswerAsync(Socket connection, IPEndPoint place, CancellationToken cancellationToken)
    {
        try
        {
            using (connection)
            using (var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken))
            {
                patience.CancelAfter(Patience);
                var (status, body, headers, withBody) = await ReadAsync(connection, place, patience.Token).ConfigureAwait(false);
                var head = $"HTTP/1.1 {status}\r\n{headers}Content-Length: {body.Length}\r\nConnection: close\r\n\r\n";
                await connection.SendAsync(Encoding.ASCII.GetBytes(withBody ? head + body : head), patience.Token).ConfigureAwait(false);
                connection.Shutdown(SocketShutdown.Send);
            }
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException)
        {
            Log.CallerLeft(logger, exception.Message);
        }
        finally
        {
            _room.Release();
        }
    }

    /// <summary>Reads a request's head; returns what to answer.</summary>
    private async Task<(string Status, string Body, string Headers, bool WithBody)> ReadAsync(Socket connection, IPEndPoint place, CancellationToken cancellationToken)
    {
        var buffer = new byte[LargestRequest];
        var length = 0;
        while (buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8) < 0)
        {
            var read = length == buffer.Length ? 0 : await connection.ReceiveAsync(buffer.AsMemory(length), cancellationToken).ConfigureAwait(false);
            if (read == 0)
            {
                return ("400 Bad Request", "", "", false);
            }

            length += read;
        }

        var line = Encoding.ASCII.GetString(buffer, 0, buffer.AsSpan().IndexOf("\r\n"u8)).Split(' ');
        if (line is not [var method, var target, var version] || !version.StartsWith("HTTP/1.", StringComparison.Ordinal))
        {
            return ("400 Bad Request", "", "", false);
        }

        var (status, body, headers) = answer(place, target);
        return status.StartsWith('4') || method is "GET" or "HEAD" ? (status, body, headers, method != "HEAD") : ("405 Method Not Allowed", "", "", false);
    }

    private static partial class Log
    {
        [LoggerMessage(90, LogLevel.Warning, "A responder stopped listening and will listen again", EventName = "ResponderLost")]
        public static partial void ListenerLost(ILogger logger, Exception exception);

        [LoggerMessage(91, LogLevel.Debug, "Somebody who asked a responder left before the answer: {Reason}", EventName = "ResponderCallerLeft")]
        public static partial void CallerLeft(ILogger logger, string reason);
    }
}
