using System.Net;
using System.Net.Sockets;
using Axoneme.NodeActors.Local;
using Axoneme.Policy;

namespace Axoneme.NodeActors.Identities;

/// <summary>Numbers for the prefixes that policies name (bit 24, Cilium's scope "local").</summary>
/// <param name="store">Where the numbers are kept.</param>
/// <param name="known">What an earlier run kept.</param>
internal sealed class PrefixIdentities(LocalStore store, IEnumerable<KeyValuePair<IPNetwork, uint>> known)
    : LocalIdentities<IPNetwork>(store, LocalStore.Kinds.PrefixIdentity, 1 << 24, known)
{
    /// <inheritdoc/>
    /// <returns>New numbers, wider prefixes first.</returns>
    public override IReadOnlyList<KeyValuePair<uint, IPNetwork>> Update(IEnumerable<IPNetwork> wanted) =>
        base.Update(wanted.OrderBy(prefix => prefix.PrefixLength));

    /// <summary>
    /// Whose identity a prefix's addresses have while the prefix itself has none: the next wider one's, else the world's. A leaving
    /// prefix counts, because the kernel maps it until the policies that no longer name it are in force.
    /// </summary>
    public uint EnclosingIdentity(IPNetwork prefix)
    {
        var address = prefix.BaseAddress.GetAddressBytes();
        for (var length = prefix.PrefixLength - 1; length > 0; length--)
        {
            address[length / 8] &= (byte)~(0x80 >> length % 8);
            var wider = new IPNetwork(new IPAddress(address), length);
            if (Numbers.TryGetValue(wider, out var number) || Leaving.TryGetValue(wider, out number))
            {
                return number;
            }
        }

        return prefix.BaseAddress.AddressFamily == AddressFamily.InterNetwork ? ReservedIdentity.WorldIPv4 : ReservedIdentity.WorldIPv6;
    }
}
