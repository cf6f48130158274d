using System.Runtime.InteropServices;

namespace Axoneme.Datapath.Layout;

/// <summary>Read-only settings of the programs (<c>struct config</c> in bpf/lib/config.h), set before they are loaded.</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct DatapathConfig
{
    /// <summary>The defaults, as in C.</summary>
    public DatapathConfig()
    {
    }

    /// <summary>Bytes pending in the event ring that wake the reader.</summary>
    public uint EventWakeupBytes { get; init; } = 64 << 10;

    /// <summary>Ticks (<see cref="ConntrackEntry.TickShift"/>) between reports of a connection that goes on, 0 for never.</summary>
    public uint ReportIntervalTicks { get; init; } = 5;

    /// <summary>Identity of IPv4 addresses that the ipcache does not know.</summary>
    public uint WorldIpv4Identity { get; init; } = 9;

    /// <summary>Identity of IPv6 addresses that the ipcache does not know.</summary>
    public uint WorldIpv6Identity { get; init; } = 10;

    /// <summary>The VXLAN device, which has to exist before the programs are loaded; 0 for native routing.</summary>
    public uint TunnelIfindex { get; init; }

    /// <summary>The longest IP packet, in bytes, that fits into the tunnel.</summary>
    public uint TunnelMtu { get; init; }

    /// <summary>Decides which ports masquerading tries for a connection; another one for each load unless told.</summary>
    public uint NatSecret { get; init; } = unchecked((uint)System.Security.Cryptography.RandomNumberGenerator.GetInt32(int.MinValue, int.MaxValue));

    /// <summary>UDP port of the tunnel.</summary>
    public ushort TunnelPort { get; init; } = 8472;

    /// <summary>First source port that masquerading may give.</summary>
    public ushort NatPortMin { get; init; } = 32768;

    /// <summary>Last source port that masquerading may give.</summary>
    public ushort NatPortMax { get; init; } = 65535;

    /// <summary>1: the node's own traffic is judged.</summary>
    public byte HostFirewall { get; init; }

    /// <summary>1: what pods send out of the cluster by IPv4 leaves under the node's address.</summary>
    public byte Masquerade4 { get; init; }

    /// <summary>The same for IPv6.</summary>
    public byte Masquerade6 { get; init; }

    /// <summary>1: what goes to services is translated.</summary>
    public byte Services { get; init; }
    private readonly byte _pad0;
    private readonly byte _pad1;

    /// <summary>Cookie of the node's network namespace.</summary>
    public ulong NamespaceCookie { get; init; }

    /// <summary>First port that services may have on the node's addresses.</summary>
    public ushort NodePortMin { get; init; } = 30000;

    /// <summary>Last port that services may have on the node's addresses.</summary>
    public ushort NodePortMax { get; init; } = 32767;
    private readonly uint _padding;
}
