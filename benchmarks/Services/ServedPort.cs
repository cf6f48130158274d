using System.Net;
using System.Net.Sockets;
using Axoneme.Wire.State;
using Record = Axoneme.Wire.State.Record;

namespace Axoneme.Benchmarks.Services;

/// <summary>A service with one TCP port.</summary>
/// <param name="Name">Its name, in namespace <c>bench</c>.</param>
/// <param name="ClusterIps">One for each address family.</param>
/// <param name="Port">Its port at these.</param>
/// <param name="NodePort">Its port at the nodes; 0 for none.</param>
/// <param name="Backends">Who answers.</param>
internal sealed record ServedPort(string Name, IReadOnlyList<IPAddress> ClusterIps, ushort Port, ushort NodePort, IReadOnlyList<IPEndPoint> Backends)
{
    private const string Namespace = "bench";

    /// <summary>What the control plane would tell a node: the service, and a slice for each family and port of its backends.</summary>
    public IEnumerable<Record> Records(string protocol = "TCP")
    {
        yield return new Record
        {
            Kind = RecordKind.Service,
            Key = $"{Namespace}/{Name}",
            Service = new ServiceRecord
            {
                Namespace = Namespace,
                Name = Name,
                Type = NodePort == 0 ? "ClusterIP" : "NodePort",
                ClusterIps = { ClusterIps.Select(address => address.ToString()) },
                Ports = { new ServicePort { Name = "p", Protocol = protocol, Port = Port, NodePort = NodePort } },
            },
        };
        foreach (var slice in Backends.GroupBy(backend => (backend.AddressFamily, backend.Port)))
        {
            var family = slice.Key.AddressFamily == AddressFamily.InterNetwork ? "IPv4" : "IPv6";
            var name = $"{Name}-{family}-{slice.Key.Port}";
            yield return new Record
            {
                Kind = RecordKind.EndpointSlice,
                Key = $"{Namespace}/{name}",
                EndpointSlice = new EndpointSliceRecord
                {
                    Namespace = Namespace,
                    Name = name,
                    Service = Name,
                    AddressType = family,
                    Ports = { new SlicePort { Name = "p", Protocol = protocol, Port = (uint)slice.Key.Port } },
                    Endpoints = { slice.Select(backend => new SliceEndpoint { Addresses = { backend.Address.ToString() }, Node = "elsewhere", Ready = true, Serving = true }) },
                },
            };
        }
    }
}
