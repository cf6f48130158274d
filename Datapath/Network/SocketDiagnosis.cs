using Axoneme.Datapath.Layout;
using Axoneme.Datapath.Native;
using static Axoneme.Datapath.Network.NetlinkConstants;

namespace Axoneme.Datapath.Network;

/// <summary>Finds and ends sockets of one network namespace: the one of the thread that opened it, whichever thread uses it.</summary>
public sealed class SocketDiagnosis : IDisposable
{
    private readonly NetlinkClient _client = new("sock_diag", NetlinkTransport.SocketDiagnosis);

    private SocketDiagnosis()
    {
    }

    /// <summary>Opens a client for the calling thread's namespace.</summary>
    public static SocketDiagnosis Open() => new();

    /// <summary>Opens a client for a namespace.</summary>
    public static SocketDiagnosis OpenIn(NetworkNamespace networkNamespace) => networkNamespace.Run(Open);

    /// <summary>
    /// Ends connected UDP sockets: reading from one fails once with ECONNABORTED, also for who is waiting, and it has no peer any more, so that writing fails with
    /// EDESTADDRREQ until it connects anew. Sockets that only have the same peer, or the same cookie and another peer, are left alone.
    /// </summary>
    /// <param name="peers">Sockets with the peers they are connected to; other protocols than UDP are never found.</param>
    /// <returns>Those that were here.</returns>
    /// <exception cref="KernelException">The kernel refused; <see cref="KernelException.IsNotSupported"/> when it was built without the ability.</exception>
    public IReadOnlyList<SocketPeerKey> EndUdp(IReadOnlySet<SocketPeerKey> peers)
    {
        var ended = new List<SocketPeerKey>();
        foreach (var socket in List(FamilyIPv4, peers).Concat(List(FamilyIPv6, peers)))
        {
            if (Destroy(socket))
            {
                ended.Add(socket.Peer);
            }
        }

        return ended;
    }

    public void Dispose() => _client.Dispose();

    private List<UdpSocket> List(byte family, IReadOnlySet<SocketPeerKey> peers)
    {
        var sockets = new List<UdpSocket>();
        try
        {
            _client.Exchange("list UDP sockets", SocketMessages.List(family), (type, message) =>
            {
                if (type == SocketsByFamily && SocketMessages.Read(message) is var socket && peers.Contains(socket.Peer))
                {
                    sockets.Add(socket);
                }
            });
        }
        catch (KernelException exception) when (exception.ErrorNumber == Errno.NoEntry)
        {
            throw KernelException.For("sock_diag", "list UDP sockets", Errno.OperationNotSupported, "the kernel lacks CONFIG_INET_UDP_DIAG");
        }

        return sockets;
    }

    /// <summary>False when it is gone or has another peer by now.</summary>
    private bool Destroy(UdpSocket socket)
    {
        try
        {
            _client.Exchange($"end the UDP socket to {socket.Peer.Address}", SocketMessages.Destroy(socket), (_, _) => { });
            return true;
        }
        catch (KernelException exception) when (exception.ErrorNumber is Errno.NoEntry or Errno.Stale)
        {
            return false;
        }
        catch (KernelException exception) when (exception.IsNotSupported)
        {
            throw KernelException.For("sock_diag", "end a UDP socket", exception.ErrorNumber, "the kernel lacks CONFIG_INET_DIAG_DESTROY");
        }
    }
}
