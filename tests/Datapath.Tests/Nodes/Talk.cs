using System.Net;
using System.Net.Sockets;
using Axoneme.Datapath.Network;

namespace Axoneme.Datapath.Tests.Nodes;

/// <summary>Real exchanges between namespaces.</summary>
internal static class Talk
{
    public const int Port = 4711;
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(3);

    /// <summary>Sends <paramref name="bytes"/> there and back over TCP; the address the other side saw, or null when nothing came back.</summary>
    public static IPAddress? Tcp(NetworkNamespace client, NetworkNamespace server, IPAddress address, int bytes = 100_000)
    {
        using var listener = server.Run(() =>
        {
            var made = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            made.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            made.Bind(new IPEndPoint(address, Port));
            made.Listen();
            return made;
        });
        using var caller = client.Run(() => new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
        if (!caller.ConnectAsync(new IPEndPoint(address, Port)).Wait(_patience))
        {
            return null;
        }

        using var called = listener.Accept();
        var seen = ((IPEndPoint)called.RemoteEndPoint!).Address;
        return Exchange(caller, called, bytes) && Exchange(called, caller, bytes) ? seen : null;
    }

    /// <summary>One datagram there and one back; the address the other side saw.</summary>
    public static IPEndPoint? Udp(NetworkNamespace client, NetworkNamespace server, IPAddress address, int bytes = 100, int clientPort = 0)
    {
        using var receiver = server.Run(() => new UdpClient(new IPEndPoint(address, Port)));
        using var sender = client.Run(() => new UdpClient(clientPort, address.AddressFamily));
        receiver.Client.ReceiveTimeout = sender.Client.ReceiveTimeout = (int)_patience.TotalMilliseconds;
        sender.Send(new byte[bytes], new IPEndPoint(address, Port));
        try
        {
            IPEndPoint? from = null;
            Assert.Equal(bytes, receiver.Receive(ref from!).Length);
            receiver.Send(new byte[bytes], from);
            IPEndPoint? back = null;
            Assert.Equal(bytes, sender.Receive(ref back!).Length);
            Assert.Equal(address, back.Address);
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
