using System.Runtime.InteropServices;

namespace Axoneme.Datapath.Layout;

/// <summary>Key of map <c>nat</c> (<c>struct nat_key</c>): the tuple as the packet has it, ports in network byte order.</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct NatKey
{
    public IpAddressKey Source { get; init; }
    public IpAddressKey Destination { get; init; }
    public ushort SourcePort { get; init; }
    public ushort DestinationPort { get; init; }
    public byte Protocol { get; init; }
    public NatDirection Direction { get; init; }
    private readonly ushort _pad;
}

/// <summary><c>enum nat_direction</c>.</summary>
public enum NatDirection : byte
{
    /// <summary>What a sender on this node sends: its source is translated.</summary>
    Out = 0,

    /// <summary>What comes back: its destination is translated.</summary>
    In = 1,

    /// <summary>What a service's client sends: its destination becomes a backend.</summary>
    ToBackend = 2,

    /// <summary>What the backend answers: its source becomes the service.</summary>
    FromBackend = 3,
}
