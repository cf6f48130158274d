using System.Net;

namespace Axoneme.Datapath.Network;

/// <summary>An address on an interface.</summary>
/// <param name="Ifindex">The interface.</param>
/// <param name="Address">The address.</param>
/// <param name="PrefixLength">Bits of the network.</param>
/// <param name="IsTentative">IPv6: not usable yet, duplicate detection runs.</param>
public sealed record AddressInfo(uint Ifindex, IPAddress Address, int PrefixLength, bool IsTentative)
{
    /// <summary>IPv4: another one of its network comes first. IPv6: made up for privacy, for a while.</summary>
    public bool IsSecondary { get; init; }

    /// <summary>Not for new connections.</summary>
    public bool IsDeprecated { get; init; }

    /// <summary>Whether it means something beyond the link (RT_SCOPE_UNIVERSE).</summary>
    public bool IsGlobal { get; init; } = true;

    /// <summary>The network it is in.</summary>
    public IPNetwork Network => NetworkOf(Address, PrefixLength);

    internal static IPNetwork NetworkOf(IPAddress address, int length)
    {
        var bytes = address.GetAddressBytes();
        for (var bit = length; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] &= (byte)~(0x80 >> bit % 8);
        }

        return new IPNetwork(new IPAddress(bytes), length);
    }
}
