using System.Net.Sockets;

namespace Axoneme.NodeActors.Tests.Fakes;

/// <summary>Connections on which everything that is sent comes back.</summary>
internal static class Echo
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(5);

    /// <summary>Sends something and gets it back; fails when the connection does.</summary>
    public static async Task RoundTripAsync(Socket socket)
    {
        var buffer = new byte[64];
        await socket.SendAsync(buffer).WaitAsync(_patience);
        for (var received = 0; received < buffer.Length;)
        {
            var count = await socket.ReceiveAsync(buffer).WaitAsync(_patience);
            Assert.True(count > 0, "the connection ended");
            received += count;
        }
    }

    /// <summary>Serves whoever connects until cancelled.</summary>
    public static async Task ServeAsync(TcpListener listener, CancellationToken cancellationToken)
    {
        var connections = new List<Task>();
        try
        {
            while (true)
            {
                var socket = await listener.AcceptSocketAsync(cancellationToken);
                connections.Add(Task.Run(async () =>
                {
                    using (socket)
                    {
                        var buffer = new byte[4096];
                        while (await socket.ReceiveAsync(buffer) is var count and > 0)
                        {
                            await socket.SendAsync(buffer.AsMemory(0, count));
                        }
                    }
                }, CancellationToken.None));
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over; connections end with the sockets of the clients.
        }
    }
}
