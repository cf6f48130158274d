using System.Net;

namespace Axoneme.Policy;

/// <summary>A selector in use, what it selects now, and who uses it.</summary>
/// <param name="selector">The selector.</param>
/// <param name="prefix">The prefix it hangs on, null when it hangs on labels or on nothing.</param>
/// <param name="labels">The labels it hangs on; a null value stands for any.</param>
internal sealed class CachedSelector<TUser>(Selector selector, IPNetwork? prefix, (string Key, string? Value)[] labels)
{
    public Selector Selector { get; } = selector;

    public IPNetwork? Prefix { get; } = prefix;

    public (string Key, string? Value)[] Labels { get; } = labels;

    /// <summary>Numbers of what is selected.</summary>
    public HashSet<uint> Members { get; } = [];

    public HashSet<TUser> Users { get; } = [];
}
