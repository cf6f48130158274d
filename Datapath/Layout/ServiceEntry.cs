using System.Runtime.InteropServices;

namespace Axoneme.Datapath.Layout;

/// <summary>Value of map <c>services</c> (<c>struct service</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct ServiceEntry
{
    /// <summary>Its key in map <c>frontends</c>; connections remember it.</summary>
    public uint Frontend { get; init; }

    /// <summary>The service's port, which several frontends may lead to: what affinity and source ranges belong to.</summary>
    public uint Group { get; init; }

    /// <summary>In ticks of 2^30 ns.</summary>
    public uint AffinityTicks { get; init; }

    public ServiceFlags Flags { get; init; }

    private readonly ushort _pad;

    /// <summary>For clients in the cluster.</summary>
    public ServicePool Inside { get; init; }

    /// <summary>For clients outside of it.</summary>
    public ServicePool Outside { get; init; }
}

/// <summary><c>enum service_flags</c>.</summary>
[Flags]
public enum ServiceFlags : ushort
{
    None = 0,

    /// <summary>Clients outside the cluster may use it.</summary>
    External = 1,

    /// <summary>Clients inside may.</summary>
    Internal = 2,

    /// <summary>A client stays with its backend.</summary>
    Affinity = 4,

    /// <summary>Clients outside must be in map <c>source_ranges</c>.</summary>
    SourceRanges = 8,

    /// <summary>Backends on other nodes answer the client themselves.</summary>
    DirectReturn = 16,

    /// <summary>Under 0.0.0.0 or ::, for sockets that ask any node; nobody can send packets there.</summary>
    AnyNode = 32,

    /// <summary>With affinity: the pool for clients inside has backends of this node alone.</summary>
    InsideLocal = 64,

    /// <summary>The same of the pool for clients outside.</summary>
    OutsideLocal = 128,

    /// <summary>With <see cref="SourceRanges"/>: clients outside must not be in them.</summary>
    SourceRangesDeny = 256,
}
