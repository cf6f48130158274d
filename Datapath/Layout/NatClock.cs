namespace Axoneme.Datapath.Layout;

/// <summary>When a translation is over: the rules of <c>bpf/lib/nat.h</c>, for the collector. Time counts as in <see cref="ConntrackClock"/>.</summary>
public static class NatClock
{
    /// <summary>Whether nothing was seen of a translation for too long.</summary>
    /// <param name="protocol">Of the packets translated.</param>
    /// <param name="flags">Of the entry of direction <see cref="NatDirection.Out"/>.</param>
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

    /// <summary>The key of the other entry of a translation.</summary>
    public static NatKey TwinOf(in NatKey key, in NatEntry entry) => key.Direction switch
    {
        NatDirection.Out => FromPeer(key, entry, NatDirection.In),
        NatDirection.In => FromOther(key, entry, NatDirection.Out),
        NatDirection.ToBackend => FromOther(key, entry, NatDirection.FromBackend),
        _ => FromPeer(key, entry, NatDirection.ToBackend),
    };

    /// <summary>Whether an entry is the one that keeps the flags, of what the beginner sends.</summary>
    public static bool IsForward(NatDirection direction) => direction is NatDirection.Out or NatDirection.ToBackend;

    private static NatKey FromPeer(in NatKey key, in NatEntry entry, NatDirection direction) => new()
    {
        Source = key.Destination, SourcePort = key.DestinationPort, Destination = entry.Address, DestinationPort = entry.Port, Protocol = key.Protocol, Direction = direction,
    };

    private static NatKey FromOther(in NatKey key, in NatEntry entry, NatDirection direction) => new()
    {
        Source = entry.Address, SourcePort = entry.Port, Destination = key.Source, DestinationPort = key.SourcePort, Protocol = key.Protocol, Direction = direction,
    };
}
