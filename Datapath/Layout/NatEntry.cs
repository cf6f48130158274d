using System.Runtime.InteropServices;

namespace Axoneme.Datapath.Layout;

/// <summary>Value of map <c>nat</c> (<c>struct nat_entry</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct NatEntry
{
    /// <summary>
    /// Of <see cref="NatDirection.Out"/> and <see cref="NatDirection.FromBackend"/> the new source, of <see cref="NatDirection.In"/> and
    /// <see cref="NatDirection.ToBackend"/> the new destination.
    /// </summary>
    public IpAddressKey Address { get; init; }

    /// <summary>In network byte order; the id of an ICMP echo.</summary>
    public ushort Port { get; init; }

    /// <summary>Kept in the entry of direction <see cref="NatDirection.Out"/> or <see cref="NatDirection.ToBackend"/>.</summary>
    public NatFlags Flags { get; init; }

    /// <summary>In ticks of 2^30 ns of CLOCK_MONOTONIC.</summary>
    public uint LastSeen { get; init; }

    /// <summary>Of a service's translation: its key in map <c>backends</c>.</summary>
    public uint Backend { get; init; }
}

/// <summary><c>enum nat_flags</c>.</summary>
[Flags]
public enum NatFlags : ushort
{
    None = 0,
    FinOut = 1,
    FinIn = 2,
    Reset = 4,
    ReplySeen = 8,

    /// <summary>Of a service: the backend answers the client itself.</summary>
    DirectReturn = 16,
}
