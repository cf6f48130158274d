using Axoneme.Datapath.Layout;

namespace Axoneme.NodeActors.Policies;

/// <summary>
/// The verdicts of one pod as the kernel is to hold them: for every (direction, identity) with an entry of its own, sorted disjoint
/// intervals; identity 0 stands for every other identity. Two pods with equal content share their kernel entries.
/// </summary>
internal sealed class EndpointPolicy : IEquatable<EndpointPolicy>
{
    private readonly int _hash;

    public EndpointPolicy(EndpointFlags enforcement, IReadOnlyDictionary<PolicySlot, IntervalList> entries)
    {
        Enforcement = enforcement;
        Entries = entries;
        var hash = (int)enforcement;
        foreach (var (slot, intervals) in entries)
        {
            hash += HashCode.Combine(slot, intervals); // a sum: the order of a dictionary means nothing
        }

        _hash = hash;
    }

    /// <summary>What a pod gets whose policy cannot be computed or installed: nothing may pass.</summary>
    public static EndpointPolicy Closed { get; } =
        new(EndpointFlags.IngressEnforced | EndpointFlags.EgressEnforced, new Dictionary<PolicySlot, IntervalList>());

    public EndpointFlags Enforcement { get; }

    public IReadOnlyDictionary<PolicySlot, IntervalList> Entries { get; }

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
}

/// <summary>Whose traffic an entry is about: the peer's identity and the direction seen from the pod.</summary>
internal readonly record struct PolicySlot(TrafficDirection Direction, uint Identity);
