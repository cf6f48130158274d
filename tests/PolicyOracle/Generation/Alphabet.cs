using System.Net;

namespace Axoneme.PolicyOracle.Generation;

/// <summary>The few words worlds and documents are made of: so few that rules, parties and prefixes meet often.</summary>
internal static class Alphabet
{
    public const string Cluster = "default";

    public const string OtherCluster = "other";

    public static readonly string[] Namespaces = ["a", "b"];

    public static readonly string[] Apps = ["web", "db"];

    public static readonly string[] Roles = ["front", "back"];

    public static readonly string[] Teams = ["red", "blue"];

    public static readonly string[] ServiceAccounts = ["default", "robot"];

    public static readonly string[] Zones = ["x", "y"];

    public static readonly string[] CidrGroups = ["g1", "g2"];

    public static readonly string[] Services = ["s1", "s2"];

    /// <summary>Ports of plain rules; the numbers of <see cref="NamedPorts"/> are among them.</summary>
    public static readonly int[] Ports = [79, 80, 81, 82, 443, 8080, 53];

    /// <summary>
    /// Names of container ports with the numbers they may have. Only <c>http</c> occurs in HTTP rules, and its numbers are ports of HTTP
    /// rules only: two kinds of request rules for one port are a conflict, which is not the oracle's business.
    /// </summary>
    public static readonly (string Name, L4Protocol Protocol, int[] Numbers)[] NamedPorts =
    [
        ("http", L4Protocol.Tcp, [80, 81]),
        ("web", L4Protocol.Tcp, [80, 443, 8080]),
        ("dns", L4Protocol.Udp, [53, 80]),
    ];

    /// <summary>Where request rules of each kind may stand, so that kinds never meet.</summary>
    public static readonly int[] HttpPorts = [79, 80, 81, 82];

    public const int KafkaPort = 9092;

    public const int DnsPort = 53;

    public const int TlsPort = 443;

    public const int ListenerPort = 8443;

    /// <summary>Prefixes nested in one another; pods and nodes lie in some of them, too.</summary>
    public static readonly (string Cidr, string[] Inner)[] Cidrs =
    [
        ("0.0.0.0/0", ["10.0.0.0/8", "192.0.2.0/24"]),
        ("10.0.0.0/8", ["10.0.0.0/16", "10.1.0.0/16", "10.0.0.1/32"]),
        ("10.0.0.0/16", ["10.0.0.0/24", "10.0.1.0/24"]),
        ("10.0.0.0/24", ["10.0.0.1/32", "10.0.0.0/30"]),
        ("10.0.0.1/32", []),
        ("10.1.0.0/16", ["10.1.0.0/30"]),
        ("192.0.2.0/24", ["192.0.2.1/32"]),
        ("::/0", ["2001:db8::/32"]),
        ("2001:db8::/32", ["2001:db8:1::/48", "2001:db8::1/128"]),
        ("2001:db8::1/128", []),
    ];

    public static readonly IPAddress[] OutsideAddresses =
        [.. new[] { "10.0.0.1", "10.0.1.1", "10.1.0.1", "192.0.2.1", "203.0.113.1", "2001:db8::1", "2001:db8:1::1" }.Select(IPAddress.Parse)];

    /// <summary>Addresses of services without a selector; one is the first pod's, which they must not select.</summary>
    public static readonly IPAddress[] ServiceAddresses = [.. OutsideAddresses, IPAddress.Parse("10.0.0.10")];

    public static readonly string[] DomainNames = ["example.com", "www.example.com", "api.www.example.com", "example.org", "xexample.com"];

    public static readonly string[] DomainPatterns =
        ["*", "*.example.com", "**.example.com", "*example.com", "w*.example.com", "*.*.example.com", "example.*", "**"];

    public static readonly string[] ServerNames = ["example.com", "*.example.com", "**.example.com", "example.org"];

    public static readonly (string Family, string[] Types)[] IcmpTypes =
    [
        ("IPv4", ["8", "0", "3", "EchoRequest", "EchoReply", "DestinationUnreachable"]),
        ("IPv6", ["128", "129", "EchoRequest", "EchoReply", "PacketTooBig"]),
    ];

    /// <summary>The entities of the policy CRD, and the two that only the agent knows (pkg/policy/api/entity.go).</summary>
    public static readonly string[] Entities =
        ["all", "world", "world-ipv4", "world-ipv6", "cluster", "host", "init", "ingress", "unmanaged", "remote-node", "health", "none", "kube-apiserver"];
}
