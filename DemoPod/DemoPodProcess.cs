using System.Globalization;
using System.Net.Sockets;
using Axoneme.DemoPod.Probing;
using Axoneme.DemoPod.Serving;

namespace Axoneme.DemoPod;

/// <summary>Everything one pod runs: responders on its ports and the control socket.</summary>
internal static class DemoPodProcess
{
    private static readonly TimeSpan ControlPathInterval = TimeSpan.FromMilliseconds(500);

    /// <summary>Runs until cancelled, until the control path is removed, or until a listener fails.</summary>
    public static async Task RunAsync(ServeOptions options, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var running = new List<Task>();
        foreach (var port in options.Tcp)
        {
            running.Add(TcpResponder.RunAsync(Bind(SocketType.Stream, port), options.Name, stop.Token));
        }

        foreach (var port in options.Udp)
        {
            running.Add(UdpResponder.RunAsync(Bind(SocketType.Dgram, port), options.Name, stop.Token));
        }

        // The control socket comes last: who can connect to it knows that the ports listen.
        var control = ControlSocket.Listen(options.Control);
        running.Add(ControlSocket.RunAsync(control, stop.Token));
        running.Add(WaitForRemovalAsync(options.Control, stop.Token));
        if (options.PidFile is { } pidFile)
        {
            await File.WriteAllTextAsync(pidFile, Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + "\n", stop.Token);
        }

        var first = await Task.WhenAny(running);
        await stop.CancelAsync();
        await Task.WhenAll(running.Where(task => task != first)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        File.Delete(options.Control);
        if (options.PidFile is not null)
        {
            File.Delete(options.PidFile);
        }

        if (!cancellationToken.IsCancellationRequested)
        {
            await first;
        }
    }

    private static Socket Bind(SocketType type, ushort port)
    {
        var protocol = type == SocketType.Stream ? ProtocolType.Tcp : ProtocolType.Udp;
        var family = Socket.OSSupportsIPv6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;
        var socket = new Socket(family, type, protocol);
        try
        {
            if (family == AddressFamily.InterNetworkV6)
            {
                socket.DualMode = true;
            }

            if (type == SocketType.Stream)
            {
                // A restarted pod finds its predecessor's connections in TIME_WAIT.
                socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            }

            socket.Bind(new System.Net.IPEndPoint(family == AddressFamily.InterNetworkV6 ? System.Net.IPAddress.IPv6Any : System.Net.IPAddress.Any, port));
            if (type == SocketType.Stream)
            {
                socket.Listen(1024);
            }

            return socket;
        }
        catch (SocketException failure)
        {
            socket.Dispose();
            throw new IOException($"port {protocol.ToString().ToUpperInvariant()} {port}: {failure.Message}", failure);
        }
    }

    private static async Task WaitForRemovalAsync(string path, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(ControlPathInterval);
        while (File.Exists(path))
        {
            await timer.WaitForNextTickAsync(cancellationToken);
        }
    }
}
