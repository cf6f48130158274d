using System.Buffers.Binary;
using System.Net;
using Axoneme.Datapath.InMemory;
using Axoneme.Datapath.Layout;
using Axoneme.NodeActors.Services;
using Axoneme.Wire.State;
using Microsoft.Extensions.Logging.Abstractions;

namespace Axoneme.NodeActors.Tests.Services;

/// <summary>Which ports the node cannot bind follows from the services there are.</summary>
public sealed class NodePortsTests
{
    private readonly InMemoryKernelMap<NodePortKey, uint> _map = new("node_ports", 64);
    private readonly NodePorts _ports;

    public NodePortsTests() => _ports = new NodePorts(_map, NullLogger.Instance);

    [Fact]
    public void A_port_is_the_services_for_as_long_as_one_has_it()
    {
        Update("a", (30080, "TCP"), (30053, "UDP"));
        Update("b", (30080, "UDP"));
        Assert.Equal(["30053/17", "30080/17", "30080/6"], Entered());
        Update("a", (30081, "TCP"));
        Assert.Equal(["30080/17", "30081/6"], Entered());
        Update("c", (30081, "TCP"));
        Update("a");
        Assert.Equal(["30080/17", "30081/6"], Entered());
        Update("c");
        Update("b");
        Assert.Empty(Entered());
    }

    [Fact]
    public void What_an_earlier_run_left_goes_and_what_is_missing_comes()
    {
        _map.Put(new NodePortKey(1, 6), 1);
        Update("a", (30080, "TCP"));
        _map.Delete(_map.Entries().Single(entry => entry.Key.Port != 1).Key);
        _ports.Compare(countsAsDrift: false);
        Assert.True(_ports.Write());
        Assert.Equal(["30080/6"], Entered());
    }

    private void Update(string name, params (uint Port, string Protocol)[] ports)
    {
        var owner = new ServiceOwner(false, $"default/{name}");
        var service = new ServiceRecord { Namespace = "default", Name = name, Type = "NodePort", ClusterIps = { "10.96.0.1" } };
        service.Ports.Add(ports.Select((port, i) => new ServicePort { Name = $"p{i}", Protocol = port.Protocol, Port = 80 + (uint)i, NodePort = port.Port }));
        var plan = new ServicePlanner(new ServiceOptions()).Plan(service, [], new NodeSituation("n", "", [IPAddress.Parse("172.30.0.1"), IPAddress.Parse("172.30.0.2")]));
        _ports.Update(new Dictionary<ServiceOwner, ServicePlan?> { [owner] = ports.Length == 0 ? null : plan });
        Assert.True(_ports.Write());
    }

    private IEnumerable<string> Entered() => _map.Entries().Select(entry => $"{BinaryPrimitives.ReverseEndianness(entry.Key.Port)}/{entry.Key.Protocol}").Order(StringComparer.Ordinal);
}
