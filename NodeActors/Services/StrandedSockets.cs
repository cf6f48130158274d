using Axoneme.Datapath;
using Axoneme.Datapath.Layout;
using Axoneme.NodeActors.Actors;
using Axoneme.NodeActors.Network;
using Microsoft.Extensions.Logging;

namespace Axoneme.NodeActors.Services;

/// <summary>
/// Ends UDP sockets that are connected through a service to a backend it has no more: else they would talk to nobody for ever. Their owners get ECONNABORTED, connect anew
/// and get another backend. It compares all that the kernel remembers of sockets with the services in force, so nothing is lost when a look fails or the agent dies.
/// </summary>
/// <param name="datapath">Whose programs remember sockets.</param>
/// <param name="network">Reaches the namespaces sockets are in.</param>
/// <param name="judge">Tells how backends stand with those who asked a service for one, in the order given.</param>
/// <param name="namespaces">Paths of the pods' network namespaces.</param>
/// <param name="timeProvider">Time.</param>
/// <param name="logger">Told of what was ended, and of what cannot be.</param>
internal sealed partial class StrandedSockets(
    IDatapath datapath, INodeNetwork network, Func<IReadOnlyList<(ServiceKey Asked, BackendAddress Backend)>, Task<IReadOnlyList<PeerStanding>>> judge, Func<IEnumerable<string>> namespaces,
    TimeProvider timeProvider, ILogger<StrandedSockets> logger)
    : NodeActor<StrandedSockets.Look>("stranded-sockets", timeProvider, logger)
{
    private readonly BackOff _backOff = new(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(10));
    private ITimer? _again;
    private volatile string? _unsupported;

    /// <summary>A backend of UDP may be gone.</summary>
    internal readonly record struct Look;

    /// <summary>Why sockets stay where they are, in words.</summary>
    public IEnumerable<string> Problems => new[] { _unsupported }.OfType<string>();

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync().ConfigureAwait(false);
        if (_again is not null)
        {
            await _again.DisposeAsync().ConfigureAwait(false);
        }
    }

    protected override async ValueTask HandleAsync(IReadOnlyList<Look> batch, CancellationToken cancellationToken)
    {
        if (_unsupported is not null)
        {
            return;
        }

        var start = TimeProvider.GetTimestamp();
        try
        {
            await LookAsync(cancellationToken).ConfigureAwait(false);
            _backOff.Reset();
        }
        catch (KernelException exception) when (exception.IsNotSupported)
        {
            _unsupported = $"services: UDP sockets stay connected to backends that were removed: {exception.Message}";
            Log.Unsupported(Logger, exception.Message);
            return;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested && exception is KernelException or NodeAgentException)
        {
            _again ??= TimeProvider.CreateTimer(_ => Post(default), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _again.Change(_backOff.Next(), Timeout.InfiniteTimeSpan);
            throw;
        }

        // Never more than a fifth of one CPU, however fast backends come and go.
        await Task.Delay(TimeProvider.GetElapsedTime(start) * 4, TimeProvider, cancellationToken).ConfigureAwait(false);
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        var sockets = Remembered();
        if (sockets.Count == 0)
        {
            return;
        }

        var pairs = sockets.Keys.ToArray();
        var standings = await judge(pairs).WaitAsync(cancellationToken).ConfigureAwait(false);
        var stranded = new HashSet<SocketPeerKey>();
        var forgotten = new List<SocketPeerKey>();
        for (var i = 0; i < pairs.Length; i++)
        {
            if (standings[i] != PeerStanding.Stays)
            {
                stranded.UnionWith(sockets[pairs[i]]);
            }

            if (standings[i] == PeerStanding.Gone)
            {
                forgotten.AddRange(sockets[pairs[i]]);
            }
        }

        if (stranded.Count > 0)
        {
            End(stranded);
            datapath.Services.SocketPeers.DeleteMany(forgotten.ToArray());
        }
    }

    /// <summary>UDP sockets by what they asked for and what they got.</summary>
    private Dictionary<(ServiceKey Asked, BackendAddress Backend), List<SocketPeerKey>> Remembered()
    {
        var sockets = new Dictionary<(ServiceKey, BackendAddress), List<SocketPeerKey>>();
        datapath.Services.SocketPeers.Scan((keys, values) =>
        {
            for (var i = 0; i < keys.Length; i++)
            {
                if (keys[i].Protocol != ServiceEnd.Udp)
                {
                    continue;
                }

                var pair = (new ServiceKey(values[i].Address, values[i].Port, ServiceEnd.Udp), new BackendAddress(keys[i].Address, ServiceEnd.Swap(keys[i].Port), ServiceEnd.Udp));
                if (!sockets.TryGetValue(pair, out var those))
                {
                    sockets[pair] = those = [];
                }

                those.Add(keys[i]);
            }
        });
        return sockets;
    }

    /// <summary>The programs do not say in which namespace a socket is. One that cannot be looked into holds up no other; the first failure is thrown at the end.</summary>
    private void End(HashSet<SocketPeerKey> stranded)
    {
        var ended = 0;
        KernelException? failure = null;
        foreach (var path in namespaces().Distinct().Prepend(null).TakeWhile(_ => stranded.Count > 0))
        {
            try
            {
                foreach (var socket in network.EndSockets(path, stranded))
                {
                    stranded.Remove(socket);
                    ended++;
                }
            }
            catch (KernelException exception) when (!exception.IsNotSupported)
            {
                failure ??= exception;
            }
        }

        if (ended > 0)
        {
            Log.Ended(Logger, ended);
        }

        if (failure is not null)
        {
            throw new KernelException($"UDP sockets that are connected to removed backends: {failure.Message}", failure.ErrorNumber, failure);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(63, LogLevel.Information, "{Count} UDP sockets were connected to backends that are gone, and were told", EventName = "SocketsEnded")]
        public static partial void Ended(ILogger logger, int count);

        [LoggerMessage(64, LogLevel.Warning, "UDP sockets stay connected to backends that were removed: {Reason}", EventName = "SocketsStay")]
        public static partial void Unsupported(ILogger logger, string reason);
    }
}
