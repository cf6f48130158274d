namespace Axoneme.Datapath.Layout;

/// <summary>When a translation is over: the rules of <c>bpf/lib/nat.h</c>, for the collector. Time counts as in <see cref="ConntrackClock"/>.</summary>
public static class NatClock
{
    /// <summary>Whether nothing was seen of a translation for too long.</summary>
    /// <param name="protocol">Of the packets translated.</param>
    /// <param name="flags">Of the entry of who asks.</param>
    /// <param name="lastSeen">The later one of both entries, in ticks.</param>
    /// <param name="nowTicks">Now; entries may be newer than the reading of the clock.</param>
    public static bool IsExpired(byte protocol, NatFlags flags, uint lastSeen, uint nowTicks) => ConntrackClock.IsSilent(lastSeen, Timeout(protocol, flags), nowTicks);

    /// <summary>Whether an entry without its twin may go. Its sender may make the other one again, so it is kept as long as a packet without an answer.</summary>
    public static bool IsOrphanExpired(uint lastSeen, uint nowTicks) => ConntrackClock.IsSilent(lastSeen, ConntrackClock.Other, nowTicks);

    /// <summary>Ticks without a packet after which a translation is over.</summary>
    public static uint Timeout(byte protocol, NatFlags flags)
    {
        const NatFlags bothFins = NatFlags.FinOut | NatFlags.FinIn;
        return ConntrackClock.Timeout(protocol, isClosing: flags.HasFlag(NatFlags.Reset) || (flags & bothFins) == bothFins, isAnswered: flags.HasFlag(NatFlags.ReplySeen));
    }

    /// <summary>The key of the other entry of a translation: what this one's packets become, answered.</summary>
    public static NatKey TwinOf(in NatKey key, in NatEntry entry) => new()
    {
        Tuple = entry.Tuple.Reversed(), Protocol = key.Protocol, Direction = entry.Role.HasFlag(NatRole.BothEnds) ? key.Direction : 1 - key.Direction,
    };
}
