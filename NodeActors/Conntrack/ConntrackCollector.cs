using Axoneme.Datapath;
using Axoneme.Datapath.Layout;
using Axoneme.NodeActors.Actors;
using Axoneme.NodeActors.Maps;
using Microsoft.Extensions.Logging;

namespace Axoneme.NodeActors.Conntrack;

/// <summary>
/// Removes connections and translations whose time is over, so that the LRU maps need not evict those that live, and estimates what they evicted all the same. Runs more often the
/// fuller the maps are, and never takes more than a fifth of one CPU.
/// </summary>
internal sealed partial class ConntrackCollector : NodeActor<ConntrackCollector.Collect>
{
    private const uint NatInserted = 516; // enum named_counter
    private const uint ConntrackInserted = 519;
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);
    private readonly IDatapath _datapath;
    private readonly TimeSpan _interval;
    private readonly ITimer _timer;
    private readonly EvictionEstimate _evicted = new();
    private readonly EvictionEstimate _natEvicted = new();
    private volatile ConntrackCollection _last;

    /// <param name="datapath">The maps.</param>
    /// <param name="interval">Between runs while the maps are less than half full.</param>
    /// <param name="timeProvider">Its timestamps are the datapath's clock, CLOCK_MONOTONIC.</param>
    /// <param name="logger">Told of evictions and failures.</param>
    public ConntrackCollector(IDatapath datapath, TimeSpan interval, TimeProvider timeProvider, ILogger<ConntrackCollector> logger)
        : base("conntrack-gc", timeProvider, logger)
    {
        (_datapath, _interval) = (datapath, interval);
        _last = new ConntrackCollection(0, 0, TimeSpan.Zero, interval, Empty(datapath.Conntrack4), Empty(datapath.Conntrack6), Empty(datapath.Nat), 0, 0);
        _timer = timeProvider.CreateTimer(_ => Post(default), null, interval, Timeout.InfiniteTimeSpan);
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
        var next = _last;
        try
        {
            // Before the maps: what is inserted while they are read must not look as if it were gone.
            var counters = _datapath.ReadCounters();
            next = Sweep(counters, cancellationToken);
            var duration = TimeProvider.GetElapsedTime(start);
            next = next with { Runs = next.Runs + 1, Duration = duration, Interval = IntervalAfter(next, duration) };
        }
        catch (KernelException)
        {
            next = _last with { Failures = _last.Failures + 1, Interval = _interval };
            throw;
        }
        finally
        {
            if (!cancellationToken.IsCancellationRequested)
            {
                _timer.Change(next.Interval, Timeout.InfiniteTimeSpan);
            }

            _last = next;
        }

        return ValueTask.CompletedTask;
    }

    private static MapCollection Empty<TKey, TValue>(IKernelMap<TKey, TValue> map)
        where TKey : unmanaged
        where TValue : unmanaged => new(map.Name, map.Capacity, 0, 0, 0, 0);

    private static ulong Read(IReadOnlyList<CounterReading> counters, uint index) => counters.FirstOrDefault(counter => counter.Index == index).Packets;

    private ConntrackCollection Sweep(IReadOnlyList<CounterReading> counters, CancellationToken cancellationToken)
    {
        var four = Sweep(_datapath.Conntrack4, _last.Conntrack4, key => key.Protocol, cancellationToken);
        var six = Sweep(_datapath.Conntrack6, _last.Conntrack6, key => key.Protocol, cancellationToken);
        var sweep = new NatSweep(_datapath.Nat, Now).Run(cancellationToken);
        var nat = _last.Nat.After(sweep.Alive, sweep.Expired, sweep.Orphaned);
        var lost = _evicted.Add(Read(counters, ConntrackInserted), four.LastDeleted + six.LastDeleted, four.Alive + six.Alive, Math.Max(four.Fill, six.Fill));
        var natLost = _natEvicted.Add(Read(counters, NatInserted), sweep.ExpiredTranslations, sweep.Translations, nat.Fill);
        WarnOf(lost, four.Fill >= six.Fill ? four : six);
        WarnOf(natLost, nat);
        return _last with { Conntrack4 = four, Conntrack6 = six, Nat = nat, Evicted = _evicted.Total, NatEvicted = _natEvicted.Total };
    }

    private MapCollection Sweep<TKey>(IKernelMap<TKey, ConntrackEntry> map, MapCollection before, Func<TKey, byte> protocolOf, CancellationToken cancellationToken)
        where TKey : unmanaged
    {
        var (alive, expired) = (0, 0);
        TKey[] dead = [];
        map.Scan((keys, values) =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            var now = Now(); // after the entries were read: none of them was seen later
            Array.Resize(ref dead, Math.Max(dead.Length, keys.Length));
            var count = 0;
            for (var i = 0; i < keys.Length; i++)
            {
                if (ConntrackClock.IsExpired(protocolOf(keys[i]), values[i], now))
                {
                    dead[count++] = keys[i];
                }
            }

            map.DeleteMany(dead.AsSpan(0, count));
            expired += count;
            alive += keys.Length - count;
        });
        return before.After(alive, expired);
    }

    private uint Now() => ConntrackClock.Now(TimeProvider);

    private TimeSpan IntervalAfter(ConntrackCollection run, TimeSpan duration)
    {
        var divisor = run.Maps.Where(map => map.Capacity > 1).Select(map => map.Alive / (double)map.Capacity).Append(0).Max() switch
        {
            >= 0.9 => 8,
            >= 0.75 => 4,
            >= 0.5 => 2,
            _ => 1,
        };
        var wanted = _interval / divisor;
        var least = Shortest < _interval ? Shortest : _interval;
        return new[] { wanted, least, duration * 4 }.Max();
    }

    private void WarnOf(long evicted, MapCollection map)
    {
        if (evicted > 0)
        {
            Log.Evicted(Logger, map.Name, map.Capacity, evicted, MapSizing.OptionOf(map.Name));
        }
    }

    private static partial class Log
    {
        [LoggerMessage(30, LogLevel.Warning, "Map {Map} of {Capacity} entries is too small: the kernel evicted about {Evicted} that were in use; raise {Option}", EventName = "MapEvicted")]
        public static partial void Evicted(ILogger logger, string map, uint capacity, long evicted, string? option);
    }
}
