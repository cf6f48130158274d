namespace Axoneme.Datapath.Network;

/// <summary>A VXLAN device (RFC 7348) to be made.</summary>
/// <param name="Name">At most 15 bytes.</param>
/// <param name="Port">UDP port, here and at the other ends.</param>
/// <param name="Mtu">Bytes of the longest inner IP packet.</param>
/// <param name="Ifindex">The index it has to have, 0 for any.</param>
public sealed record VxlanDevice(string Name, ushort Port, uint Mtu, uint Ifindex = 0);
