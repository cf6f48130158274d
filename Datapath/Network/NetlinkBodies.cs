using System.Runtime.InteropServices;

namespace Axoneme.Datapath.Network;

/// <summary>The fixed parts of rtnetlink messages, each as its kernel header has it.</summary>
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
}
