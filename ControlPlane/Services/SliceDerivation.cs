using System.Globalization;
using Axoneme.Kubernetes;
using Axoneme.Wire.Journal;
using Axoneme.Wire.State;

namespace Axoneme.ControlPlane.Services;

/// <summary>
/// The slices of a service that selects pods and has none of its own: for each address family and each group of pods in which the service's ports lead to the same
/// numbers as many as it takes to have at most <see cref="MostEndpoints"/> in one. A pod stays in the slice it is in, so that a change of a few is one of a few slices. Pure.
/// </summary>
/// <param name="service">Has a selector.</param>
/// <param name="nodeOf">What is known of a node.</param>
internal sealed class SliceDerivation(DesiredService service, Func<string, BackendNode> nodeOf)
{
    /// <summary>As Kubernetes has it.</summary>
    public const int MostEndpoints = 100;

    /// <summary>In a slice's name behind its service's; no name that people may give has it.</summary>
    public const char Mark = ':';

    /// <param name="pods">Those it selects.</param>
    /// <param name="existing">Slices that were derived for it before.</param>
    public IEnumerable<EndpointSliceRecord> Derive(IReadOnlyCollection<BackendPod> pods, IReadOnlyCollection<EndpointSliceRecord> existing) =>
        FamiliesOf(service.Service).SelectMany(family => Derive(family, pods, existing));

    private List<EndpointSliceRecord> Derive(string family, IReadOnlyCollection<BackendPod> pods, IReadOnlyCollection<EndpointSliceRecord> existing)
    {
        var groups =
            from pod in pods
            let endpoint = EndpointOf(pod, family)
            where endpoint is not null
            let ports = PortsOf(pod)
            where ports.Length > 0 || service.Service.Ports.Count == 0
            group (ports, endpoint) by KeyOf(ports) into same
            orderby same.Key
            select (same.Key, Slices: new List<EndpointSliceRecord>(), same.First().ports, Left: same.ToDictionary(member => member.endpoint.Pod, member => member.endpoint, StringComparer.Ordinal));
        var all = groups.ToList();
        var taken = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (key, slices, ports, left) in all)
        {
            foreach (var before in existing.Where(slice => slice.AddressType == family && KeyOf(slice.Ports) == key).OrderBy(slice => NumberOf(slice.Name)))
            {
                var kept = before.Endpoints.Where(endpoint => left.ContainsKey(endpoint.Pod)).Take(MostEndpoints).Select(endpoint => endpoint.Pod).ToArray();
                if (kept.Length > 0)
                {
                    taken.Add(before.Name);
                    slices.Add(SliceOf(before.Name, family, ports, [.. kept.Select(pod => left[pod])]));
                    Array.ForEach(kept, pod => left.Remove(pod));
                }
            }
        }
        foreach (var (_, slices, ports, left) in all)
        {
            foreach (var chunk in Fill(slices, [.. left.Values.OrderBy(endpoint => endpoint.Pod, StringComparer.Ordinal)]).Chunk(MostEndpoints))
            {
                var name = Enumerable.Range(0, int.MaxValue).Select(number => NameOf(family, number)).First(taken.Add);
                slices.Add(SliceOf(name, family, ports, chunk));
            }
        }
        return [.. all.SelectMany(group => group.Slices)];
    }

    /// <summary>Puts endpoints where there is room, into the fullest slice first; returns those left.</summary>
    private static SliceEndpoint[] Fill(List<EndpointSliceRecord> slices, SliceEndpoint[] endpoints)
    {
        foreach (var slice in slices.OrderByDescending(slice => slice.Endpoints.Count).ToArray())
        {
            var fitting = endpoints.Take(MostEndpoints - slice.Endpoints.Count).ToArray();
            if (fitting.Length > 0)
            {
                SliceEndpoint[] sorted = [.. slice.Endpoints.Concat(fitting).OrderBy(endpoint => endpoint.Pod, StringComparer.Ordinal)];
                slice.Endpoints.Clear();
                slice.Endpoints.Add(sorted);
                endpoints = endpoints[fitting.Length..];
            }
        }
        return endpoints;
    }

    private EndpointSliceRecord SliceOf(string name, string family, SlicePort[] ports, IReadOnlyCollection<SliceEndpoint> endpoints) => new()
    {
        Namespace = service.Service.Namespace,
        Name = name,
        Service = service.Service.Name,
        AddressType = family,
        Ports = { ports },
        Endpoints = { endpoints.OrderBy(endpoint => endpoint.Pod, StringComparer.Ordinal) },
    };

    private string NameOf(string family, int number) =>
        string.Create(CultureInfo.InvariantCulture, $"{service.Service.Name}{Mark}{family.ToLowerInvariant()}{(number == 0 ? "" : $"{Mark}{number}")}");

    private static int NumberOf(string name) => name.Split(Mark) is [_, _, var number] && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var parsed) ? parsed : 0;

    private static string KeyOf(IEnumerable<SlicePort> ports) => string.Join(',', ports.Select(port => $"{port.Name} {port.Protocol} {port.Port}"));

    private SliceEndpoint? EndpointOf(BackendPod pod, string family)
    {
        var node = nodeOf(pod.Node);
        var address = (family == IpFamily.IPv4, pod.HostNetwork) switch
        {
            (true, false) => pod.IPv4,
            (false, false) => pod.IPv6,
            (true, true) => node.IPv4,
            (false, true) => node.IPv6,
        };
        return address is null ? null : new SliceEndpoint
        {
            Addresses = { address },
            Node = pod.Node,
            Zone = node.Zone,
            Pod = $"{service.Service.Namespace}/{pod.Name}",
            Ready = pod.Serving && !pod.Terminating,
            Serving = pod.Serving,
            Terminating = pod.Terminating,
        };
    }

    private SlicePort[] PortsOf(BackendPod pod) =>
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
