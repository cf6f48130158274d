using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Axoneme.EndToEnd.Policies;

namespace Axoneme.EndToEnd;

/// <summary>
/// Connections whose verdict stays what it is, tried over and over until stopped: of those that are allowed new ones and one that stays open, of the
/// others new ones. What went the other way only once is told.
/// </summary>
internal sealed class SteadyTraffic : IAsyncDisposable
{
    /// <summary>Beyond what a busy machine delays: what takes so long is lost.</summary>
    private static readonly TimeSpan Lost = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Silence = TimeSpan.FromMilliseconds(150);

    /// <summary>Between attempts: what costs little is tried often, so that a moment is noticed.</summary>
    private static readonly TimeSpan DeniedPause = TimeSpan.FromMilliseconds(50);

    private static readonly TimeSpan OpenPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan NewPause = TimeSpan.FromSeconds(1);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, int> _deviations = [];
    private readonly Task[] _tasks;
    private readonly bool _mayRepeat;
    private int _answered;
    private int _refused;

    /// <param name="allowed">Who is to be answered.</param>
    /// <param name="denied">Who is not.</param>
    /// <param name="mayRepeat">The first packets of a connection may be lost, so that TCP has to say them again; UDP, which does not, begins none but those that stay open.</param>
    public SteadyTraffic(IEnumerable<Probe> allowed, IEnumerable<Probe> denied, bool mayRepeat = false)
    {
        _mayRepeat = mayRepeat;
        _tasks =
        [
            .. allowed.Select(StayAsync),
            .. allowed.Where(probe => !mayRepeat || probe.Kind == "tcp").Select(probe => RepeatAsync(() => BeginAsync(probe), NewPause)),
            .. denied.Select(probe => RepeatAsync(() => TryAsync(probe), DeniedPause)),
        ];
    }

    /// <summary>How often somebody was answered.</summary>
    public int Answered => _answered;

    /// <summary>How often somebody was not, who must not be.</summary>
    public int Refused => _refused;

    /// <summary>Ends it; fails when anything deviated.</summary>
    public async Task AssertWasSteadyAsync()
    {
        await StopAsync();
        Assert.True(_deviations.IsEmpty, string.Join('\n', _deviations.Select(deviation => $"{deviation.Value}× {deviation.Key}")));
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }

    private async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_tasks);
    }

    private async Task RepeatAsync(Func<Task> once, TimeSpan pause)
    {
        // Not all at the same moment.
        await Task.Delay(pause * Random.Shared.NextDouble());
        while (!_stop.IsCancellationRequested)
        {
            await once();
            await Task.Delay(pause, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task BeginAsync(Probe probe)
    {
        using var socket = await ConnectAsync(probe);
        if (socket is not null && await EchoesAsync(probe, socket, "a new connection"))
        {
            Interlocked.Increment(ref _answered);
        }
    }

    private async Task StayAsync(Probe probe)
    {
        using var socket = await ConnectAsync(probe);
        await RepeatAsync(async () =>
        {
            if (socket is not null && await EchoesAsync(probe, socket, "the open connection"))
            {
                Interlocked.Increment(ref _answered);
            }
        }, OpenPause);
    }

    /// <summary>A beginning that was dropped once would be answered a second later: it is found out by what the kernel had to say twice.</summary>
    private async Task<Socket?> ConnectAsync(Probe probe)
    {
        var socket = SocketOf(probe);
        try
        {
            using var limit = new CancellationTokenSource(Lost);
            await socket.ConnectAsync(TargetOf(probe), limit.Token);
            if (_mayRepeat || probe.Kind != "tcp" || Retransmitted(socket) == 0)
            {
                return socket;
            }

            Deviates(probe, "the first packet was dropped");
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException)
        {
            Deviates(probe, $"no connection: {exception.Message}");
        }

        socket.Dispose();
        return null;
    }

    private async Task<bool> EchoesAsync(Probe probe, Socket socket, string which)
    {
        var sent = RandomNumberGenerator.GetBytes(8);
        var received = new byte[8];
        try
        {
            using var limit = new CancellationTokenSource(Lost);
            await socket.SendAsync(sent, limit.Token);
            for (var got = 0; got < sent.Length;)
            {
                var count = await socket.ReceiveAsync(received.AsMemory(got), limit.Token);
                if (count == 0)
                {
                    Deviates(probe, $"{which} was closed");
                    return false;
                }

                got += count;
            }

            if (sent.SequenceEqual(received))
            {
                return true;
            }

            Deviates(probe, $"{which} said something else");
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException)
        {
            Deviates(probe, $"{which} was not answered: {exception.Message}");
        }

        return false;
    }

    private async Task TryAsync(Probe probe)
    {
        try
        {
            if (!await probe.PassesAsync(Silence))
            {
                Interlocked.Increment(ref _refused);
                return;
            }

            Deviates(probe, "passed");
        }
        catch (InvalidOperationException answer)
        {
            // Whatever answered, the packet had come there.
            Deviates(probe, answer.Message);
        }
    }

    private void Deviates(Probe probe, string how) => _deviations.AddOrUpdate($"{probe}: {how}", 1, (_, times) => times + 1);

    private static Socket SocketOf(Probe probe)
    {
        var isTcp = probe.Kind == "tcp";
        var socket = probe.From.Socket(probe.Family, isTcp ? SocketType.Stream : SocketType.Dgram, isTcp ? ProtocolType.Tcp : ProtocolType.Udp);
        if (isTcp)
        {
            socket.NoDelay = true;
        }

        return socket;
    }

    private static IPEndPoint TargetOf(Probe probe) => new(probe.To.Address(probe.Family), probe.Number);

    /// <summary><c>tcpi_total_retrans</c> of linux/tcp.h: eight bytes and 23 numbers stand before it.</summary>
    private static int Retransmitted(Socket socket)
    {
        const int TcpInfo = 11;
        const int Before = 8 + (23 * 4);
        Span<byte> info = stackalloc byte[Before + 4];
        socket.GetRawSocketOption((int)ProtocolType.Tcp, TcpInfo, info);
        return MemoryMarshal.Read<int>(info[Before..]);
    }
}
