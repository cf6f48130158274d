namespace Axoneme.NodeActors.Conntrack;

/// <summary>Counters of the collector.</summary>
/// <param name="Runs">Runs completed.</param>
/// <param name="Failures">Runs the kernel refused.</param>
/// <param name="Duration">How long the last run took.</param>
/// <param name="Interval">Until the next run.</param>
/// <param name="Conntrack4">Of map <c>conntrack4</c>.</param>
/// <param name="Conntrack6">Of map <c>conntrack6</c>.</param>
/// <param name="Nat">Of map <c>nat</c>.</param>
/// <param name="Evicted">Connections of both families that the kernel evicted, estimated.</param>
/// <param name="NatEvicted">Translations that the kernel evicted, estimated.</param>
internal sealed record ConntrackCollection(
    long Runs, long Failures, TimeSpan Duration, TimeSpan Interval, MapCollection Conntrack4, MapCollection Conntrack6, MapCollection Nat, long Evicted, long NatEvicted)
{
    public IReadOnlyList<MapCollection> Maps => [Conntrack4, Conntrack6, Nat];

    /// <summary>Connections removed in all runs.</summary>
    public long Deleted => Conntrack4.Expired + Conntrack6.Expired;

    /// <summary>Connections left by the last run.</summary>
    public int Alive => Conntrack4.Alive + Conntrack6.Alive;
}

/// <summary>Counters of one map.</summary>
/// <param name="Name">The map's name.</param>
/// <param name="Capacity">Entries it may hold.</param>
/// <param name="Alive">Entries left by the last run.</param>
/// <param name="Expired">Entries removed in all runs because their time was over.</param>
/// <param name="Orphaned">Entries removed in all runs because the other one of their translation was gone.</param>
/// <param name="LastDeleted">Entries the last run removed.</param>
internal sealed record MapCollection(string Name, uint Capacity, int Alive, long Expired, long Orphaned, int LastDeleted)
{
    /// <summary>How full the last run found it, 0 to 1.</summary>
    public double Fill => (Alive + (double)LastDeleted) / Capacity;

    public MapCollection After(int alive, int expired, int orphaned = 0) =>
        this with { Alive = alive, Expired = Expired + expired, Orphaned = Orphaned + orphaned, LastDeleted = expired + orphaned };
}
