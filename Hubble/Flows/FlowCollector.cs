using Axoneme.Datapath;
using Axoneme.Datapath.Layout;

namespace Axoneme.Hubble;

/// <summary>Brings the datapath's events into a ring as flows.</summary>
public sealed class FlowCollector(IDatapath datapath, FlowDecoder decoder, FlowRing ring)
{
    /// <summary>Runs until cancelled; throws when events cannot be read.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => datapath.ReadEventsAsync(Collect, cancellationToken);

    private void Collect(ReadOnlySpan<DatapathEvent> events)
    {
        var flows = new Flow[events.Length];
        for (var i = 0; i < flows.Length; i++)
        {
            flows[i] = decoder.Decode(in events[i]);
        }

        ring.AddMany(flows);
    }
}
