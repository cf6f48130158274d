using System.Buffers.Binary;
using System.Net.Sockets;

namespace Axoneme.Testbed;

/// <summary>0, 1, 2, … over one TCP connection between pods, one way, until stopped: a byte that is lost, or a connection that is cut, is noticed.</summary>
public sealed class NumberStream : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly CancellationTokenSource _stop = new();
    private readonly Socket _sender;
    private readonly Socket _receiver;
    private readonly Task<int> _sending;
    private readonly Task<int> _receiving;
    private int _received;

    private NumberStream(Socket sender, Socket receiver)
    {
        (_sender, _receiver) = (sender, receiver);
        (_sending, _receiving) = (SendAsync(), ReceiveAsync());
    }

    /// <summary>How many came so far.</summary>
    public int Received => _received;

    /// <summary>Connects and begins.</summary>
    /// <param name="client">Who connects.</param>
    /// <param name="server">Who listens.</param>
    /// <param name="address">One of the server's.</param>
    /// <param name="port">Where it listens, for this connection only.</param>
    /// <param name="serverSends">The numbers come from the server: the client, which sends nothing but acknowledgements, cannot keep the connection known.</param>
    public static async Task<NumberStream> StartAsync(Pod client, Pod server, string address, int port, bool serverSends = false)
    {
        using var listener = server.Listen(port);
        var near = await client.ConnectAsync(address, port, (int)Patience.TotalMilliseconds)
            ?? throw new InvalidOperationException($"{client.FullName} does not reach {server.FullName} {address} {port}");
        var far = await listener.AcceptAsync();
        return serverSends ? new NumberStream(far, near) : new NumberStream(near, far);
    }

    /// <summary>Ends it when what was sent until now has come.</summary>
    /// <returns>How many numbers were sent and came, each in its place.</returns>
    /// <exception cref="InvalidOperationException">Another number came than the next.</exception>
    /// <exception cref="SocketException">The connection was cut.</exception>
    /// <exception cref="TimeoutException">What was sent does not come.</exception>
    public async Task<(int Sent, int Received)> StopAsync()
    {
        await _stop.CancelAsync();
        var sent = await _sending.WaitAsync(Patience);
        _sender.Shutdown(SocketShutdown.Send);
        return (sent, await _receiving.WaitAsync(Patience));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _sender.Dispose();
        _receiver.Dispose();
        await ((Task)_sending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await ((Task)_receiving).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    /// <summary>As fast as a person would notice a gap.</summary>
    private async Task<int> SendAsync()
    {
        var number = new byte[4];
        var sent = 0;
        while (!_stop.IsCancellationRequested)
        {
            BinaryPrimitives.WriteInt32BigEndian(number, sent);
            await _sender.SendAsync(number);
            sent++;
            await Task.Delay(2);
        }

        return sent;
    }

    private async Task<int> ReceiveAsync()
    {
        await using var stream = new NetworkStream(_receiver);
        var number = new byte[4];
        while (await stream.ReadAtLeastAsync(number, 4, throwOnEndOfStream: false) == 4)
        {
            if (BinaryPrimitives.ReadInt32BigEndian(number) is var came && came != _received)
            {
                throw new InvalidOperationException($"{came} came after {_received - 1}");
            }

            _received++;
        }

        return _received;
    }
}
