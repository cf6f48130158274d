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
}
