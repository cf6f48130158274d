namespace Axoneme.Policy;

/// <summary>A selector in use, and the identities it selects now.</summary>
internal sealed class CachedSelector(Selector selector)
{
    public Selector Selector { get; } = selector;

    public HashSet<uint> Identities { get; } = [];

    /// <summary>How many rules use it.</summary>
    public int Users { get; set; }
}
