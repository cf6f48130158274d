using Axoneme.Datapath;
using Axoneme.Datapath.Layout;

namespace Axoneme.Hubble.Tests.Counters;

public class DatapathCountersTests
{
    [Fact]
    public void Counters_get_their_meaning_from_their_index()
    {
        var counters = DatapathCounters.From(
        [
            new CounterReading(0, 10, 1000),
            new CounterReading(1, 20, 2000),
            new CounterReading((133 << 1) | 1, 3, 180),
            new CounterReading(512, 7, 0),
            new CounterReading(515, 2, 0),
            new CounterReading(518, 4, 0),
            new CounterReading(520, 9, 600),
        ]);
        Assert.Equal([new PacketCount(0, TrafficDirection.Egress, 10, 1000), new PacketCount(0, TrafficDirection.Ingress, 20, 2000)], counters.Forwarded);
        Assert.Equal([new PacketCount(133, TrafficDirection.Ingress, 3, 180)], counters.Dropped);
        Assert.Equal((7ul, 2ul, 0ul), (counters.EventsLost, counters.Rejudged, counters.ConntrackNotSyn));
        Assert.Equal((4ul, 9ul), (counters.NatExhausted, counters.SentOnByDrivers));
    }
}
