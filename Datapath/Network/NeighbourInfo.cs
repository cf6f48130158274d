using System.Net;
using Axoneme.Datapath.Layout;

namespace Axoneme.Datapath.Network;

/// <summary>An entry of the ARP or ND table.</summary>
/// <param name="Ifindex">The interface.</param>
/// <param name="Address">The neighbour's IP address.</param>
/// <param name="Mac">Its MAC address.</param>
/// <param name="IsPermanent">Whether it never ages nor is probed.</param>
public sealed record NeighbourInfo(uint Ifindex, IPAddress Address, MacAddress Mac, bool IsPermanent);
