using System.Net;
using System.Net.Sockets;
using Axoneme.Wire.Journal;
using Axoneme.Wire.State;
using Google.Protobuf.Collections;

namespace Axoneme.ControlPlane.Services;

/// <summary>A pod that is wanted and runs: its node reported addresses of it.</summary>
/// <param name="Name">Within its namespace.</param>
/// <param name="Labels">All it has.</param>
/// <param name="Ports">Those of its containers that have names.</param>
/// <param name="Node">Where it runs.</param>
/// <param name="IPv4">Null when it has none.</param>
/// <param name="IPv6">Null when it has none.</param>
internal sealed record BackendPod(string Name, MapField<string, string> Labels, IReadOnlyList<NamedPort> Ports, string Node, string? IPv4, string? IPv6)
{
    /// <summary>Null when it is none. Of several nodes' reports its own node's counts, else the newest.</summary>
    public static BackendPod? Of(EndpointState state)
    {
        if (state.Desired is not { } pod || (state.Reports.FirstOrDefault(report => report.Node == pod.Node) ?? state.Reports.LastOrDefault()) is not { } report)
        {
            return null;
        }
        var (ipv4, ipv6) = (First(AddressFamily.InterNetwork), First(AddressFamily.InterNetworkV6));
        return ipv4 is null && ipv6 is null ? null : new BackendPod(pod.Name, pod.PodLabels, pod.NamedPorts, report.Node, ipv4, ipv6);

        string? First(AddressFamily family) => report.Addresses.FirstOrDefault(address => IPAddress.Parse(address).AddressFamily == family);
    }

    public bool HasLabels(MapField<string, string> selector) =>
        selector.All(wanted => Labels.TryGetValue(wanted.Key, out var value) && value == wanted.Value);

    /// <summary>The pod's port behind a service's; null when the pod has none of that name.</summary>
    public uint? PortOf(ServiceTarget target, string protocol) =>
        target.Number > 0 ? target.Number : Ports.FirstOrDefault(port => port.Name == target.Name && port.Protocol == protocol)?.Port;
}
