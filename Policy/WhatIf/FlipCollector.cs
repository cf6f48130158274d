using System.Collections.Immutable;

namespace Axoneme.Policy;

/// <summary>Gathers changes of flows into as few <see cref="PolicyFlip"/>s as come from joining ends that change alike.</summary>
internal sealed class FlipCollector
{
    private readonly Dictionary<EndsOfChange<FlowDestination>, List<uint>> _sources = [];

    /// <summary>Adds flows; no two calls are about the same source and destination.</summary>
    public void Add(ImmutableArray<uint> sources, ImmutableArray<FlowDestination> destinations, ImmutableArray<FlowChange> changes) =>
        Join(_sources, new EndsOfChange<FlowDestination>(destinations, changes), sources);

    public ImmutableArray<PolicyFlip> ToFlips()
    {
        var destinations = new Dictionary<EndsOfChange<uint>, List<FlowDestination>>();
        foreach (var (ends, sources) in _sources)
        {
            Join(destinations, new EndsOfChange<uint>([.. sources.Order()], ends.Changes), ends.Ends);
        }

        return
        [
            .. destinations
                .Select(flip => new PolicyFlip(flip.Key.Ends, [.. flip.Value.OrderBy(destination => destination.Identity)], flip.Key.Changes))
                .OrderByDescending(flip => flip.Classes).ThenBy(flip => flip.Sources[0]).ThenBy(flip => flip.Destinations[0].Identity),
        ];
    }

    private static void Join<TKey, TEnd>(Dictionary<TKey, List<TEnd>> gathered, TKey key, IEnumerable<TEnd> ends)
        where TKey : notnull
    {
        if (!gathered.TryGetValue(key, out var list))
        {
            gathered.Add(key, list = []);
        }

        list.AddRange(ends);
    }

    /// <summary>Ends on one side of flows, and how the flows change. Compared by content.</summary>
    private readonly struct EndsOfChange<T>(ImmutableArray<T> ends, ImmutableArray<FlowChange> changes) : IEquatable<EndsOfChange<T>>
        where T : notnull
    {
        public ImmutableArray<T> Ends { get; } = ends;

        public ImmutableArray<FlowChange> Changes { get; } = changes;

        public bool Equals(EndsOfChange<T> other) =>
            Ends.SequenceEqual(other.Ends) && Changes.SequenceEqual(other.Changes);

        public override bool Equals(object? obj) => obj is EndsOfChange<T> other && Equals(other);

        public override int GetHashCode()
        {
            var hash = new HashCode();
            foreach (var end in Ends)
            {
                hash.Add(end);
            }

            foreach (var change in Changes)
            {
                hash.Add(change);
            }

            return hash.ToHashCode();
        }
    }
}
