using System.Net;

namespace Axoneme.Datapath.Network;

/// <summary>An address on an interface.</summary>
/// <param name="Ifindex">The interface.</param>
/// <param name="Address">The address.</param>
/// <param name="PrefixLength">Bits of the network.</param>
/// <param name="IsTentative">IPv6: not usable yet, duplicate detection runs.</param>
public sealed record AddressInfo(uint Ifindex, IPAddress Address, int PrefixLength, bool IsTentative);
