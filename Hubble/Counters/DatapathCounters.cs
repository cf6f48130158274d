using Axoneme.Datapath;
using Axoneme.Datapath.Layout;

namespace Axoneme.Hubble;

/// <summary>The datapath's counters by their meaning (bpf/lib/layout.h, map <c>counters</c>). Every packet counts here, also those without an event.</summary>
public sealed record DatapathCounters
{
    private const uint FirstNamed = 512; // enum named_counter
    private const uint EventsLostIndex = FirstNamed;
    private const uint NotSynIndex = FirstNamed + 1;
    private const uint InsertFailedIndex = FirstNamed + 2;
    private const uint RejudgedIndex = FirstNamed + 3;
    private const uint NatExhaustedIndex = FirstNamed + 6;
    private const uint ShortcutsIndex = FirstNamed + 8;

    /// <summary>Forwarded packets by direction.</summary>
    public IReadOnlyList<PacketCount> Forwarded { get; private init; } = [];

    /// <summary>Dropped packets by reason and direction.</summary>
    public IReadOnlyList<PacketCount> Dropped { get; private init; } = [];

    /// <summary>Events that found no room in the ring buffer: flows that nobody will see.</summary>
    public ulong EventsLost { get; private init; }

    /// <summary>TCP and SCTP packets picked up in the middle of a connection.</summary>
    public ulong ConntrackNotSyn { get; private init; }

    /// <summary>Connections that found no room in conntrack.</summary>
    public ulong ConntrackInsertFailed { get; private init; }

    /// <summary>Open connections judged again after a change.</summary>
    public ulong Rejudged { get; private init; }

    /// <summary>Packets dropped because all ports of the node that were tried were taken towards their destination.</summary>
    public ulong NatExhausted { get; private init; }

    /// <summary>Packets that drivers sent on (XDP); they count nowhere else.</summary>
    public ulong SentOnByDrivers { get; private init; }

    /// <summary>Reads them off <see cref="IDatapath.ReadCounters"/>.</summary>
    public static DatapathCounters From(IReadOnlyList<CounterReading> readings)
    {
        var packets = readings.Where(reading => reading.Index < FirstNamed)
            .Select(reading => new PacketCount((byte)(reading.Index >> 1), (TrafficDirection)(reading.Index & 1), reading.Packets, reading.Bytes))
            .ToLookup(count => count.Reason == 0);
        return new DatapathCounters
        {
            Forwarded = [.. packets[true]],
            Dropped = [.. packets[false]],
            EventsLost = Named(EventsLostIndex),
            ConntrackNotSyn = Named(NotSynIndex),
            ConntrackInsertFailed = Named(InsertFailedIndex),
            Rejudged = Named(RejudgedIndex),
            NatExhausted = Named(NatExhaustedIndex),
            SentOnByDrivers = Named(ShortcutsIndex),
        };

        ulong Named(uint index) => readings.FirstOrDefault(reading => reading.Index == index).Packets;
    }
}
