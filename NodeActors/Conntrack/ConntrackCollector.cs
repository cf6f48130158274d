using Axoneme.Datapath;
using Axoneme.Datapath.Layout;
using Axoneme.NodeActors.Actors;
using Microsoft.Extensions.Logging;

namespace Axoneme.NodeActors.Conntrack;

/// <summary>Removes connections whose time is over, so that the LRU maps need not evict those that live.</summary>
internal sealed class ConntrackCollector : NodeActor<ConntrackCollector.Collect>
{
    private const int Batch = 4096;
    private readonly IDatapath _datapath;
    private readonly ITimer _timer;
    private volatile ConntrackCollection _last = new(0, 0, 0, 0, TimeSpan.Zero, 0);

    public ConntrackCollector(IDatapath datapath, TimeSpan interval, TimeProvider timeProvider, ILogger<ConntrackCollector> logger)
        : base("conntrack-gc", timeProvider, logger)
    {
        _datapath = datapath;
        _timer = timeProvider.CreateTimer(_ => Post(default), null, interval, interval);
    }

    /// <summary>Time to collect.</summary>
    internal readonly record struct Collect;

    /// <summary>What the runs so far did.</summary>
    public ConntrackCollection Last => _last;

    public override async ValueTask DisposeAsync()
    {
        await _timer.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override ValueTask HandleAsync(IReadOnlyList<Collect> batch, CancellationToken cancellationToken)
    {
        var start = TimeProvider.GetTimestamp();
        try
        {
            var (alive4, dead4) = Sweep(_datapath.Conntrack4, key => key.Protocol, cancellationToken);
            var (alive6, dead6) = Sweep(_datapath.Conntrack6, key => key.Protocol, cancellationToken);
            _last = new ConntrackCollection(
                _last.Runs + 1, _last.Failures, _last.Deleted + dead4 + dead6, alive4 + alive6, TimeProvider.GetElapsedTime(start), dead4 + dead6);
        }
        catch (KernelException)
        {
            _last = _last with { Failures = _last.Failures + 1 };
            throw;
        }

        return ValueTask.CompletedTask;
    }

    private (int Alive, int Dead) Sweep<TKey>(
        IKernelMap<TKey, ConntrackEntry> map, Func<TKey, byte> protocolOf, CancellationToken cancellationToken)
        where TKey : unmanaged
    {
        var entries = map.Entries();

        // Read after the entries: none was seen later than this. The provider's clock is the datapath's, CLOCK_MONOTONIC.
        var now = ConntrackClock.Ticks((ulong)TimeProvider.GetElapsedTime(0).Ticks * 100);
        var dead = entries.Where(e => ConntrackClock.IsExpired(protocolOf(e.Key), e.Value, now)).Select(e => e.Key).ToArray();
        for (var i = 0; i < dead.Length; i += Batch)
        {
            cancellationToken.ThrowIfCancellationRequested();
            map.DeleteMany(dead.AsSpan(i, Math.Min(Batch, dead.Length - i)));
        }

        return (entries.Count - dead.Length, dead.Length);
    }
}

/// <summary>Counters of the conntrack collector.</summary>
/// <param name="Runs">Runs completed.</param>
/// <param name="Failures">Runs the kernel refused.</param>
/// <param name="Deleted">Entries removed in all runs.</param>
/// <param name="Alive">Entries left by the last run.</param>
/// <param name="Duration">How long the last run took.</param>
/// <param name="LastDeleted">Entries the last run removed.</param>
internal sealed record ConntrackCollection(long Runs, long Failures, long Deleted, int Alive, TimeSpan Duration, int LastDeleted);
