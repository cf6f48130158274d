using Axoneme.Kubernetes;
using Axoneme.Wire.Journal;
using Axoneme.Wire.State;

namespace Axoneme.ControlPlane.Manifests;

/// <summary>An EndpointSlice as its entity keeps it.</summary>
internal static class ManifestSlice
{
    public static DesiredSlice Of(EndpointSliceResource slice, string source) => new()
    {
        Slice = new EndpointSliceRecord
        {
            Namespace = slice.Namespace,
            Name = slice.Name,
            Service = slice.Service,
            AddressType = slice.AddressType,
            Ports = { slice.Ports.Select(port => new SlicePort { Name = port.Name, Protocol = port.Protocol, Port = (uint)port.Port }) },
            Endpoints =
            {
                slice.Endpoints.Select(endpoint => new SliceEndpoint
                {
                    Addresses = { endpoint.Addresses },
                    Node = endpoint.NodeName,
                    Zone = endpoint.Zone,
                    Pod = endpoint.Pod,
                    Ready = endpoint.Ready,
                    Serving = endpoint.Serving,
                    Terminating = endpoint.Terminating,
                    ZoneHints = { endpoint.ZoneHints },
                    NodeHints = { endpoint.NodeHints },
                }),
            },
        },
        Source = source,
    };
}
