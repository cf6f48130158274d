using Axoneme.Datapath.Native;
using static Axoneme.Datapath.Network.NetlinkConstants;

namespace Axoneme.Datapath.Network;

/// <summary>
/// Tells that interfaces, addresses or routes of a network namespace changed, soon after they did. What changed is not said: whoever is
/// told looks. A thread of its own waits for the kernel.
/// </summary>
public sealed class NetworkChanges : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(300);
    private readonly NetlinkTransport _transport;
    private readonly Thread _thread;
    private readonly Action _changed;
    private volatile bool _stopping;
    private volatile string? _failure;

    private NetworkChanges(NetlinkTransport transport, Action changed)
    {
        (_transport, _changed) = (transport, changed);
        _thread = new Thread(Listen, maxStackSize: 256 << 10) { IsBackground = true, Name = "network changes" };
        _thread.Start();
    }

    /// <summary>Why nothing is told any more; null as long as the kernel is listened to.</summary>
    public string? Failure => _failure;

    /// <summary>Begins to listen in a namespace, null for the calling thread's. <paramref name="changed"/> must not block for long.</summary>
    public static NetworkChanges Listen(NetworkNamespace? networkNamespace, Action changed)
    {
        static NetlinkTransport Open() => new(NetlinkTransport.Route, LinkGroup | IPv4AddressGroup | IPv6AddressGroup | IPv4RouteGroup | IPv6RouteGroup, Patience);
        return new NetworkChanges(networkNamespace is null ? Open() : networkNamespace.Run(Open), changed);
    }

    public void Dispose()
    {
        _stopping = true;
        _thread.Join();
        _transport.Dispose();
    }

    private void Listen()
    {
        var buffer = new byte[16 << 10];
        try
        {
            while (!_stopping)
            {
                if (Received(buffer) && !_stopping)
                {
                    _changed();
                }
            }
        }
        catch (KernelException exception)
        {
            _failure = exception.Message;
        }
    }

    private bool Received(byte[] buffer)
    {
        try
        {
            return _transport.Receive(buffer) > 0;
        }
        catch (KernelException exception) when (exception.ErrorNumber == Errno.Again)
        {
            return false;
        }
        catch (KernelException exception) when (exception.ErrorNumber == Errno.NoBufferSpace)
        {
            return true; // more changed than the socket could hold
        }
    }
}
