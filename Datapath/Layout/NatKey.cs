using System.Runtime.InteropServices;

namespace Axoneme.Datapath.Layout;

/// <summary>Key of map <c>nat</c> (<c>struct nat_key</c>): the packet as it arrives.</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct NatKey
{
    public PacketTuple Tuple { get; init; }
    public byte Protocol { get; init; }
    public NatDirection Direction { get; init; }
    private readonly ushort _pad;
}

/// <summary><c>enum nat_direction</c>.</summary>
public enum NatDirection : byte
{
    /// <summary>Gives another source: of what pods send under the node's address, of what a service's backend answers.</summary>
    Out = 0,

    /// <summary>Gives another destination: of what answers to such pods, of what asks a service; of some both ends.</summary>
    In = 1,
}
