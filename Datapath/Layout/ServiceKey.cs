using System.Runtime.InteropServices;

namespace Axoneme.Datapath.Layout;

/// <summary>
/// Key of map <c>services</c>, value of map <c>frontends</c> (<c>struct service_key</c>): where clients send to. The port is in network byte order.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct ServiceKey(IpAddressKey Address, ushort Port, byte Protocol)
{
    private readonly byte _pad;
}
