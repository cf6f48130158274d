using System.Runtime.InteropServices;

namespace Axoneme.Datapath.Layout;

/// <summary>Key of map <c>affinity</c> (<c>struct affinity_key</c>).</summary>
/// <param name="Client">Its address; of a socket the cookie of its network namespace in the first eight bytes.</param>
/// <param name="Group">See <see cref="ServiceEntry.Group"/>.</param>
/// <param name="Scope">What else a client keeps a backend for apart.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct AffinityKey(IpAddressKey Client, uint Group, AffinityScope Scope);

/// <summary>Value of map <c>affinity</c> (<c>struct affinity_entry</c>).</summary>
/// <param name="Backend">The backend's key.</param>
/// <param name="LastSeen">In ticks of 2^30 ns of CLOCK_MONOTONIC.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct AffinityEntry(uint Backend, uint LastSeen);

/// <summary><c>enum affinity_scope</c>.</summary>
[Flags]
public enum AffinityScope : uint
{
    None = 0,

    /// <summary>A socket's: the client is a cookie.</summary>
    Namespace = 1,

    /// <summary>A socket's, which may ask in both families.</summary>
    IPv6 = 2,

    /// <summary>Among backends of this node alone.</summary>
    Local = 4,
}
