using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Axoneme.DemoPod.Serving;

/// <summary>Answers a datagram that begins like HTTP with the pod's name; every other one is sent back to where it came from.</summary>
internal static class UdpResponder
{
    /// <summary>Runs until cancelled; owns the socket.</summary>
    public static async Task RunAsync(Socket socket, string name, CancellationToken cancellationToken)
    {
        var buffer = new byte[65536];
        var anyone = new IPEndPoint(socket.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, 0);
        using (socket)
        {
            while (!cancellationToken.IsCancellationRequested)
            {
                try
                {
                    var received = await socket.ReceiveFromAsync(buffer, SocketFlags.None, anyone, cancellationToken);
                    var answer = buffer.AsMemory(0, received.ReceivedBytes);
                    if (answer.Span.StartsWith("GET "u8))
                    {
                        answer = Encoding.ASCII.GetBytes(Introduction.Of(name, received.RemoteEndPoint));
                    }

                    await socket.SendToAsync(answer, SocketFlags.None, received.RemoteEndPoint, cancellationToken);
                }
                catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
                {
                    return;
                }
                catch (SocketException)
                {
                    // An ICMP error for an earlier answer surfaces here (refused, unreachable); the next datagram is unaffected.
                }
            }
        }
    }
}
