using System.Net;
using System.Net.Sockets;
using Axoneme.Datapath.Network;

namespace Axoneme.Datapath.Tests.Nodes;

/// <summary>A TCP connection on which one side sends all the time.</summary>
internal sealed class RunningStream : IDisposable
{
    private readonly Socket _listener;
    private readonly Socket _sender;
    private readonly Socket _receiver;
    private readonly Thread _sending;
    private readonly Thread _receiving;
    private long _received;

    public RunningStream(NetworkNamespace client, NetworkNamespace server, IPAddress address)
    {
        _listener = server.Run(() =>
        {
            var made = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            made.Bind(new IPEndPoint(address, 0));
            made.Listen();
            return made;
        });
        _sender = client.Run(() => new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
        _sender.Connect(_listener.LocalEndPoint!);
        _receiver = _listener.Accept();
        _sending = new Thread(() => Until(() => _sender.Send(new byte[4096])));
        _receiving = new Thread(() => Until(() => Interlocked.Add(ref _received, _receiver.Receive(new byte[65536]))));
        _sending.Start();
        _receiving.Start();
    }

    /// <summary>Does something new arrive within a second?</summary>
    public bool Advances()
    {
        var before = Interlocked.Read(ref _received);
        return SpinWait.SpinUntil(() => Interlocked.Read(ref _received) > before + 65536, TimeSpan.FromSeconds(1));
    }

    public void Dispose()
    {
        _sender.Close();
        _receiver.Close();
        _listener.Close();
        _sending.Join();
        _receiving.Join();
    }

    private static void Until(Action step)
    {
        try
        {
            while (true)
            {
                step();
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // Closed: the end.
        }
    }
}
