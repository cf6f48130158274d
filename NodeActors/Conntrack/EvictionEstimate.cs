namespace Axoneme.NodeActors.Conntrack;

/// <summary>
/// How many entries the kernel threw out of an LRU map, which it tells nobody: what was inserted and neither deleted by us nor still there. Only passes that find the
/// map nearly full count, since an LRU evicts nothing before, and entries may end in ways that are not counted (a connection begun anew over an expired one).
/// </summary>
internal sealed class EvictionEstimate
{
    private const double NearlyFull = 0.75;
    private (ulong Inserted, long Alive)? _before;

    /// <summary>Since the first pass.</summary>
    public long Total { get; private set; }

    /// <summary>Takes in a pass.</summary>
    /// <param name="inserted">The programs' counter, read before the pass.</param>
    /// <param name="deleted">What this pass deleted.</param>
    /// <param name="alive">What it left.</param>
    /// <param name="fill">Of the fullest map before deleting, 0 to 1.</param>
    /// <returns>Evictions since the pass before.</returns>
    public long Add(ulong inserted, long deleted, long alive, double fill)
    {
        var before = _before;
        _before = (inserted, alive);
        if (before is not { } last || inserted < last.Inserted || fill < NearlyFull)
        {
            return 0;
        }

        var evicted = Math.Max(0, (long)(inserted - last.Inserted) - deleted - (alive - last.Alive));
        Total += evicted;
        return evicted;
    }
}
