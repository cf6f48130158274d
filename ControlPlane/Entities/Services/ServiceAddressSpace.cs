using System.Net;
using System.Numerics;
using Axoneme.Kubernetes;

namespace Axoneme.ControlPlane.Entities.Services;

/// <summary>What services may be given: addresses of the service CIDRs, either of which may be missing, and node ports.</summary>
public sealed record ServiceAddressSpace(IPNetwork? IPv4, IPNetwork? IPv6)
{
    /// <summary>The largest part of a network that is used: more services than that there are not.</summary>
    private const int MostBits = 20;

    public static ServiceAddressSpace Default { get; } = new(IPNetwork.Parse("10.96.0.0/16"), IPNetwork.Parse("fd00:10:96::/112"));

    /// <summary>The families services can have, the usual one first.</summary>
    public IReadOnlyList<string> Families { get; } = [.. IPv4 is null ? [] : (string[])[IpFamily.IPv4], .. IPv6 is null ? [] : (string[])[IpFamily.IPv6]];

    /// <summary>An address nobody has, null when there is none.</summary>
    public string? FindAddress(string family, string service, Func<string, bool> isTaken)
    {
        if ((family == IpFamily.IPv4 ? IPv4 : IPv6) is not { } network)
        {
            return null;
        }

        var bytes = network.BaseAddress.GetAddressBytes();
        var first = new BigInteger(bytes, isUnsigned: true, isBigEndian: true);
        var size = 1 << Math.Min((bytes.Length * 8) - network.PrefixLength, MostBits);

        // Neither the network's own address nor its last, which is IPv4's broadcast.
        var found = Find(service, 1, size - 1, offset => isTaken(At(offset)));
        return found is { } free ? At(free) : null;

        string At(int offset)
        {
            var number = (first + offset).ToByteArray(isUnsigned: true, isBigEndian: true);
            return new IPAddress([.. new byte[bytes.Length - number.Length], .. number]).ToString();
        }
    }

    /// <summary>A node port nobody has, null when there is none.</summary>
    public static int? FindNodePort(string service, Func<int, bool> isTaken) =>
        Find(service, ServiceResource.FirstNodePort, ServiceResource.LastNodePort + 1, isTaken);

    /// <summary>
    /// The search begins where the service's name says, so that one that is made again mostly gets what it had. The first part of a range comes
    /// last: that is where people choose from.
    /// </summary>
    private static int? Find(string service, int first, int end, Func<int, bool> isTaken)
    {
        var count = end - first;
        if (count <= 0)
        {
            return null;
        }

        var chosen = Math.Min(count / 16, 256);
        var rest = count - chosen;
        var start = (int)(Hash(service) % (uint)rest);
        for (var i = 0; i < count; i++)
        {
            var number = first + (i < rest ? chosen + ((start + i) % rest) : i - rest);
            if (!isTaken(number))
            {
                return number;
            }
        }

        return null;
    }

    /// <summary>FNV-1a: the same in every process.</summary>
    private static uint Hash(string text) => text.Aggregate(2166136261u, (hash, character) => unchecked((hash ^ character) * 16777619u));
}
