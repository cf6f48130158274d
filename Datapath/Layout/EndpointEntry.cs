using System.Runtime.InteropServices;

namespace Axoneme.Datapath.Layout;

/// <summary>Value of map <c>endpoints</c> (<c>struct endpoint</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct EndpointEntry
{
    /// <summary>Key of the node itself: the index that loopback has in every network namespace (<c>HOST_INTERFACE</c>).</summary>
    public const uint HostInterface = 1;

    /// <summary>
    /// Bit of <see cref="PolicyRevision"/> that is set in audit mode. Conntrack compares revisions, so that it makes what was recorded in one mode
    /// stale in the other.
    /// </summary>
    public const uint AuditRevision = 1u << 31;

    public uint Identity { get; init; }
    public uint PolicyId { get; init; }
    public uint PolicyRevision { get; init; }
    public ushort Id { get; init; }
    public EndpointFlags Flags { get; init; }
    public MacAddress Mac { get; init; }
    public MacAddress GatewayMac { get; init; }

    /// <summary>IPv4 in network byte order, 0 if none.</summary>
    public uint Ipv4 { get; init; }

    /// <summary>All zero if none.</summary>
    public IpAddressKey Ipv6 { get; init; }
}

/// <summary><c>enum endpoint_flags</c>.</summary>
[Flags]
public enum EndpointFlags : ushort
{
    None = 0,
    IngressEnforced = 1,
    EgressEnforced = 2,
    Audit = 4,
}
