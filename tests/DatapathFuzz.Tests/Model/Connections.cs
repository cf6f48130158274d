using Axoneme.Datapath.Layout;
using Axoneme.DatapathFuzz.Tests.Node;
using Axoneme.DatapathFuzz.Tests.Packets;

namespace Axoneme.DatapathFuzz.Tests.Model;

/// <summary>
/// Connections that were allowed to begin and that the kernel still knows. Of the kernel's table only its keys and their age are taken: who began and
/// what was judged is remembered here.
/// </summary>
internal sealed class Connections(FuzzNode node)
{
    private readonly Dictionary<Tuple, Connection> _known = [];

    /// <summary>The connection of a tuple of either direction; null when there is none the kernel remembers.</summary>
    /// <exception cref="InvalidOperationException">The kernel knows one that was never allowed to begin.</exception>
    public Connection? Find(Tuple tuple)
    {
        var known = _known.GetValueOrDefault(tuple.Canonical);
        if (IsAlive(tuple))
        {
            return known ?? throw new InvalidOperationException($"the kernel has an entry for {tuple}, which never was allowed to begin");
        }

        _known.Remove(tuple.Canonical);
        return null;
    }

    public void CameByTunnel(Tuple tuple)
    {
        if (_known.TryGetValue(tuple.Canonical, out var known))
        {
            known.CameByTunnel = true;
        }
    }

    public void Begin(Connection connection) => _known[connection.Original.Canonical] = connection;

    /// <summary>The oldest entries go, as when the table is full.</summary>
    public void Evict(Random random)
    {
        foreach (var tuple in _known.Keys.Where(_ => random.Next(3) == 0).ToList())
        {
            if (tuple.Family == 4)
            {
                node.Datapath.Conntrack4.Delete(tuple.Key4());
            }
            else
            {
                node.Datapath.Conntrack6.Delete(tuple.Key6());
            }
        }
    }

    /// <summary>Makes every entry, or some, as old as if so many ticks had passed.</summary>
    public void Age(Func<byte, ConntrackEntry, uint> ticks)
    {
        foreach (var tuple in _known.Keys.ToList())
        {
            if (tuple.Family == 4)
            {
                var key = tuple.Key4();
                if (node.Datapath.Conntrack4.TryGet(key, out var entry))
                {
                    node.Datapath.Conntrack4.Put(key, entry with { LastSeen = entry.LastSeen - ticks(tuple.Protocol, entry) });
                }
            }
            else
            {
                var key = tuple.Key6();
                if (node.Datapath.Conntrack6.TryGet(key, out var entry))
                {
                    node.Datapath.Conntrack6.Put(key, entry with { LastSeen = entry.LastSeen - ticks(tuple.Protocol, entry) });
                }
            }
        }
    }

    private bool IsAlive(Tuple tuple)
    {
        var found = tuple.Family == 4 ? node.Datapath.Conntrack4.TryGet(tuple.Key4(), out var entry) : node.Datapath.Conntrack6.TryGet(tuple.Key6(), out entry);
        return found && !ConntrackClock.IsExpired(tuple.Protocol, entry, MonotonicTicks());
    }

    /// <summary>Stopwatch counts CLOCK_MONOTONIC in nanoseconds on Linux.</summary>
    private static uint MonotonicTicks() => ConntrackClock.Ticks((ulong)System.Diagnostics.Stopwatch.GetTimestamp());
}
