using System.Runtime.InteropServices;

namespace Axoneme.Datapath.Layout;

/// <summary>Value of map <c>devices</c> (<c>struct device</c>): what traffic of pods that leaves here is masqueraded with.</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct DeviceEntry
{
    /// <summary>Key of the entry with the node's main addresses, for what leaves by the tunnel.</summary>
    public const uint OfNode = 0;

    /// <summary>IPv4 in network byte order, 0 for no masquerading.</summary>
    public uint Ipv4 { get; init; }

    /// <summary>All zero for no masquerading.</summary>
    public IpAddressKey Ipv6 { get; init; }

    /// <summary>The interface's own: what it sends bears it.</summary>
    public MacAddress Mac { get; init; }

    /// <summary>What the interface can do.</summary>
    public DeviceFlags Flags { get; init; }
}

/// <summary><c>enum device_flags</c>.</summary>
[Flags]
public enum DeviceFlags : ushort
{
    None = 0,

    /// <summary>Has the driver's program, and may send what other drivers received.</summary>
    Accelerated = 1,
}
