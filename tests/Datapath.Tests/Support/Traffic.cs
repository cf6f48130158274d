using System.Net;
using System.Net.Sockets;
using Axoneme.Datapath.Network;

namespace Axoneme.Datapath.Tests.Support;

/// <summary>Single UDP packets between namespaces.</summary>
internal static class Traffic
{
    public const int Port = 4711;

    public static UdpClient Receiver(IPAddress address)
    {
        var receiver = new UdpClient(new IPEndPoint(address, Port));
        receiver.Client.ReceiveTimeout = 300;
        return receiver;
    }

    /// <summary>Tries for a while: a link that has just come up, or a busy machine, may lose or delay the first packet.</summary>
    public static bool Reaches(NetworkNamespace from, NetworkNamespace to, string address) =>
        Enumerable.Range(0, 15).Any(_ => ReachesAtOnce(from, to, address));

    /// <summary>Nothing arrives of what is sent.</summary>
    public static bool StaysOut(NetworkNamespace from, NetworkNamespace to, string address) => !ReachesAtOnce(from, to, address);

    private static bool ReachesAtOnce(NetworkNamespace from, NetworkNamespace to, string address)
    {
        using var receiver = to.Run(() => Receiver(IPAddress.Parse(address)));
        from.Run(() =>
        {
            using var sender = new UdpClient(AddressFamily.InterNetwork);
            sender.Send([1], 1, address, Port);
        });
        try
        {
            var source = new IPEndPoint(IPAddress.Any, 0);
            return receiver.Receive(ref source).Length == 1;
        }
        catch (SocketException exception) when (exception.SocketErrorCode is SocketError.TimedOut or SocketError.WouldBlock)
        {
            return false;
        }
    }
}
