using System.Net;
using Axoneme.Datapath.Layout;

namespace Axoneme.DatapathFuzz.Tests.Packets;

/// <summary>A frame as its receiver would read it; see <see cref="StrictReader"/>.</summary>
internal sealed record ReadPacket
{
    public required MacAddress SourceMac { get; init; }

    public required MacAddress DestinationMac { get; init; }

    public required ushort EtherType { get; init; }

    /// <summary>What no receiver could make sense of; null when there is nothing wrong. What was read before it holds.</summary>
    public string? Flaw { get; init; }

    /// <summary>4, 6, or 0 when there is no IP header.</summary>
    public int Family { get; init; }

    public IPAddress Source { get; init; } = IPAddress.None;

    public IPAddress Destination { get; init; } = IPAddress.None;

    public byte HopLimit { get; init; }

    public byte Protocol { get; init; }

    /// <summary>Of the transport header; an echo has its id in both.</summary>
    public ushort SourcePort { get; init; }

    public ushort DestinationPort { get; init; }

    public byte TcpFlags { get; init; }

    /// <summary>Type of the first chunk; null when there is none.</summary>
    public byte? SctpChunk { get; init; }

    public byte IcmpType { get; init; }

    /// <summary>A fragment that is not the first.</summary>
    public bool IsLaterFragment { get; init; }

    /// <summary>The first of several fragments.</summary>
    public bool IsFirstFragment { get; init; }

    public uint FragmentId { get; init; }

    /// <summary>Where the transport header begins in the frame.</summary>
    public int TransportOffset { get; init; }

    /// <summary>Where the IP packet ends in the frame: what follows is padding.</summary>
    public int End { get; init; }

    /// <summary>The packet that an ICMP error is about.</summary>
    public ReadPacket? Inner { get; init; }

    public bool IsIcmp => Protocol == (Family == 4 ? IpNumbers.Icmp : IpNumbers.Icmpv6);

    public bool IsEchoRequest => IsIcmp && !IsLaterFragment && IcmpType == (Family == 4 ? 8 : 128);

    public bool IsEchoReply => IsIcmp && !IsLaterFragment && IcmpType == (Family == 4 ? 0 : 129);

    /// <summary>An ICMP message about another packet (RFC 792, RFC 4443).</summary>
    public bool IsError => IsIcmp && !IsLaterFragment && (Family == 4 ? IcmpType is 3 or 11 or 12 : IcmpType is >= 1 and <= 4);

    /// <summary>Neighbour discovery and multicast listener messages (RFC 4861, RFC 2710, RFC 3810).</summary>
    public bool IsLinkMessage => Family == 6 && IsIcmp && !IsLaterFragment && IcmpType is >= 130 and <= 137 or 143;

    /// <summary>Part of something that has two ends and goes both ways; other ICMP messages stand alone.</summary>
    public bool IsOfConnection => !IsIcmp || IsLaterFragment || IsEchoRequest || IsEchoReply;

    /// <summary>The first packet of a connection, where it says so: TCP's SYN, SCTP's INIT.</summary>
    public bool IsBeginning => !IsLaterFragment && (Protocol == IpNumbers.Tcp ? (TcpFlags & 0x12) == 0x02 : Protocol == IpNumbers.Sctp && SctpChunk == 1);

    public static ReadPacket None(ushort etherType) => new() { SourceMac = default, DestinationMac = default, EtherType = etherType };
}
