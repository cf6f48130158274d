using System.Net;
using System.Net.Sockets;
using System.Numerics;

namespace Axoneme.Policy;

/// <summary>
/// Addresses outside the cluster, cut up by prefixes: the region of a prefix are its addresses that no longer prefix holds. All addresses of a
/// region have one identity.
/// </summary>
internal static class AddressRegions
{
    /// <summary>Where a node's own identity numbers begin (Cilium's "local" scope, bit 24).</summary>
    public const uint FirstNumber = 1u << 24;

    /// <summary>Labels of a region's identity where policies name <paramref name="wanted"/>: those of the longest such prefix around it.</summary>
    public static LabelSet LabelsOf(IPNetwork region, IReadOnlyCollection<IPNetwork> wanted) => CidrText.LabelsOf(Around(region, wanted));

    /// <summary>The longest of some prefixes that holds the whole region, its family as a whole if none does.</summary>
    public static IPNetwork Around(IPNetwork region, IReadOnlyCollection<IPNetwork> wanted)
    {
        for (var length = region.PrefixLength; length > 0; length--)
        {
            if (CidrText.Mask(region.BaseAddress, length) is var prefix && wanted.Contains(prefix))
            {
                return prefix;
            }
        }

        return CidrText.Mask(region.BaseAddress, 0);
    }

    /// <summary>True when longer prefixes hold every address of a prefix, so that its region is empty.</summary>
    public static bool IsCovered(IPNetwork prefix, IEnumerable<IPNetwork> prefixes)
    {
        var inner = prefixes.Where(other => other.PrefixLength > prefix.PrefixLength && CidrText.Contains(prefix, other)).ToList();
        var outermost = inner.Where(one => !inner.Exists(other => other.PrefixLength < one.PrefixLength && CidrText.Contains(other, one)));
        return outermost.Aggregate(BigInteger.Zero, (sum, one) => sum + SizeOf(one)) == SizeOf(prefix);
    }

    private static BigInteger SizeOf(IPNetwork prefix) =>
        BigInteger.One << ((prefix.BaseAddress.AddressFamily == AddressFamily.InterNetwork ? 32 : 128) - prefix.PrefixLength);
}
