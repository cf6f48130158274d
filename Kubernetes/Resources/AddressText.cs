using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Axoneme.Kubernetes;

/// <summary>Addresses as Kubernetes writes them: without shorthands, zones or brackets, which .NET also reads.</summary>
internal static class AddressText
{
    public static bool TryParse(string text, out IPAddress address)
    {
        address = IPAddress.None;
        if (!IPAddress.TryParse(text, out var parsed))
        {
            return false;
        }

        address = parsed;
        return parsed.AddressFamily == AddressFamily.InterNetwork
            ? parsed.ToString() == text
            : !parsed.IsIPv4MappedToIPv6 && text.AsSpan().IndexOfAny('%', '[') < 0;
    }

    /// <summary>What is wrong with an address that others shall connect to; null when nothing is.</summary>
    public static string? FindFault(string text, out IPAddress address)
    {
        if (!TryParse(text, out address))
        {
            return $"\"{text}\" is not an IP address; write one such as 192.0.2.1 or 2001:db8::1";
        }

        return IPAddress.IsLoopback(address) || address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any)
            || address.IsIPv6LinkLocal || address.IsIPv6Multicast || IsIPv4LinkLocalOrMulticast(address)
                ? $"{address} is a loopback, link-local, multicast or unspecified address; write one that others can reach"
                : null;
    }

    /// <summary>A network, its host bits cleared.</summary>
    public static bool TryParseNetwork(string text, out IPNetwork network)
    {
        network = default;
        if (text.Split('/') is not [var head, var tail] || !TryParse(head, out var address)
            || !int.TryParse(tail, NumberStyles.None, CultureInfo.InvariantCulture, out var length) || length > FamilyBits(address))
        {
            return false;
        }

        var bytes = address.GetAddressBytes();
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] &= (byte)(0xFF00 >> Math.Clamp(length - (i * 8), 0, 8));
        }

        network = new IPNetwork(new IPAddress(bytes), length);
        return true;
    }

    private static int FamilyBits(IPAddress address) => address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128;

    private static bool IsIPv4LinkLocalOrMulticast(IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetwork && address.GetAddressBytes() is [169, 254, ..] or [>= 224, ..];
}
