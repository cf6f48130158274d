using System.Runtime.InteropServices;
using Axoneme.Datapath;
using Axoneme.Datapath.Layout;

namespace Axoneme.NodeActors.Conntrack;

/// <summary>
/// One pass over map <c>nat</c>. Each entry of a translation is judged with its twin's flags and times, and nothing is deleted before all are judged, so that
/// both go in the same pass and are counted once.
/// </summary>
internal sealed class NatSweep(IKernelMap<NatKey, NatEntry> map, Func<uint> nowTicks)
{
    private readonly List<NatKey> _dead = [];

    /// <summary>Entries that live on.</summary>
    public int Alive { get; private set; }

    /// <summary>Translations among them, by their entries of who asks.</summary>
    public int Translations { get; private set; }

    /// <summary>Entries removed because their translation is over.</summary>
    public int Expired { get; private set; }

    /// <summary>Those of who asks among them.</summary>
    public int ExpiredTranslations { get; private set; }

    /// <summary>Entries removed whose twin is gone.</summary>
    public int Orphaned { get; private set; }

    public NatSweep Run(CancellationToken cancellationToken)
    {
        map.Scan((keys, values) =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            var now = nowTicks();
            for (var i = 0; i < keys.Length; i++)
            {
                Judge(keys[i], values[i], now);
            }
        });
        map.DeleteMany(CollectionsMarshal.AsSpan(_dead));
        return this;
    }

    private void Judge(in NatKey key, in NatEntry entry, uint now)
    {
        var alone = entry.Role.HasFlag(NatRole.Pieces);
        var asks = entry.Role.HasFlag(NatRole.Asks) && !alone;
        if (!NatClock.IsExpired(key.Protocol, asks ? entry.Flags : NatFlags.Reset, entry.LastSeen, now))
        {
            Live(asks);
            return; // the usual case costs no second look
        }

        var twinKey = NatClock.TwinOf(key, entry);
        NatEntry twin = default;
        var hasTwin = !alone && map.TryGet(twinKey, out twin) && NatClock.TwinOf(twinKey, twin) == key;
        var flags = asks ? entry.Flags : hasTwin ? twin.Flags : NatFlags.None;
        var lastSeen = hasTwin && unchecked((int)(twin.LastSeen - entry.LastSeen)) > 0 ? twin.LastSeen : entry.LastSeen;
        var isOver = hasTwin || asks ? NatClock.IsExpired(key.Protocol, flags, lastSeen, now) : NatClock.IsOrphanExpired(lastSeen, now);
        if (!isOver)
        {
            Live(asks);
            return;
        }

        _dead.Add(key);
        if (hasTwin || asks || alone)
        {
            Expired++;
            ExpiredTranslations += asks ? 1 : 0;
        }
        else
        {
            Orphaned++;
        }
    }

    private void Live(bool asks)
    {
        Alive++;
        Translations += asks ? 1 : 0;
    }
}
