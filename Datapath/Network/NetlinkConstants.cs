namespace Axoneme.Datapath.Network;

/// <summary>Numbers of linux/netlink.h, rtnetlink.h, if_link.h, if_addr.h, neighbour.h, pkt_sched.h, sock_diag.h.</summary>
internal static class NetlinkConstants
{
    public const int HeaderSize = 16;

    public const ushort MessageError = 2;
    public const ushort MessageDone = 3;
    public const ushort NewLink = 16;
    public const ushort DeleteLink = 17;
    public const ushort GetLink = 18;
    public const ushort NewAddress = 20;
    public const ushort DeleteAddress = 21;
    public const ushort GetAddress = 22;
    public const ushort NewRoute = 24;
    public const ushort DeleteRoute = 25;
    public const ushort GetRoute = 26;
    public const ushort NewNeighbour = 28;
    public const ushort DeleteNeighbour = 29;
    public const ushort GetNeighbour = 30;
    public const ushort SocketsByFamily = 20; // of NETLINK_SOCK_DIAG
    public const ushort DestroySocket = 21;
    public const ushort NewQueueDiscipline = 36;
    public const ushort GetQueueDiscipline = 38;
    public const ushort NewFilter = 44;
    public const ushort DeleteFilter = 45;
    public const ushort GetFilter = 46;

    public const ushort Request = 1;
    public const ushort Acknowledge = 4;
    public const ushort DumpInterrupted = 0x10;
    public const ushort Dump = 0x300;
    public const ushort Replace = 0x100;
    public const ushort Exclusive = 0x200;
    public const ushort Create = 0x400;
    public const ushort HasTlvs = 0x200;
    public const ushort ErrorText = 1; // NLMSGERR_ATTR_MSG

    public const ushort LinkAddress = 1; // IFLA_*
    public const ushort LinkName = 3;
    public const ushort LinkMtu = 4;
    public const ushort LinkPeer = 5;
    public const ushort LinkMaster = 10;
    public const ushort LinkDetails = 18;
    public const ushort LinkFamilies = 26; // IFLA_AF_SPEC
    public const ushort LinkAddressMode = 8; // IFLA_INET6_ADDR_GEN_MODE
    public const byte NoLinkLocalAddress = 1; // IN6_ADDR_GEN_MODE_NONE
    public const ushort LinkNamespaceDescriptor = 28;
    public const ushort LinkKind = 1;
    public const ushort LinkData = 2;
    public const ushort VethPeer = 1;
    public const ushort VxlanLearning = 7; // IFLA_VXLAN_*
    public const ushort VxlanPort = 15;
    public const ushort VxlanZeroChecksumReceive6 = 20;
    public const ushort VxlanMetadata = 25;
    public const uint InterfaceUp = 1;
    public const uint InterfaceLoopback = 8;
    public const uint InterfaceNoArp = 0x80;

    public const ushort AddressOnly = 1; // IFA_*
    public const ushort AddressLocal = 2;
    public const ushort AddressFlags = 8;
    public const uint Secondary = 1; // of IPv6: temporary
    public const uint NoDuplicateDetection = 2;
    public const uint Deprecated = 0x20;
    public const uint Tentative = 0x40;

    public const ushort RouteDestination = 1; // RTA_*
    public const ushort RouteOutput = 4;
    public const ushort RouteGateway = 5;
    public const ushort RouteSource = 7;
    public const ushort RouteMetrics = 8;
    public const ushort RouteMetricMtu = 2; // RTAX_MTU
    public const byte MainTable = 254;
    public const byte ScopeUniverse = 0;
    public const byte ScopeLink = 253;
    public const byte UnicastRoute = 1;
    public const uint OnLink = 4;

    public const ushort NeighbourDestination = 1; // NDA_*
    public const ushort NeighbourMac = 2;
    public const ushort Permanent = 0x80;

    public const ushort TrafficKind = 1; // TCA_*
    public const ushort TrafficOptions = 2;
    public const ushort BpfDescriptor = 6; // TCA_BPF_*
    public const ushort BpfName = 7;
    public const ushort BpfFlags = 8;
    public const uint DirectAction = 1;

    public const uint LinkGroup = 1; // RTMGRP_*
    public const uint IPv4AddressGroup = 0x10;
    public const uint IPv6AddressGroup = 0x100;
    public const uint IPv4RouteGroup = 0x40;
    public const uint IPv6RouteGroup = 0x400;

    public const byte FamilyIPv4 = 2;
    public const byte FamilyIPv6 = 10;

    /// <summary>Set on attributes that hold attributes, and on those in network byte order.</summary>
    public const ushort NestedFlag = 0x8000;
    public const ushort TypeMask = 0x3FFF;
}
