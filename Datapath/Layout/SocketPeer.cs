using System.Runtime.InteropServices;

namespace Axoneme.Datapath.Layout;

/// <summary>Key of map <c>socket_peers</c> (<c>struct socket_peer_key</c>): a socket and the backend it talks to. The port is in network byte order.</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct SocketPeerKey(ulong Socket, IpAddressKey Address, ushort Port)
{
    private readonly ushort _pad;

    public uint Protocol { get; init; }
}

/// <summary>Value of map <c>socket_peers</c> (<c>struct socket_peer</c>): the frontend it believes to talk to. The port is in network byte order.</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct SocketPeer(IpAddressKey Address, ushort Port)
{
    private readonly ushort _pad;

    public uint Frontend { get; init; }

    /// <summary>When it began to, in ticks of 2^30 ns of CLOCK_MONOTONIC.</summary>
    public uint LastSeen { get; init; }
}
