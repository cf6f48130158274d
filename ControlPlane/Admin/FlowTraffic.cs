using System.Globalization;
using Axoneme.Policy;

namespace Axoneme.ControlPlane.Admin;

/// <summary>The traffic a question is about.</summary>
/// <param name="Protocol">IP protocol.</param>
/// <param name="Port">Destination port, ICMP type, or 0 for protocols without ports.</param>
internal readonly record struct FlowTraffic(IpProtocol Protocol, ushort Port)
{
    private const string Fix = "write a number such as 80 or 80/UDP, a port's name, icmp/8 or icmpv6/128, or protocol VRRP or IGMP without a port";

    /// <param name="port">As written.</param>
    /// <param name="protocol">As written; null when absent.</param>
    /// <param name="named">The ports that the receiver names, for a port's name.</param>
    /// <exception cref="InvalidRequestException">It is no traffic, or a name that means none or several.</exception>
    public static FlowTraffic Parse(string? port, string? protocol, IEnumerable<NamedPort> named)
    {
        var (text, suffix) = port?.Split('/', 2) switch
        {
            [var one] => (one, null),
            [var first, var type] when first.StartsWith("icmp", StringComparison.OrdinalIgnoreCase) => (type, first),
            [var number, var name] => (number, name),
            _ => ("", null),
        };
        if (suffix is not null && protocol is not null && !suffix.Equals(protocol, StringComparison.OrdinalIgnoreCase))
        {
            throw new InvalidRequestException("protocol", $"\"{protocol}\" is not the protocol of port \"{port}\"", "leave protocol out, or write the port without one");
        }

        var written = suffix ?? protocol;
        if (written is not null && (!Enum.TryParse<IpProtocol>(written, ignoreCase: true, out var known) || !Enum.IsDefined(known) || char.IsAsciiDigit(written[0])))
        {
            throw new InvalidRequestException(suffix is null ? "protocol" : "port", $"\"{written}\" is no protocol; there are {string.Join(", ", Enum.GetNames<IpProtocol>().Select(name => name.ToUpperInvariant()))}", Fix);
        }

        var kind = written is null ? IpProtocol.Tcp : Enum.Parse<IpProtocol>(written, ignoreCase: true);
        if (kind is IpProtocol.Vrrp or IpProtocol.Igmp)
        {
            return text is "" or "0" ? new FlowTraffic(kind, 0) : throw new InvalidRequestException("port", $"{written} has no ports", "leave port out");
        }

        if (text.Length == 0)
        {
            throw new InvalidRequestException("port", "is missing", Fix);
        }

        if (text.All(char.IsAsciiDigit))
        {
            var most = kind is IpProtocol.Icmp or IpProtocol.Icmpv6 ? byte.MaxValue : ushort.MaxValue;
            return ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= most
                ? new FlowTraffic(kind, number)
                : throw new InvalidRequestException("port", $"\"{text}\" is not between 0 and {most}", Fix);
        }

        return Named(text, written is null ? null : kind, [.. named]);
    }

    public override string ToString() => Protocol is IpProtocol.Vrrp or IpProtocol.Igmp
        ? Protocol.ToString().ToUpperInvariant()
        : new TrafficRange(TrafficMatch.ClassOf(Protocol, Port), TrafficMatch.ClassOf(Protocol, Port)).ToString();

    private static FlowTraffic Named(string name, IpProtocol? protocol, IReadOnlyList<NamedPort> ports)
    {
        var meant = ports.Where(port => port.Name.Equals(name, StringComparison.OrdinalIgnoreCase) && port.Protocol == (protocol ?? port.Protocol))
            .Select(port => new FlowTraffic(port.Protocol, port.Port)).Distinct().ToList();
        return meant.Count switch
        {
            1 => meant[0],
            0 => throw new InvalidRequestException(
                "port", $"the receiver names no port \"{name}\"; it names {(ports.Count == 0 ? "none" : string.Join(", ", ports.Select(port => port.Name).Distinct()))}", Fix),
            _ => throw new InvalidRequestException("port", $"\"{name}\" is {string.Join(" and ", meant)} at the receiver", "ask about one of them"),
        };
    }
}
