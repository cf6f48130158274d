using System.Collections.Concurrent;
using System.Net.Sockets;

namespace Axoneme.DemoPod.Serving;

/// <summary>Accepts connections and serves each until it ends; on cancellation every connection ends before the loop returns.</summary>
internal static class ConnectionLoop
{
    /// <summary>Runs until cancelled (ends then without an exception) or until accepting fails.</summary>
    public static async Task RunAsync(Socket listener, Func<Socket, CancellationToken, Task> serve, CancellationToken cancellationToken)
    {
        var open = new ConcurrentDictionary<Socket, Task>();
        try
        {
            while (true)
            {
                var connection = await listener.AcceptAsync(cancellationToken);
                var served = ServeAsync(connection);
                open[connection] = served;
                _ = served.ContinueWith(_ => open.TryRemove(connection, out var _), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await Task.WhenAll(open.Values);
        }

        async Task ServeAsync(Socket connection)
        {
            using (connection)
            {
                try
                {
                    await serve(connection, cancellationToken);
                }
                catch (Exception failure) when (failure is SocketException or IOException or OperationCanceledException)
                {
                    // A peer that went away concerns nobody but its own connection.
                }
            }
        }
    }
}
