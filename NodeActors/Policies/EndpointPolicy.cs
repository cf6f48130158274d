using System.Collections.Immutable;
using Axoneme.Datapath.Layout;

namespace Axoneme.NodeActors.Policies;

/// <summary>
/// The verdicts of one pod as the kernel is to hold them: for every (direction, identity) with an entry of its own, sorted disjoint
/// intervals; identity 0 stands for every other identity. Two pods with equal content share their kernel entries.
/// </summary>
internal sealed class EndpointPolicy : IEquatable<EndpointPolicy>
{
    private readonly ImmutableDictionary<PolicySlot, IntervalList> _entries;
    private readonly int _hash;

    public EndpointPolicy(EndpointFlags enforcement, IEnumerable<KeyValuePair<PolicySlot, IntervalList>> entries)
        : this(enforcement, entries.ToImmutableDictionary())
    {
    }

    private EndpointPolicy(EndpointFlags enforcement, ImmutableDictionary<PolicySlot, IntervalList> entries)
    {
        Enforcement = enforcement;
        _entries = entries;
        _hash = entries.Aggregate((int)enforcement, (sum, entry) => sum + HashOf(entry.Key, entry.Value));
    }

    private EndpointPolicy(EndpointFlags enforcement, ImmutableDictionary<PolicySlot, IntervalList> entries, int hash)
    {
        Enforcement = enforcement;
        _entries = entries;
        _hash = hash;
    }

    /// <summary>What a pod gets whose policy cannot be computed or installed: nothing may pass.</summary>
    public static EndpointPolicy Closed { get; } =
        new(EndpointFlags.IngressEnforced | EndpointFlags.EgressEnforced, ImmutableDictionary<PolicySlot, IntervalList>.Empty);

    public EndpointFlags Enforcement { get; }

    public IReadOnlyDictionary<PolicySlot, IntervalList> Entries => _entries;

    /// <summary>The same policy with some entries set, or taken away where null. Costs what changes.</summary>
    public EndpointPolicy With(IEnumerable<KeyValuePair<PolicySlot, IntervalList?>> changes)
    {
        var entries = _entries.ToBuilder();
        var hash = _hash;
        foreach (var (slot, list) in changes)
        {
            hash -= entries.TryGetValue(slot, out var old) ? HashOf(slot, old) : 0;
            if (list is null)
            {
                entries.Remove(slot);
            }
            else
            {
                entries[slot] = list;
                hash += HashOf(slot, list);
            }
        }

        return new EndpointPolicy(Enforcement, entries.ToImmutable(), hash);
    }

    public bool Equals(EndpointPolicy? other) =>
        other is not null && (ReferenceEquals(this, other) || _hash == other._hash && Enforcement == other.Enforcement && Differences(other).Count == 0);

    public override bool Equals(object? obj) => Equals(obj as EndpointPolicy);

    public override int GetHashCode() => _hash;

    /// <summary>Slots that the other has otherwise, or only one of the two has.</summary>
    public IReadOnlyList<PolicySlot> Differences(EndpointPolicy other)
    {
        var slots = new List<PolicySlot>();
        foreach (var (slot, intervals) in Entries)
        {
            if (!other.Entries.TryGetValue(slot, out var theirs) || !theirs.Equals(intervals))
            {
                slots.Add(slot);
            }
        }

        slots.AddRange(other.Entries.Keys.Where(slot => !Entries.ContainsKey(slot)));
        return slots;
    }

    /// <summary>Summed up, because the order of a dictionary means nothing.</summary>
    private static int HashOf(PolicySlot slot, IntervalList intervals) => HashCode.Combine(slot, intervals);
}

/// <summary>Whose traffic an entry is about: the peer's identity and the direction seen from the pod.</summary>
internal readonly record struct PolicySlot(TrafficDirection Direction, uint Identity);
