using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static Axoneme.Datapath.Network.NetlinkConstants;

namespace Axoneme.Datapath.Network;

/// <summary>What goes to and comes from the kernel's list of sockets (sock_diag(7), linux/inet_diag.h).</summary>
internal static class SocketMessages
{
    public const byte Udp = 17;

    /// <summary>UDP sockets that are connected have the state of such TCP ones.</summary>
    private const uint Connected = 1 << 1;

    /// <summary>Asks for the connected UDP sockets of a family.</summary>
    public static NetlinkWriter List(byte family) =>
        new NetlinkWriter().Begin(SocketsByFamily, Request | Dump, 1).Body(new NetlinkBodies.Sockets { Family = family, Protocol = Udp, States = Connected });

    /// <summary>Asks to end a socket as if its peer had gone: whoever holds it gets ECONNABORTED.</summary>
    public static NetlinkWriter Destroy(UdpSocket socket) =>
        new NetlinkWriter().Begin(DestroySocket, Request | Acknowledge, 1).Body(new NetlinkBodies.Sockets { Family = socket.Family, Protocol = Udp, States = Connected, Id = socket.Id });

    /// <summary>Reads one socket of a list.</summary>
    /// <exception cref="KernelException">The message is too short, or of another family than IP's.</exception>
    public static UdpSocket Read(ReadOnlySpan<byte> message)
    {
        if (message.Length < Unsafe.SizeOf<NetlinkBodies.Socket>())
        {
            throw new KernelException($"sock_diag: a socket is told in {message.Length} bytes instead of {Unsafe.SizeOf<NetlinkBodies.Socket>()}");
        }

        var socket = MemoryMarshal.Read<NetlinkBodies.Socket>(message);
        return socket.Family is FamilyIPv4 or FamilyIPv6
            ? new UdpSocket(socket.Family, socket.Id)
            : throw new KernelException($"sock_diag: a socket of address family {socket.Family} was not asked for");
    }
}
