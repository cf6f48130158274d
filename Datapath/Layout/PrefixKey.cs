using System.Runtime.InteropServices;

namespace Axoneme.Datapath.Layout;

/// <summary>Key of the trie <c>prefixes</c> (<c>struct prefix</c>). An IPv4 prefix's length counts 96 bits more.</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct PrefixKey(uint Length, IpAddressKey Address)
{
    /// <summary>Converts a network, for example 10.0.0.0/8.</summary>
    public static PrefixKey From(System.Net.IPNetwork network) => new(
        (uint)network.PrefixLength + (network.BaseAddress.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? 96u : 0u),
        IpAddressKey.From(network.BaseAddress));

    /// <summary>The network, IPv4 where it is one.</summary>
    public System.Net.IPNetwork ToIPNetwork()
    {
        var address = Address.ToIPAddress();
        var isIPv4 = address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork && Length >= 96;
        return new System.Net.IPNetwork(isIPv4 ? address : Address.ToIPAddress().MapToIPv6(), (int)(isIPv4 ? Length - 96 : Length));
    }
}
