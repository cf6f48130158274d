using System.Net;
using System.Net.Sockets;

namespace Axoneme.Kubernetes;

/// <summary>Address families in Kubernetes' words.</summary>
public static class IpFamily
{
    public const string IPv4 = "IPv4";
    public const string IPv6 = "IPv6";

    public static string Of(IPAddress address) => address.AddressFamily == AddressFamily.InterNetwork ? IPv4 : IPv6;

    /// <param name="address">A valid address.</param>
    public static string Of(string address) => address.Contains(':', StringComparison.Ordinal) ? IPv6 : IPv4;
}
