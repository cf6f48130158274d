using System.Collections.Immutable;

namespace Axoneme.Policy;

/// <summary>Settles overlapping intervals: one pass over their ends, the lowest rank that is open decides.</summary>
internal static class IntervalSweep
{
    /// <param name="intervals">Any order, any overlaps.</param>
    /// <param name="verdicts">Verdict and rule id of each rank.</param>
    public static ImmutableArray<PolicyInterval> Settle(List<RankedInterval> intervals, ReadOnlySpan<RankedVerdict> verdicts)
    {
        if (intervals.Count == 0)
        {
            return [];
        }

        var ends = new List<(uint At, bool Opens, int Rank)>(intervals.Count * 2);
        foreach (var (low, high, rank) in intervals)
        {
            ends.Add((low, true, rank));
            ends.Add((high + 1, false, rank)); // traffic classes have 24 bits
        }

        ends.Sort((left, right) => left.At.CompareTo(right.At));
        var open = new SortedDictionary<int, int>();
        var settled = ImmutableArray.CreateBuilder<PolicyInterval>();
        for (var i = 0; i < ends.Count;)
        {
            var at = ends[i].At;
            for (; i < ends.Count && ends[i].At == at; i++)
            {
                var count = open.GetValueOrDefault(ends[i].Rank) + (ends[i].Opens ? 1 : -1);
                if (count == 0)
                {
                    open.Remove(ends[i].Rank);
                }
                else
                {
                    open[ends[i].Rank] = count;
                }
            }

            if (open.Count > 0)
            {
                var (verdict, rule) = verdicts[First(open)];
                Append(settled, new PolicyInterval(at, ends[i].At - 1, verdict, rule));
            }
        }

        return settled.DrainToImmutable();
    }

    private static void Append(ImmutableArray<PolicyInterval>.Builder settled, PolicyInterval next)
    {
        if (settled.Count > 0 && settled[^1] is var last && last.High + 1 == next.Low && last with { Low = next.Low, High = next.High } == next)
        {
            settled[^1] = last with { High = next.High };
        }
        else
        {
            settled.Add(next);
        }
    }

    private static int First(SortedDictionary<int, int> open)
    {
        using var keys = open.Keys.GetEnumerator();
        keys.MoveNext();
        return keys.Current;
    }
}
