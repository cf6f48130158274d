namespace Axoneme.NodeActors.Maps;

/// <summary>How full a kernel map is.</summary>
/// <param name="Name">The map's name.</param>
/// <param name="Type">Its type, as bpftool calls it; null where there is no kernel.</param>
/// <param name="Capacity">Entries it may hold.</param>
/// <param name="Entries">Entries it holds: of maps that programs write, as the collector saw it last.</param>
/// <param name="Bytes">Memory the kernel says it takes, null when it does not say.</param>
internal sealed record MapFill(string Name, string? Type, uint Capacity, uint Entries, ulong? Bytes)
{
    /// <summary>0 to 1.</summary>
    public double Pressure => Math.Min(1, Entries / (double)Capacity);

    /// <summary>Whether it was made as small as can be because the node has no use for it; then it is never too full.</summary>
    public bool IsUnused => Capacity == 1;
}
