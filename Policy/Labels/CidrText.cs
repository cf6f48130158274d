using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Axoneme.Policy;

/// <summary>Prefixes as policies and labels write them.</summary>
public static class CidrText
{
    /// <summary>
    /// Reads <c>10.0.0.0/8</c> or <c>fd00::/8</c>. Bits beyond the prefix length are cleared, as Go's net.ParseCIDR does; a bare address,
    /// short forms such as <c>10/8</c>, zones and IPv4-mapped IPv6 are refused.
    /// </summary>
    public static bool TryParse(string text, out IPNetwork network)
    {
        network = default;
        var slash = text.IndexOf('/');
        if (slash < 0
            || !TryParseAddress(text.AsSpan(0, slash), out var address)
            || !TryParseLength(text.AsSpan(slash + 1), BitsOf(address), out var length))
        {
            return false;
        }

        network = Mask(address, length);
        return true;
    }

    /// <summary>The labels of the identity of a prefix: itself, and the world of its family; of a whole family only the latter.</summary>
    public static LabelSet LabelsOf(IPNetwork network)
    {
        var world = WorldLabel(network.BaseAddress.AddressFamily);
        return new LabelSet(network.PrefixLength == 0 ? [world] : [world, new Label(LabelSource.Cidr, LabelKeyOf(network), "")]);
    }

    internal static Label WorldLabel(AddressFamily family) => new(
        LabelSource.Reserved,
        family == AddressFamily.InterNetwork ? "world-ipv4" : "world-ipv6",
        "");

    /// <summary>The network of a given length around an address.</summary>
    internal static IPNetwork Mask(IPAddress address, int length)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var count);
        bytes = bytes[..count];
        for (var i = 0; i < count; i++)
        {
            var kept = Math.Clamp(length - i * 8, 0, 8);
            bytes[i] &= (byte)(0xFF << (8 - kept));
        }

        return new IPNetwork(new IPAddress(bytes), length);
    }

    internal static bool Contains(IPNetwork outer, IPNetwork inner) =>
        outer.PrefixLength <= inner.PrefixLength
        && outer.BaseAddress.AddressFamily == inner.BaseAddress.AddressFamily
        && outer.Contains(inner.BaseAddress);

    /// <summary>Label keys hold no colon, so IPv6 is written with dashes, as Cilium does; "::" at an end gets a zero.</summary>
    internal static string LabelKeyOf(IPNetwork network)
    {
        var address = network.BaseAddress.ToString().Replace(':', '-');
        address = address.StartsWith('-') ? "0" + address : address;
        return $"{(address.EndsWith('-') ? address + "0" : address)}/{network.PrefixLength}";
    }

    internal static bool TryParseLabelKey(string key, out IPNetwork network) => TryParse(key.Replace('-', ':'), out network);

    private static bool TryParseAddress(ReadOnlySpan<char> text, out IPAddress address)
    {
        address = IPAddress.None;
        if (text.Contains('%') || !IPAddress.TryParse(text, out var parsed))
        {
            return false;
        }

        address = parsed;
        return parsed.AddressFamily == AddressFamily.InterNetwork
            ? text.SequenceEqual(parsed.ToString())   // IPAddress.TryParse takes "10.1" and octal; a policy must not
            : !text.Contains('[') && !parsed.IsIPv4MappedToIPv6;
    }

    private static bool TryParseLength(ReadOnlySpan<char> text, int bits, out int length) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out length)
        && length <= bits
        && (text.Length == 1 || text[0] != '0');

    private static int BitsOf(IPAddress address) => address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128;
}
