using Axoneme.Datapath.Layout;
using Axoneme.NodeActors.Maps;

namespace Axoneme.NodeActors.Policies;

/// <summary>
/// Places interval lists in map <c>policy_ranges</c>: each distinct list once, counted by its users. Indices of a list that
/// nobody uses any more stay untouched for a grace period, because a packet may still be reading them.
/// </summary>
internal sealed class IntervalStore(MapReconciler<uint, PolicyRangeEntry> map, TimeProvider timeProvider)
{
    /// <summary>A program runs for microseconds; a second is long past every reader.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);
    private readonly Dictionary<IntervalList, Block> _blocks = [];
    private readonly SortedDictionary<uint, uint> _free = new() { [0] = map.Capacity }; // first → length
    private readonly Queue<(long Since, uint First, uint Length)> _retired = [];

    /// <summary>Indices neither free nor waiting out their grace.</summary>
    public uint InUse { get; private set; }

    /// <summary>Takes a user on a list and returns where it is.</summary>
    /// <exception cref="PolicySpaceException">No gap is long enough.</exception>
    public uint Acquire(IntervalList list)
    {
        if (_blocks.TryGetValue(list, out var block))
        {
            block.Users++;
            return block.First;
        }

        Reclaim();
        var length = (uint)list.Count;
        foreach (var (first, gap) in _free)
        {
            if (gap >= length)
            {
                Occupy(first, length);
                _blocks[list] = new Block(first) { Users = 1 };
                for (var i = 0; i < list.Count; i++)
                {
                    map.Set(first + (uint)i, list.Intervals[i]);
                }

                return first;
            }
        }

        throw new PolicySpaceException(
            $"map policy_ranges is full: no room for {length} intervals ({InUse} of {map.Capacity} in use); raise {MapSizing.OptionOf("policy_ranges")}, or use fewer distinct port lists");
    }

    /// <summary>Takes over a list that the kernel holds from before a restart. False when the indices belong to another list.</summary>
    public bool Adopt(uint first, IntervalList list)
    {
        if (_blocks.TryGetValue(list, out var block) && block.First == first)
        {
            block.Users++;
            return true;
        }

        if (block is not null || !IsFree(first, (uint)list.Count))
        {
            return false;
        }

        Occupy(first, (uint)list.Count);
        _blocks[list] = new Block(first) { Users = 1 };
        for (var i = 0; i < list.Count; i++)
        {
            map.Adopt(first + (uint)i, list.Intervals[i]);
        }

        return true;
    }

    /// <summary>Keeps indices away from new lists for the rest of this run.</summary>
    public void Hold(uint first, uint length)
    {
        if (IsFree(first, length))
        {
            Occupy(first, length);
        }
    }

    /// <summary>A user left a list; with the last one its indices are retired.</summary>
    public void Release(IntervalList list)
    {
        var block = _blocks[list];
        if (--block.Users > 0)
        {
            return;
        }

        _blocks.Remove(list);
        InUse -= (uint)list.Count;
        for (var i = 0u; i < list.Count; i++)
        {
            map.Remove(block.First + i);
        }

        _retired.Enqueue((timeProvider.GetTimestamp(), block.First, (uint)list.Count));
    }

    private void Reclaim()
    {
        while (_retired.TryPeek(out var retired) && timeProvider.GetElapsedTime(retired.Since) >= Grace)
        {
            _retired.Dequeue();
            Free(retired.First, retired.Length);
        }
    }

    private bool IsFree(uint first, uint length) =>
        length > 0 && _free.Any(gap => gap.Key <= first && first + (ulong)length <= gap.Key + (ulong)gap.Value);

    private void Occupy(uint first, uint length)
    {
        var (start, gap) = _free.Last(pair => pair.Key <= first);
        _free.Remove(start);
        if (first > start)
        {
            _free[start] = first - start;
        }

        if (start + gap > first + length)
        {
            _free[first + length] = start + gap - first - length;
        }

        InUse += length;
    }

    private void Free(uint first, uint length)
    {
        if (_free.Remove(first + length, out var after))
        {
            length += after;
        }

        foreach (var (start, gap) in _free)
        {
            if (start + gap == first)
            {
                _free[start] = gap + length;
                return;
            }

            if (start > first)
            {
                break;
            }
        }

        _free[first] = length;
    }

    private sealed class Block(uint first)
    {
        public uint First { get; } = first;

        public int Users { get; set; }
    }
}
