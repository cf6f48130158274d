using Axoneme.ControlPlane.StateLog;
using Axoneme.Wire.State;

namespace Axoneme.ControlPlane.Admin;

/// <summary>Services and what is behind them, from the records in force.</summary>
internal static class ServiceViews
{
    public static ServicesView All(RevisionLog log)
    {
        var revision = log.Head;
        var slices = log.List(RecordKind.EndpointSlice).Select(record => record.EndpointSlice).ToLookup(slice => (slice.Namespace, slice.Service));
        return new(revision, [.. log.List(RecordKind.Service).Select(record => Of(record.Service, slices[(record.Service.Namespace, record.Service.Name)]))]);
    }

    /// <summary>Null when there is none.</summary>
    public static ServiceView? One(RevisionLog log, string ns, string name)
    {
        if (log.Find(RecordKind.Service, $"{ns}/{name}")?.Service is not { } service)
        {
            return null;
        }
        var slices = log.List(RecordKind.EndpointSlice).Select(record => record.EndpointSlice).Where(slice => (slice.Namespace, slice.Service) == (ns, name)).ToArray();
        return Of(service, slices) with { Backends = [.. slices.SelectMany(BackendsOf)] };
    }

    private static ServiceView Of(ServiceRecord service, IEnumerable<EndpointSliceRecord> slices)
    {
        var ready = slices.SelectMany(slice => slice.Endpoints).SelectMany(endpoint => endpoint.Addresses.Select(_ => endpoint.Ready)).ToList();
        return new(
            service.Namespace, service.Name, service.Type, [.. service.ClusterIps], [.. service.ExternalIps], [.. service.LoadBalancerIps],
            [.. service.Ports.Select(port => new ServicePortView(port.Name, port.Protocol, port.Port, OrNull(port.NodePort)))],
            OrNull(service.AffinitySeconds), PolicyOf(service.InternalTrafficLocal), PolicyOf(service.ExternalTrafficLocal), [.. service.SourceRanges],
            OrNull(service.HealthCheckNodePort), service.PublishNotReadyAddresses, new SortedDictionary<string, string>(service.Annotations, StringComparer.Ordinal),
            new(ready.Count(isReady => isReady), ready.Count), null);
    }

    private static IEnumerable<BackendView> BackendsOf(EndpointSliceRecord slice)
    {
        ServicePortView[] ports = [.. slice.Ports.Select(port => new ServicePortView(port.Name, port.Protocol, port.Port, null))];
        return from endpoint in slice.Endpoints
               from address in endpoint.Addresses
               select new BackendView(address, StateOf(endpoint), ports, OrNull(endpoint.Node), OrNull(endpoint.Zone), OrNull(endpoint.Pod), slice.Name);
    }

    private static string StateOf(SliceEndpoint endpoint) => endpoint switch
    {
        { Ready: true } => "ready",
        { Terminating: true, Serving: true } => "serving",
        { Terminating: true } => "terminating",
        _ => "not ready",
    };

    private static string PolicyOf(bool local) => local ? "Local" : "Cluster";

    private static uint? OrNull(uint number) => number == 0 ? null : number;

    private static string? OrNull(string text) => text.Length == 0 ? null : text;
}
