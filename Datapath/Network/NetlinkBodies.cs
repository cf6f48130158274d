using System.Runtime.InteropServices;
using Axoneme.Datapath.Layout;

namespace Axoneme.Datapath.Network;

/// <summary>The fixed parts of netlink messages, each as its kernel header has it.</summary>
internal static class NetlinkBodies
{
    /// <summary><c>struct ifinfomsg</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Link
    {
        public byte Family;
        public byte Padding;
        public ushort Type;
        public uint Index;
        public uint Flags;
        public uint Change;
    }

    /// <summary><c>struct ifaddrmsg</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Address
    {
        public byte Family;
        public byte PrefixLength;
        public byte Flags;
        public byte Scope;
        public uint Index;
    }

    /// <summary><c>struct rtmsg</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Route
    {
        public byte Family;
        public byte DestinationLength;
        public byte SourceLength;
        public byte TypeOfService;
        public byte Table;
        public byte Protocol;
        public byte Scope;
        public byte Type;
        public uint Flags;
    }

    /// <summary><c>struct ndmsg</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Neighbour
    {
        public byte Family;
        public byte Padding1;
        public ushort Padding2;
        public uint Index;
        public ushort State;
        public byte Flags;
        public byte Type;
    }

    /// <summary><c>struct tcmsg</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Traffic
    {
        public byte Family;
        public byte Padding1;
        public ushort Padding2;
        public uint Index;
        public uint Handle;
        public uint Parent;
        public uint Info;
    }

    /// <summary><c>struct inet_diag_sockid</c>: ports and addresses in network byte order; IPv4 in an address's first word.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public record struct SocketId
    {
        public ushort OwnPort;
        public ushort PeerPort;
        public IpAddressKey Own;
        public IpAddressKey Peer;
        public uint Interface;
        public uint CookieLow;
        public uint CookieHigh;
    }

    /// <summary><c>struct inet_diag_req_v2</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Sockets
    {
        public byte Family;
        public byte Protocol;
        public byte Extensions;
        public byte Padding;
        public uint States;
        public SocketId Id;
    }

    /// <summary><c>struct inet_diag_msg</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Socket
    {
        public byte Family;
        public byte State;
        public byte Timer;
        public byte Retransmissions;
        public SocketId Id;
        public uint Expires;
        public uint ReceiveQueue;
        public uint SendQueue;
        public uint User;
        public uint Inode;
    }
}
