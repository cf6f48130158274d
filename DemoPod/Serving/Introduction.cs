using System.Net;

namespace Axoneme.DemoPod.Serving;

/// <summary>What a pod says to who asks: its own name, and as whom it sees the other.</summary>
internal static class Introduction
{
    /// <summary>Two lines; <paramref name="peer"/> as IPv4 if it is one.</summary>
    public static string Of(string name, EndPoint peer)
    {
        var seen = (IPEndPoint)peer;
        return $"{name}\nyou are {(seen.Address.IsIPv4MappedToIPv6 ? new IPEndPoint(seen.Address.MapToIPv4(), seen.Port) : seen)}\n";
    }
}
