using System.Runtime.InteropServices;

namespace Axoneme.Datapath.Layout;

/// <summary>Key of the trie <c>source_ranges</c> (<c>struct source_range</c>).</summary>
/// <param name="Length">Bits: 32 for the group, 96 more for IPv4.</param>
/// <param name="Group">See <see cref="ServiceEntry.Group"/>.</param>
/// <param name="Address">The prefix.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct SourceRangeKey(uint Length, uint Group, IpAddressKey Address)
{
    /// <summary>What a service's clients may come from.</summary>
    public static SourceRangeKey From(uint group, System.Net.IPNetwork range)
    {
        var prefix = PrefixKey.From(range);
        return new SourceRangeKey(32 + prefix.Length, group, prefix.Address);
    }
}
