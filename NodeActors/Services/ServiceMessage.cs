using System.Collections.Immutable;
using System.Net;
using Axoneme.Datapath.Layout;
using Axoneme.NodeActors.State;
using Axoneme.Wire.Agent;

namespace Axoneme.NodeActors.Services;

/// <summary>What the service actor is told.</summary>
internal abstract record ServiceMessage
{
    /// <summary>Released when the actor ends before the message is handled.</summary>
    public virtual void Abandon()
    {
    }

    /// <summary>What services depend on changed.</summary>
    public sealed record Changed : ServiceMessage
    {
        /// <summary>Answered when the kernel has what follows from it; ascending.</summary>
        public required long Ticket { get; init; }

        /// <summary>Whether the whole state is known: until then what pinned maps hold is not this run's to judge.</summary>
        public required bool IsComplete { get; init; }

        public ImmutableArray<RecordChange> Records { get; init; } = [];

        /// <summary>The node's own addresses; null for as they were.</summary>
        public IReadOnlyCollection<IPAddress>? Addresses { get; init; }

        /// <summary>Addresses of this node's pods, none for one that is gone.</summary>
        public ImmutableArray<(string Pod, ImmutableArray<IPAddress> Addresses)> Pods { get; init; } = [];
    }

    /// <summary>Somebody wants to see the services.</summary>
    public sealed record Asked(TaskCompletionSource<IReadOnlyList<ServiceView>> Answer) : ServiceMessage
    {
        public override void Abandon() => Answer.TrySetException(new NodeAgentException("the agent is stopping or failed on this; try again, and see its log"));
    }

    /// <summary>Somebody wants to know of sockets how they stand with the backends they have.</summary>
    public sealed record Judged(IReadOnlyList<(ServiceKey Asked, BackendAddress Backend)> Sockets, TaskCompletionSource<IReadOnlyList<PeerStanding>> Answer) : ServiceMessage
    {
        public override void Abandon() => Answer.TrySetException(new NodeAgentException("the agent is stopping or failed on services; see its log"));
    }

    /// <summary>Time to compare the maps with what they should hold.</summary>
    public sealed record CompareDue : ServiceMessage;

    /// <summary>Time to repeat what failed or to finish what was put off.</summary>
    public sealed record ContinueDue : ServiceMessage;
}
