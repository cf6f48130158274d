using System.Net;
using System.Net.Sockets;
using Axoneme.Wire.Journal;
using Axoneme.Wire.State;
using Google.Protobuf.Collections;

namespace Axoneme.ControlPlane.Services;

/// <summary>A pod that is wanted and runs: its node reported addresses of it, or it uses its node's.</summary>
internal sealed record BackendPod
{
    private readonly DesiredPod _pod;

    private BackendPod(DesiredPod pod, string node, string? ipv4, string? ipv6) => (_pod, Node, IPv4, IPv6) = (pod, node, ipv4, ipv6);

    /// <summary>Within its namespace.</summary>
    public string Name => _pod.Name;

    /// <summary>Where it runs.</summary>
    public string Node { get; }

    /// <summary>Null when it has none of its own.</summary>
    public string? IPv4 { get; }

    /// <summary>Null when it has none of its own.</summary>
    public string? IPv6 { get; }

    /// <summary>Its addresses are its node's.</summary>
    public bool HostNetwork => _pod.HostNetwork;

    /// <summary>It answers; one that ends may still.</summary>
    public bool Serving => !_pod.NotReady;

    public bool Terminating => _pod.Terminating;

    /// <summary>Null when it is none. Of several nodes' reports its own node's counts, else the newest.</summary>
    public static BackendPod? Of(EndpointState state)
    {
        if (state.Desired is not { Ended: false } pod)
        {
            return null;
        }
        if (pod.HostNetwork)
        {
            return pod.Node.Length == 0 ? null : new BackendPod(pod, pod.Node, null, null);
        }
        if ((state.Reports.FirstOrDefault(report => report.Node == pod.Node) ?? state.Reports.LastOrDefault()) is not { } report)
        {
            return null;
        }
        var (ipv4, ipv6) = (First(AddressFamily.InterNetwork), First(AddressFamily.InterNetworkV6));
        return ipv4 is null && ipv6 is null ? null : new BackendPod(pod, report.Node, ipv4, ipv6);

        string? First(AddressFamily family) => report.Addresses.FirstOrDefault(address => IPAddress.Parse(address).AddressFamily == family);
    }

    public bool HasLabels(MapField<string, string> selector) =>
        selector.All(wanted => _pod.PodLabels.TryGetValue(wanted.Key, out var value) && value == wanted.Value);

    /// <summary>The pod's port behind a service's; null when the pod has none of that name.</summary>
    public uint? PortOf(ServiceTarget target, string protocol) =>
        target.Number > 0 ? target.Number : _pod.NamedPorts.FirstOrDefault(port => port.Name == target.Name && port.Protocol == protocol)?.Port;
}
