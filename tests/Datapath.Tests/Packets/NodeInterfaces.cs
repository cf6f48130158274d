using Axoneme.Datapath.Layout;

namespace Axoneme.Datapath.Tests.Packets;

/// <summary>The interfaces of a <see cref="NodeWorld"/>, real ones in the fixture's namespace.</summary>
/// <param name="Client">Host side of the first pod.</param>
/// <param name="Server">Host side of the second.</param>
/// <param name="Device">Leads out of the node; ours to use.</param>
/// <param name="OtherDevice">Leads out of the node, too, and is nobody's.</param>
/// <param name="Tunnel">The VXLAN device.</param>
/// <param name="DeviceMac">The device's own address.</param>
internal sealed record NodeInterfaces(uint Client, uint Server, uint Device, uint OtherDevice, uint Tunnel, MacAddress DeviceMac);
