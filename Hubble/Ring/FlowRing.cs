using System.Runtime.CompilerServices;

namespace Axoneme.Hubble;

/// <summary>
/// The last flows of a node. Writers never wait for readers: a reader that falls behind by more than the capacity is told
/// how many it missed. Reading takes no lock.
/// </summary>
public sealed class FlowRing
{
    private readonly Flow?[] _slots;
    private readonly long _mask;
    private readonly Lock _writing = new();
    private TaskCompletionSource? _waiting;
    private long _written;

    /// <param name="capacity">How many flows are kept; rounded up to a power of two.</param>
    public FlowRing(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        _slots = new Flow?[System.Numerics.BitOperations.RoundUpToPowerOf2((uint)capacity)];
        _mask = _slots.Length - 1;
    }

    /// <summary>How many flows are kept.</summary>
    public int Capacity => _slots.Length;

    /// <summary>Flows added so far.</summary>
    public long Written => Volatile.Read(ref _written);

    /// <summary>Adds one flow, which must not be in a ring yet.</summary>
    public void Add(Flow flow) => AddMany([flow]);

    /// <summary>Adds flows and wakes readers once.</summary>
    public void AddMany(ReadOnlySpan<Flow> flows)
    {
        TaskCompletionSource? waiting;
        lock (_writing)
        {
            foreach (var flow in flows)
            {
                flow.Sequence = _written + 1;
                Volatile.Write(ref _slots[_written & _mask], flow);
                Volatile.Write(ref _written, _written + 1);
            }

            (waiting, _waiting) = (_waiting, null);
        }

        waiting?.SetResult();
    }

    /// <summary>
    /// The last flows that match, oldest first, then (if asked) those to come. Each call has a position of its own.
    /// </summary>
    /// <param name="filter">Which flows.</param>
    /// <param name="last">How many of those that are there already.</param>
    /// <param name="follow">Whether to go on until cancelled.</param>
    /// <param name="cancellationToken">Ends the sequence with an exception.</param>
    public async IAsyncEnumerable<FlowRingEntry> ReadAsync(FlowFilter filter, int last, bool follow, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var end = follow ? long.MaxValue : Written;
        var position = StartOf(filter, last);
        while (true)
        {
            // Before looking, so that what is added after the look completes it.
            var added = NextAdded();
            for (var written = Math.Min(Written, end); position < written;)
            {
                var flow = Volatile.Read(ref _slots[position & _mask]);
                if (flow!.Sequence != position + 1)
                {
                    var oldest = Math.Max(position + 1, Written - Capacity);
                    yield return new FlowRingEntry(null, oldest - position);
                    position = oldest;
                    continue;
                }

                position++;
                if (filter.Matches(flow))
                {
                    yield return new FlowRingEntry(flow, 0);
                }
            }

            if (position >= end || !follow)
            {
                yield break;
            }

            await added.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private Task NextAdded()
    {
        lock (_writing)
        {
            return (_waiting ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <summary>The position of the first of the last matching flows.</summary>
    private long StartOf(FlowFilter filter, int last)
    {
        var newest = Written;
        var start = newest;
        for (var position = newest - 1; last > 0 && position >= Math.Max(0, newest - Capacity); position--)
        {
            var flow = Volatile.Read(ref _slots[position & _mask])!;
            if (flow.Sequence != position + 1)
            {
                break;
            }

            if (filter.Matches(flow))
            {
                start = position;
                last--;
            }
        }

        return start;
    }
}
