using System.Net;
using System.Net.Sockets;
using Axoneme.Datapath.Layout;
using Axoneme.PolicyOracle;

namespace Axoneme.DatapathFuzz.Tests.Model;

/// <summary>What a party is to this node.</summary>
internal enum PlaceKind
{
    LocalPod,
    Host,
    RemotePod,
    RemoteNode,
    Outside,
}

/// <summary>A party of the oracle's world and where it is, seen from the node under test.</summary>
internal sealed record Place(Party Party, PlaceKind Kind)
{
    /// <summary>Of a pod of this node: its host-side interface, and the MACs of both sides.</summary>
    public uint Ifindex { get; init; }

    public MacAddress Mac { get; init; }

    public MacAddress GatewayMac { get; init; }

    public ushort EndpointId { get; init; }

    /// <summary>Policy is told about and not enforced.</summary>
    public bool IsAudited { get; init; }

    /// <summary>Index of the node it is behind, from 1; 0 when there is none, or no tunnel.</summary>
    public uint Tunnel { get; init; }

    public IPAddress? IPv4 { get; init; }

    public IPAddress? IPv6 { get; init; }

    /// <summary>Whether it is judged here.</summary>
    public bool IsHere => Kind is PlaceKind.LocalPod or PlaceKind.Host;

    public IPAddress? Address(int family) => family == 4 ? IPv4 : IPv6;

    public bool Has(IPAddress address) => address.Equals(address.AddressFamily == AddressFamily.InterNetwork ? IPv4 : IPv6);
}
