using System.Net;
using System.Text.Json;

namespace Axoneme.PolicyOracle;

/// <summary>Addresses against prefixes.</summary>
internal static class Cidrs
{
    /// <summary>
    /// Whether the address is in the block: <c>cidr</c> without its <c>except</c>s (field descriptions of the policy CRD; NetworkPolicy API,
    /// <c>ipBlock</c>).
    /// </summary>
    public static bool InBlock(JsonElement block, IPAddress address) =>
        Contains(block.Text("cidr")!, address) && !block.Items("except").Any(e => Contains(e.GetString()!, address));

    /// <summary>Whether the prefix has the address's family and covers it. A bare address is its own prefix (pkg/policy/api, CIDR.sanitize).</summary>
    public static bool Contains(string cidr, IPAddress address)
    {
        var parts = cidr.Split('/');
        var network = IPAddress.Parse(parts[0]).GetAddressBytes();
        var bytes = address.GetAddressBytes();
        if (network.Length != bytes.Length)
        {
            return false;
        }

        var length = parts.Length == 1 ? bytes.Length * 8 : int.Parse(parts[1]);
        for (var bit = 0; bit < length; bit++)
        {
            var mask = 0x80 >> (bit % 8);
            if ((network[bit / 8] & mask) != (bytes[bit / 8] & mask))
            {
                return false;
            }
        }

        return true;
    }
}
