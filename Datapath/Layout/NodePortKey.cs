using System.Runtime.InteropServices;

namespace Axoneme.Datapath.Layout;

/// <summary>Key of map <c>node_ports</c> (<c>struct node_port</c>): a port that the node cannot bind because a service listens there. In network byte order.</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct NodePortKey(ushort Port, byte Protocol)
{
    private readonly byte _pad;
}
