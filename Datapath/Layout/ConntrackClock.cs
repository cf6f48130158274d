namespace Axoneme.Datapath.Layout;

/// <summary>When a conntrack entry has outlived its connection: the rules of <c>bpf/lib/conntrack.h</c>, for the collector.</summary>
public static class ConntrackClock
{
    private const uint TcpEstablished = 7451; // 8000 s
    private const uint TcpClosing = 9;        // 10 s
    internal const uint Other = 56;           // 60 s
    private const byte Tcp = 6;

    /// <summary>Converts a reading of CLOCK_MONOTONIC in nanoseconds to ticks.</summary>
    public static uint Ticks(ulong monotonicNanoseconds) => (uint)(monotonicNanoseconds >> ConntrackEntry.TickShift);

    /// <summary>Now, in ticks.</summary>
    /// <param name="clock">Its timestamps are the datapath's clock, CLOCK_MONOTONIC.</param>
    public static uint Now(TimeProvider clock) => Ticks((ulong)clock.GetElapsedTime(0).Ticks * 100);

    /// <summary>True when the datapath would take a packet of this connection for the first of a new one.</summary>
    public static bool IsExpired(byte protocol, in ConntrackEntry entry, uint nowTicks) => IsSilent(entry.LastSeen, Timeout(protocol, entry.Flags), nowTicks);

    /// <summary>Ticks without a packet after which an entry expires.</summary>
    public static uint Timeout(byte protocol, ConntrackFlags flags)
    {
        const ConntrackFlags bothFins = ConntrackFlags.FinFromInitiator | ConntrackFlags.FinFromResponder;
        return Timeout(protocol, isClosing: flags.HasFlag(ConntrackFlags.Reset) || (flags & bothFins) == bothFins, isAnswered: flags.HasFlag(ConntrackFlags.ReplySeen));
    }

    /// <summary>The same rule for whatever follows connections.</summary>
    internal static uint Timeout(byte protocol, bool isClosing, bool isAnswered) => protocol != Tcp ? Other : isClosing ? TcpClosing : isAnswered ? TcpEstablished : Other;

    /// <summary>Whether nothing was seen for longer than so many ticks; never of what was seen after the clock was read.</summary>
    internal static bool IsSilent(uint lastSeen, uint ticks, uint nowTicks) => (int)(nowTicks - lastSeen) > (int)ticks;
}
