using Axoneme.Kubernetes;
using Axoneme.Wire.Journal;
using Axoneme.Wire.State;

namespace Axoneme.ControlPlane.Services;

/// <summary>
/// The slices of a service that selects pods and has none of its own: one per address family and per group of pods in which the service's
/// ports lead to the same numbers. Pure.
/// </summary>
internal static class SliceDerivation
{
    /// <summary>In a slice's name behind its service's; no name that people may give has it.</summary>
    public const char Mark = ':';

    /// <param name="service">Has a selector.</param>
    /// <param name="pods">Those it selects.</param>
    public static IEnumerable<EndpointSliceRecord> Derive(DesiredService service, IReadOnlyCollection<BackendPod> pods) =>
        FamiliesOf(service.Service).SelectMany(family => Derive(service, family, pods));

    private static IEnumerable<EndpointSliceRecord> Derive(DesiredService service, string family, IReadOnlyCollection<BackendPod> pods)
    {
        var (ns, name) = (service.Service.Namespace, service.Service.Name);
        var groups =
            from pod in pods
            let address = family == IpFamily.IPv4 ? pod.IPv4 : pod.IPv6
            where address is not null
            let ports = PortsOf(service, pod)
            where ports.Length > 0 || service.Service.Ports.Count == 0
            orderby pod.Name
            let endpoint = new SliceEndpoint { Addresses = { address }, Node = pod.Node, Pod = $"{ns}/{pod.Name}", Ready = true, Serving = true }
            group (ports, endpoint) by string.Join(',', ports.Select(port => $"{port.Name} {port.Port}")) into same
            orderby same.Key
            select same;
        return groups.Select((group, i) => new EndpointSliceRecord
        {
            Namespace = ns,
            Name = $"{name}{Mark}{family.ToLowerInvariant()}{(i == 0 ? "" : $"{Mark}{i}")}",
            Service = name,
            AddressType = family,
            Ports = { group.First().ports },
            Endpoints = { group.Select(member => member.endpoint) },
        });
    }

    private static SlicePort[] PortsOf(DesiredService service, BackendPod pod) =>
    [
        .. from pair in service.Service.Ports.Zip(service.Targets)
           let number = pod.PortOf(pair.Second, pair.First.Protocol)
           where number is not null
           select new SlicePort { Name = pair.First.Name, Protocol = pair.First.Protocol, Port = number.Value },
    ];

    /// <summary>Those of its addresses; both when it has none, for then its pods' addresses stand for it.</summary>
    private static IEnumerable<string> FamiliesOf(ServiceRecord service)
    {
        var families = service.ClusterIps.Concat(service.ExternalIps).Concat(service.LoadBalancerIps).Select(IpFamily.Of).Distinct().Order(StringComparer.Ordinal).ToArray();
        return families.Length > 0 ? families : [IpFamily.IPv4, IpFamily.IPv6];
    }
}
