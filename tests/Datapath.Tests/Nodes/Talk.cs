using System.Net;
using System.Net.Sockets;
using Axoneme.Datapath.Network;

namespace Axoneme.Datapath.Tests.Nodes;

/// <summary>Real exchanges between namespaces.</summary>
internal static class Talk
{
    public const int Port = 4711;
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(3);

    /// <summary>
    /// Sends <paramref name="bytes"/> there and back over TCP, to where the server listens or to what is <paramref name="asked"/> and leads there; the address the other
    /// side saw, or null when nothing came back.
    /// </summary>
    public static IPAddress? Tcp(NetworkNamespace client, NetworkNamespace server, IPAddress address, int bytes = 100_000, bool expected = true, IPEndPoint? asked = null, int clientPort = 0)
    {
        using var listener = server.Run(() =>
        {
            var made = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            made.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            made.Bind(new IPEndPoint(address, Port));
            made.Listen();
            return made;
        });
        using var caller = client.Run(() =>
        {
            var made = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            if (clientPort != 0)
            {
                made.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
                made.Bind(new IPEndPoint(address.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, clientPort));
            }

            return made;
        });
        if (!caller.ConnectAsync(asked ?? new IPEndPoint(address, Port)).Wait(Patience(expected)))
        {
            return null;
        }

        using var called = listener.Accept();
        var seen = ((IPEndPoint)called.RemoteEndPoint!).Address;
        return Exchange(caller, called, bytes) && Exchange(called, caller, bytes) ? seen : null;
    }

    /// <summary>One datagram there and one back; the address the other side saw.</summary>
    public static IPEndPoint? Udp(NetworkNamespace client, NetworkNamespace server, IPAddress address, int bytes = 100, int clientPort = 0, bool expected = true, IPEndPoint? asked = null)
    {
        using var receiver = server.Run(() => new UdpClient(new IPEndPoint(address, Port)));
        using var sender = client.Run(() => new UdpClient(clientPort, address.AddressFamily));
        receiver.Client.ReceiveTimeout = sender.Client.ReceiveTimeout = (int)Patience(expected).TotalMilliseconds;
        sender.Send(new byte[bytes], asked ?? new IPEndPoint(address, Port));
        try
        {
            IPEndPoint? from = null;
            Assert.Equal(bytes, receiver.Receive(ref from!).Length);
            receiver.Send(new byte[bytes], from);
            IPEndPoint? back = null;
            Assert.Equal(bytes, sender.Receive(ref back!).Length);
            Assert.Equal(asked ?? new IPEndPoint(address, Port), back);
            return from;
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.TimedOut)
        {
            return null;
        }
    }

    public static bool Ping(NetworkNamespace client, IPAddress address) => client.Run(() =>
    {
        using var process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("ping", ["-c1", "-W2", address.ToString()]) { RedirectStandardOutput = true })!;
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0;
    });

    /// <summary>Does a connected UDP socket hear that nobody listens there?</summary>
    public static bool IsRefused(NetworkNamespace client, IPAddress address) => IsRefused(client, new IPEndPoint(address, 9), SocketType.Dgram);

    /// <summary>The same of TCP or UDP.</summary>
    public static bool IsRefused(NetworkNamespace client, IPEndPoint asked, SocketType type) => client.Run(() =>
    {
        using var socket = new Socket(asked.AddressFamily, type, type == SocketType.Stream ? ProtocolType.Tcp : ProtocolType.Udp) { ReceiveTimeout = (int)_patience.TotalMilliseconds };
        try
        {
            if (!socket.ConnectAsync(asked).Wait(_patience))
            {
                return false;
            }

            socket.Send([1]);
            socket.Receive(new byte[1]);
        }
        catch (SocketException exception) when (exception.SocketErrorCode is SocketError.ConnectionRefused or SocketError.TimedOut)
        {
            return exception.SocketErrorCode == SocketError.ConnectionRefused;
        }
        catch (AggregateException exception)
        {
            return exception.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionRefused };
        }

        return false;
    });

    /// <summary>What the client's kernel learns of the way there from datagrams of that many bytes.</summary>
    public static int PathMtu(NetworkNamespace client, IPAddress address, int bytes) => PathMtu(client, new IPEndPoint(address, Port), bytes);

    /// <summary>The same of the way to a port.</summary>
    public static int PathMtu(NetworkNamespace client, IPEndPoint asked, int bytes) => client.Run(() =>
    {
        const int mtu4 = 14, mtu6 = 24, discover4 = 10, discover6 = 23; // linux/in.h, linux/in6.h
        var ipv6 = asked.AddressFamily == AddressFamily.InterNetworkV6;
        using var socket = new Socket(asked.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        socket.SetRawSocketOption(ipv6 ? 41 : 0, ipv6 ? discover6 : discover4, BitConverter.GetBytes(2));
        socket.Connect(asked);
        for (var attempt = 0; attempt < 20; attempt++)
        {
            try
            {
                socket.Send(new byte[bytes]);
            }
            catch (SocketException)
            {
                break; // EMSGSIZE, or refused: the kernel knows more now
            }

            Thread.Sleep(50);
        }

        var value = new byte[4];
        Span<byte> read = value;
        return socket.GetRawSocketOption(ipv6 ? 41 : 0, ipv6 ? mtu6 : mtu4, read) == 4 ? BitConverter.ToInt32(value) : 0;
    });

    /// <summary>What should not come is not waited for as long as what should.</summary>
    private static TimeSpan Patience(bool expected) => expected ? _patience : TimeSpan.FromMilliseconds(500);

    private static bool Exchange(Socket from, Socket to, int bytes)
    {
        to.ReceiveTimeout = (int)_patience.TotalMilliseconds;
        var sending = Task.Run(() => from.Send(new byte[bytes]));
        var buffer = new byte[bytes];
        for (var received = 0; received < bytes;)
        {
            try
            {
                var more = to.Receive(buffer.AsSpan(received));
                if (more == 0)
                {
                    return false;
                }

                received += more;
            }
            catch (SocketException exception) when (exception.SocketErrorCode == SocketError.TimedOut)
            {
                return false;
            }
        }

        return sending.Wait(_patience);
    }
}
