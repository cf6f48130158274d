using Axoneme.Datapath.Layout;

namespace Axoneme.NodeActors.Policies;

/// <summary>A list of intervals with value equality, so that equal lists are stored once.</summary>
internal sealed class IntervalList : IEquatable<IntervalList>
{
    private readonly PolicyRangeEntry[] _intervals;
    private readonly int _hash;

    public IntervalList(IEnumerable<PolicyRangeEntry> intervals)
    {
        _intervals = intervals.ToArray();
        var hash = new HashCode();
        foreach (var interval in _intervals)
        {
            hash.Add(interval);
        }

        _hash = hash.ToHashCode();
    }

    public int Count => _intervals.Length;

    public ReadOnlySpan<PolicyRangeEntry> Intervals => _intervals;

    public bool Equals(IntervalList? other) => other is not null && _hash == other._hash && Intervals.SequenceEqual(other.Intervals);

    public override bool Equals(object? obj) => Equals(obj as IntervalList);

    public override int GetHashCode() => _hash;
}
