using System.Runtime.InteropServices;

namespace Axoneme.Datapath.Layout;

/// <summary>Key of map <c>affinity</c> (<c>struct affinity_key</c>).</summary>
/// <param name="Client">Its address; of a socket the cookie of its network namespace in the first eight bytes.</param>
/// <param name="Group">See <see cref="ServiceEntry.Group"/>.</param>
/// <param name="IsNamespace">1 for a cookie, 0 for an address.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct AffinityKey(IpAddressKey Client, uint Group, uint IsNamespace);

/// <summary>Value of map <c>affinity</c> (<c>struct affinity_entry</c>).</summary>
/// <param name="Backend">The backend's key.</param>
/// <param name="LastSeen">In ticks of 2^30 ns of CLOCK_MONOTONIC.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct AffinityEntry(uint Backend, uint LastSeen);
