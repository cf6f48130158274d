using System.Net;
using Axoneme.Datapath.Layout;

namespace Axoneme.NodeActors.Network;

/// <summary>An interface that leads out of the node.</summary>
/// <param name="Ifindex">Its index.</param>
/// <param name="Name">Its name.</param>
/// <param name="Mac">Its own MAC.</param>
/// <param name="Mtu">Bytes.</param>
/// <param name="IPv4">Its first global address; null for none.</param>
/// <param name="IPv6">The same for IPv6.</param>
internal sealed record NodeDevice(uint Ifindex, string Name, MacAddress Mac, uint Mtu, IPAddress? IPv4, IPAddress? IPv6);
