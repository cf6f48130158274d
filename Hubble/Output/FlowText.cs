using System.Globalization;
using System.Text;
using Axoneme.Datapath.Layout;

namespace Axoneme.Hubble;

/// <summary>
/// A flow in one line, as <c>hubble observe</c> prints it in its compact form, with the deciding rule behind. A reply is
/// written with the connection's initiator in front: <c>a &lt;- b</c>.
/// </summary>
public static class FlowText
{
    /// <summary>Formats a flow.</summary>
    /// <param name="flow">The flow.</param>
    /// <param name="zone">The zone of its time; null for the local one.</param>
    public static string Format(Flow flow, TimeZoneInfo? zone = null)
    {
        var time = TimeZoneInfo.ConvertTime(flow.Time, zone ?? TimeZoneInfo.Local).ToString("MMM dd HH:mm:ss.fff", CultureInfo.InvariantCulture);
        var (left, arrow, right) = flow.IsReply ? (flow.Destination, "<-", flow.Source) : (flow.Source, "->", flow.Destination);
        var line = new StringBuilder();
        line.Append(CultureInfo.InvariantCulture, $"{time}: {Side(left)} {arrow} {Side(right)} {What(flow)} ({Summary(flow)})");
        if (Cause(flow) is { } cause)
        {
            line.Append(CultureInfo.InvariantCulture, $" {cause}");
        }

        return line.ToString();
    }

    /// <summary>The packet in words, for example <c>TCP Flags: SYN</c>.</summary>
    public static string Summary(Flow flow) => flow.Protocol switch
    {
        _ when flow.Family == 0 => "not IP",
        IpProtocol.Tcp => $"TCP Flags: {(flow.TcpFlags == TcpFlags.None ? "none" : $"{flow.TcpFlags}")}",
        IpProtocol.Icmp => $"ICMPv4 {IcmpName(flow, 8, 0)}",
        IpProtocol.IcmpV6 => $"ICMPv6 {IcmpName(flow, 128, 129)}",
        _ => IpProtocol.NameOf(flow.Protocol),
    };

    /// <summary>Why a packet was dropped, or would have been, or may pass: the rule or the missing rule; null where policy had no say.</summary>
    public static string? Cause(Flow flow)
    {
        if (flow.DecidingRule is not { } rule || flow.Type is EventType.Closed or EventType.Active)
        {
            return null;
        }

        return rule.Id == FlowRule.None && flow.Nearest is { } nearest ? $"by no rule (default deny; nearest: {nearest})" : $"by {rule}";
    }

    private static string What(Flow flow)
    {
        var direction = flow.Direction == TrafficDirection.Egress ? "EGRESS" : "INGRESS";
        var match = flow.DecidingRule?.Id switch
        {
            null or FlowRule.None => "none",
            FlowRule.NotEnforced or FlowRule.FromHost => "all",
            _ => "rule",
        };
        return flow.Type switch
        {
            EventType.Drop when flow.IsPolicyDenied => $"policy-verdict:{match} {direction} DENIED",
            EventType.Drop => $"{DropReasons.TextOf(flow.DropReason)} DROPPED",
            EventType.Audit => $"policy-verdict:{match} {direction} AUDITED",
            EventType.New => $"policy-verdict:{match} {direction} ALLOWED",
            EventType.Rejudged => $"policy-verdict:{match} {direction} ALLOWED again",
            EventType.Closed => "closed FORWARDED",
            EventType.Active => "active FORWARDED",
            _ => $"event {(byte)flow.Type} {flow.Verdict}",
        };
    }

    private static string Side(FlowEndpoint side)
    {
        var address = side.Address is { } ip && side.Port is not null && ip.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"[{ip}]" : $"{side.Address}";
        var name = side.Pod?.ToString() ?? (side.Address is null ? "?" : address);
        var port = side.Port is { } number ? $":{number}" : "";
        const string Reserved = "reserved:";
        var identity = side.Labels.FirstOrDefault(label => label.StartsWith(Reserved, StringComparison.Ordinal)) is { } label
            ? label[Reserved.Length..].TrimEnd('=')
            : $"ID:{side.Identity}";
        return $"{name}{port} ({identity})";
    }

    private static string IcmpName(Flow flow, byte request, byte reply) =>
        flow.IcmpType == request ? "EchoRequest" : flow.IcmpType == reply ? "EchoReply" : $"type {flow.IcmpType} code {flow.IcmpCode}";
}
