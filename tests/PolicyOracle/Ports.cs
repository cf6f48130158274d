using System.Text.Json;

namespace Axoneme.PolicyOracle;

/// <summary>Traffic against one written port: <c>port</c>, <c>endPort</c>, <c>protocol</c> (layer4.rst, NetworkPolicy API <c>ports</c>).</summary>
internal static class Ports
{
    /// <param name="port">A <c>PortProtocol</c> of Cilium's, or a <c>NetworkPolicyPort</c>.</param>
    /// <param name="defaultProtocol">What an absent protocol means.</param>
    /// <param name="traffic">The traffic.</param>
    /// <param name="destination">The party the traffic goes to: a named port is looked up there.</param>
    public static bool Cover(JsonElement port, string defaultProtocol, Traffic traffic, Party destination)
    {
        var protocol = (port.Text("protocol") is { Length: > 0 } written ? written : defaultProtocol).ToUpperInvariant();
        // "If ANY, omitted or empty, any protocols with transport ports (TCP, UDP, SCTP) match" (policy CRD).
        if (protocol == "ANY" ? !traffic.HasPorts : protocol != traffic.Protocol.ToString().ToUpperInvariant())
        {
            return false;
        }

        // Port 0 stands for every port (pkg/policy/api: "L7 rules can not be used when a port is 0", the wildcard); so does no port at
        // all in a NetworkPolicy ("if this field is not provided, this matches all port names and numbers") and with VRRP and IGMP,
        // which have none (host.rst).
        var number = port.Text("port");
        if (!traffic.HasPorts || number is null or "0")
        {
            return true;
        }

        if (number.All(char.IsAsciiDigit))
        {
            var first = int.Parse(number);
            var last = Math.Max(first, port.Member("endPort")?.GetInt32() ?? first);
            return first <= traffic.Number && traffic.Number <= last;
        }

        // A name: "EndPort is ignored if Port is a named port"; "named port specified for a container may narrow this [protocol] down, but
        // may not contradict this" (layer4.rst, policy CRD). Only pods have named ports.
        return destination is Endpoint pod
            && pod.Ports.Any(p => p.Name == number.ToLowerInvariant() && p.Protocol == traffic.Protocol && p.Number == traffic.Number);
    }
}
