namespace Axoneme.Datapath.Layout;

/// <summary>When a translation is over: the rules of <c>bpf/lib/nat.h</c>, for the collector. Time counts as in <see cref="ConntrackClock"/>.</summary>
public static class NatClock
{
    private const uint TcpEstablished = 7451; // 8000 s
    private const uint TcpClosing = 9;        // 10 s
    private const uint Other = 56;            // 60 s
    private const byte Tcp = 6;

    /// <summary>Whether nothing was seen of a translation for too long.</summary>
    /// <param name="protocol">Of the packets translated.</param>
    /// <param name="flags">Of the entry of direction <see cref="NatDirection.Out"/>.</param>
    /// <param name="lastSeen">The later one of both entries, in ticks.</param>
    /// <param name="nowTicks">Now; entries may be newer than the reading of the clock.</param>
    public static bool IsExpired(byte protocol, NatFlags flags, uint lastSeen, uint nowTicks) => Age(lastSeen, nowTicks) > Timeout(protocol, flags);

    /// <summary>Whether an entry without its twin may go. Its sender may make the other one again, so it is kept as long as a packet without an answer.</summary>
    public static bool IsOrphanExpired(uint lastSeen, uint nowTicks) => Age(lastSeen, nowTicks) > Other;

    /// <summary>Ticks without a packet after which a translation is over.</summary>
    public static uint Timeout(byte protocol, NatFlags flags)
    {
        const NatFlags bothFins = NatFlags.FinOut | NatFlags.FinIn;
        if (protocol != Tcp)
        {
            return Other;
        }

        var isClosing = flags.HasFlag(NatFlags.Reset) || (flags & bothFins) == bothFins;
        return isClosing ? TcpClosing : flags.HasFlag(NatFlags.ReplySeen) ? TcpEstablished : Other;
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

    /// <summary>Signed: 0 for what was seen after the clock was read.</summary>
    private static uint Age(uint lastSeen, uint nowTicks) => (uint)Math.Max(0, unchecked((int)(nowTicks - lastSeen)));
}
