using System.Net;
using Axoneme.NodeActors.Endpoints;
using Axoneme.Wire.State;

namespace Axoneme.NodeActors.State;

/// <summary>What the state actor is told.</summary>
internal abstract record StateMessage
{
    /// <summary>Released when the actor ends before the message is handled.</summary>
    public virtual void Abandon()
    {
    }

    /// <summary>A commit of the state log.</summary>
    public sealed record CommitReceived(Commit Commit) : StateMessage;

    /// <summary>An endpoint whose interface exists: its entries are to be written. <paramref name="Done"/> when the kernel has them.</summary>
    public sealed record EndpointAdded(Endpoint Endpoint, TaskCompletionSource Done) : StateMessage
    {
        public override void Abandon() => Done.TrySetException(Stopping());
    }

    /// <summary>How an endpoint is judged was changed. <paramref name="Done"/> when the kernel judges it so.</summary>
    public sealed record EndpointConfigured(Endpoint Endpoint, TaskCompletionSource Done) : StateMessage
    {
        public override void Abandon() => Done.TrySetException(Stopping());
    }

    /// <summary>An endpoint that is going away: its entries are to be removed. <paramref name="Done"/> when the kernel has none.</summary>
    public sealed record EndpointRemoved(ushort Id, TaskCompletionSource Done) : StateMessage
    {
        public override void Abandon() => Done.TrySetException(Stopping());
    }

    /// <summary>Somebody waits for a pod's record. Completes when there is one; the waiter gives up by itself.</summary>
    public sealed record PodAwaited(string Namespace, string Pod, string PodUid, TaskCompletionSource Done) : StateMessage
    {
        public override void Abandon() => Done.TrySetException(Stopping());
    }

    /// <summary>The node's own addresses.</summary>
    public sealed record LocalAddresses(IReadOnlyList<IPAddress> Addresses) : StateMessage;

    /// <summary>The addresses by which the node reaches others and is reached; null for none of a family.</summary>
    public sealed record Underlay(IPAddress? IPv4, IPAddress? IPv6) : StateMessage;

    /// <summary>The kernel has the services of all that was told up to this ticket.</summary>
    public sealed record ServicesWritten(long Ticket) : StateMessage;

    /// <summary>Time to compare the maps with what they should hold.</summary>
    public sealed record CompareDue : StateMessage;

    /// <summary>Time to repeat what failed or to finish what was put off.</summary>
    public sealed record ContinueDue : StateMessage;

    private static NodeAgentException Stopping() => new("the agent is stopping or failed on this; try again, and see its log");
}
