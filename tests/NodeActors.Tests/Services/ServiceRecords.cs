using Axoneme.NodeActors.State;
using Axoneme.Wire.State;
using Record = Axoneme.Wire.State.Record;

namespace Axoneme.NodeActors.Tests.Services;

/// <summary>Services and slices in few words.</summary>
internal static class ServiceRecords
{
    /// <summary>A service in namespace default; <paramref name="port"/> leads to port 8080 of its endpoints.</summary>
    public static ServiceRecord Service(string name, string clusterIp, uint port = 80, uint nodePort = 0) => new()
    {
        Namespace = "default",
        Name = name,
        Type = nodePort == 0 ? "ClusterIP" : "NodePort",
        ClusterIps = { clusterIp },
        Ports = { new ServicePort { Name = "http", Protocol = "TCP", Port = port, NodePort = nodePort } },
    };

    public static EndpointSliceRecord Slice(string service, params IEnumerable<SliceEndpoint> endpoints) => new()
    {
        Namespace = "default",
        Name = $"{service}-1",
        Service = service,
        AddressType = "IPv4",
        Ports = { new SlicePort { Name = "http", Protocol = "TCP", Port = 8080 } },
        Endpoints = { endpoints },
    };

    public static SliceEndpoint Endpoint(string address, bool ready = true, bool serving = true, bool terminating = false, string node = "node-b", string zone = "") => new()
    {
        Addresses = { address }, Ready = ready, Serving = serving, Terminating = terminating, Node = node, Zone = zone,
    };

    public static Record Record(ServiceRecord service) => new() { Kind = RecordKind.Service, Key = $"{service.Namespace}/{service.Name}", Service = service };

    public static Record Record(EndpointSliceRecord slice) => new() { Kind = RecordKind.EndpointSlice, Key = $"{slice.Namespace}/{slice.Name}", EndpointSlice = slice };

    public static RecordChange Change(Record? old, Record? now) => new((now ?? old)!.Kind, (now ?? old)!.Key, old, now);
}
