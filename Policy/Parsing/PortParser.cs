using System.Globalization;
using System.Text.Json;

namespace Axoneme.Policy;

/// <summary>Reads ports of NetworkPolicy rules and members of Cilium's <c>toPorts[].ports</c>.</summary>
internal static class PortParser
{
    private static readonly IpProtocol[] WithPorts = [IpProtocol.Tcp, IpProtocol.Udp, IpProtocol.Sctp];

    /// <summary>NetworkPolicyPort: protocol (default TCP), port (number or name, all when absent), endPort.</summary>
    public static IEnumerable<TrafficMatch> ParseKubernetes(FieldReader port)
    {
        IpProtocol? protocol = port.String("protocol") switch
        {
            null or "TCP" => IpProtocol.Tcp,
            "UDP" => IpProtocol.Udp,
            "SCTP" => IpProtocol.Sctp,
            _ => null,
        };
        var text = port.Raw("port") switch
        {
            { ValueKind: JsonValueKind.Number } number => number.GetRawText(),
            { } => port.String("port"),
            _ => null,
        };
        var last = port.Integer("endPort", 1, ushort.MaxValue);
        port.Finish();
        if (protocol is null)
        {
            port.Refuse("protocol", $"must be TCP, UDP or SCTP, is {FieldReader.Describe(port.Raw("protocol")!.Value)}");
            return [];
        }

        if (!port.Has("port"))
        {
            if (port.Has("endPort"))
            {
                port.Refuse("endPort", "needs port, the first of the range");
            }

            return [TrafficMatch.AllPorts(protocol.Value)];
        }

        // In Kubernetes' int-or-string, "80" in quotes is a name, and a name needs a letter.
        if (port.Raw("port") is { ValueKind: JsonValueKind.String } && text is not null && text.All(char.IsAsciiDigit))
        {
            port.Refuse("port", $"{FieldReader.Quote(text)} in quotes is a port name; write the number without quotes");
            return [];
        }

        return text is null ? [] : Range(port, [protocol.Value], text, last, lowest: 1);
    }

    /// <summary>Cilium's PortProtocol: port (text: a number or name, "0" for all), endPort, protocol (default ANY: TCP, UDP and SCTP).</summary>
    public static IEnumerable<TrafficMatch> ParseCilium(FieldReader port)
    {
        var name = port.String("protocol") ?? "ANY";
        var text = port.String("port");
        var last = port.Integer("endPort", 0, ushort.MaxValue);
        port.Finish();
        IpProtocol[]? protocols = name switch
        {
            "ANY" => WithPorts,
            "TCP" => [IpProtocol.Tcp],
            "UDP" => [IpProtocol.Udp],
            "SCTP" => [IpProtocol.Sctp],
            "VRRP" => [IpProtocol.Vrrp],
            "IGMP" => [IpProtocol.Igmp],
            _ => null,
        };
        if (protocols is null)
        {
            port.Refuse("protocol", name.StartsWith("ICMP", StringComparison.OrdinalIgnoreCase)
                ? "ICMP has no ports; use icmps instead of toPorts"
                : $"must be TCP, UDP, SCTP, VRRP, IGMP or ANY in capitals, is {FieldReader.Quote(name)}");
            return [];
        }

        var hasPorts = WithPorts.Contains(protocols[0]);
        if (!hasPorts)
        {
            if (text is not null and not "0")
            {
                port.Refuse("port", $"{name} has no ports; remove it");
            }

            if (last > 0)
            {
                port.Refuse("endPort", $"{name} has no ports; remove it");
            }

            return protocols.Select(TrafficMatch.AllPorts);
        }

        if (text is null)
        {
            if (!port.Has("port"))
            {
                port.Refuse("port", "is missing; write a number, a name, or \"0\" for every port");
            }

            return [];
        }

        // Beside a name, endPort is ignored (Cilium's documentation, "Layer 4 policies").
        return Range(port, protocols, text, last is 0 || NameSyntax.IsPortName(text) ? null : last, lowest: 0);
    }

    private static IEnumerable<TrafficMatch> Range(FieldReader port, IpProtocol[] protocols, string text, int? last, int lowest)
    {
        if (text.Length > 0 && text.All(char.IsAsciiDigit))
        {
            if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var first) || first < lowest || first > ushort.MaxValue)
            {
                port.Refuse("port", $"{FieldReader.Quote(text)} is not a port; write a number from {lowest} to 65535");
                return [];
            }

            if (first == 0)
            {
                if (last is not null)
                {
                    port.Refuse("endPort", "cannot go with port 0, which means every port; remove it, or write the first port of the range as port");
                }

                return protocols.Select(TrafficMatch.AllPorts);
            }

            if (last < first)
            {
                port.Refuse("endPort", string.Create(CultureInfo.InvariantCulture, $"{last} comes before port {first}; write the last port of the range"));
                return [];
            }

            return protocols.Select(protocol => new TrafficMatch(protocol, (ushort)first, (ushort)(last ?? first)));
        }

        if (!NameSyntax.IsPortName(text))
        {
            port.Refuse("port", $"{FieldReader.Quote(text)} is neither a port number nor a port name (at most 15 letters, digits and inner hyphens, one letter at least)");
            return [];
        }

        if (last is not null)
        {
            port.Refuse("endPort", $"cannot go with the named port {FieldReader.Quote(text)}; write port as a number");
            return [];
        }

        // Names are compared without case, as RFC 6335 says.
        return protocols.Select(protocol => new TrafficMatch(protocol, 0, 0, text.ToLowerInvariant()));
    }
}
