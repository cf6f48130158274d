using System.Runtime.InteropServices;

namespace Axoneme.Datapath.Layout;

/// <summary>Key of map <c>conntrack4</c> (<c>struct conntrack_key4</c>). The lower address (as a host-order number), then port, comes first; all in network byte order.</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct ConntrackKey4
{
    public uint LowAddress { get; init; }
    public uint HighAddress { get; init; }
    public ushort LowPort { get; init; }
    public ushort HighPort { get; init; }
    public byte Protocol { get; init; }
    private readonly byte _pad0;
    private readonly byte _pad1;
    private readonly byte _pad2;
}

/// <summary>Key of map <c>conntrack6</c> (<c>struct conntrack_key6</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct ConntrackKey6
{
    public IpAddressKey LowAddress { get; init; }
    public IpAddressKey HighAddress { get; init; }
    public ushort LowPort { get; init; }
    public ushort HighPort { get; init; }
    public byte Protocol { get; init; }
    private readonly byte _pad0;
    private readonly byte _pad1;
    private readonly byte _pad2;
}
