namespace Axoneme.EndToEnd.Services;

/// <summary>How an EndpointSlice tells of a pod.</summary>
internal enum EndpointState
{
    Ready,

    /// <summary>Going, but still serving.</summary>
    Terminating,
}

/// <summary>A pod in an EndpointSlice of a service without a selector.</summary>
internal sealed record Endpoint(Pod Pod, int Node, EndpointState State = EndpointState.Ready)
{
    /// <summary>Slices that tell of these, one for each family; null, no file, when there are none.</summary>
    public static string? Slices(string name, string service, params IEnumerable<Endpoint> endpoints) => endpoints.Any()
        ? string.Join("\n---\n", new[] { "IPv4", "IPv6" }.Select(family => $$$"""
            apiVersion: discovery.k8s.io/v1
            kind: EndpointSlice
            metadata: {name: {{{name}}}-{{{family.ToLowerInvariant()}}}, namespace: shop, labels: {kubernetes.io/service-name: {{{service}}}}}
            addressType: {{{family}}}
            ports: [{name: tcp, port: 8080, protocol: TCP}, {name: udp, port: 8080, protocol: UDP}]
            endpoints: [{{{string.Join(", ", endpoints.Select(endpoint => endpoint.Yaml(family)))}}}]
            """))
        : null;

    private string Yaml(string family)
    {
        var (ready, terminating) = State == EndpointState.Ready ? ("true", "false") : ("false", "true");
        return $$$"""{addresses: ["{{{(family == "IPv4" ? Pod.Ipv4 : Pod.Ipv6)}}}"], nodeName: n{{{Node}}}, conditions: {ready: {{{ready}}}, serving: true, terminating: {{{terminating}}}}}""";
    }
}
