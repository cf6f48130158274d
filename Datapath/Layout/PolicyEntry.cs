using System.Runtime.InteropServices;

namespace Axoneme.Datapath.Layout;

/// <summary>Value of map <c>policy</c> (<c>struct policy_entry</c>): one interval inline, or a list in <c>policy_ranges</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct PolicyEntry(uint First, uint Count, PolicyRangeEntry Only);

/// <summary>
/// One interval of traffic classes (<c>struct policy_range</c>). A class is protocol &lt;&lt; 16 | destination port (ICMP: type);
/// <see cref="High"/> is inclusive; <see cref="Verdict"/> is 0 deny, 1 allow, 2 redirect, with a proxy port in the upper 16 bits.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct PolicyRangeEntry(uint Low, uint High, uint Verdict, uint Rule);
