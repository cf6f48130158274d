using System.Net;
using Axoneme.Datapath.Network;
using Axoneme.NodeActors.Tests.Fakes;
using Axoneme.Wire.Agent;

namespace Axoneme.NodeActors.Tests.Health;

/// <summary>A node's health endpoint and responders on a real kernel.</summary>
public sealed class HealthEndpointTests
{
    [Fact]
    public async Task It_is_made_announced_judged_as_health_and_answers_in_both_ways_and_families()
    {
        await using var node = Node();
        await node.StartAsync();
        var endpoint = node.HealthEndpoint();
        Assert.Equal((4u, "reserved:health"), (endpoint.Identity, Assert.Single(endpoint.Labels)));
        await Eventually.IsTrue(() => node.ControlPlane.Registrations.Any(r => r.HealthIpv4 == endpoint.Ipv4 && r.HealthIpv6 == endpoint.Ipv6), "registered with its addresses");
        await node.PublishAsync();
        Assert.Equal("ready", node.HealthEndpoint().State);

        var report = await node.Agent!.ProbeHealthAsync();
        var self = Assert.Single(report.Nodes);
        Assert.Equal([endpoint.Ipv4!, endpoint.Ipv6!], self.Endpoint.Select(path => path.Address));
        Assert.All(self.Endpoint, IsReached);
        Assert.Empty(node.ControlPlane.Reports);
    }

    [Fact]
    public async Task A_restart_adopts_it_with_its_addresses_and_answers_again()
    {
        await using var node = Node();
        await node.StartAsync();
        await node.PublishAsync();
        var before = node.HealthEndpoint();
        await node.StopAsync();
        await node.StartAsync();
        Assert.Equivalent(before, node.HealthEndpoint());
        Assert.All((await node.Agent!.ProbeHealthAsync()).Nodes.Single().Endpoint, IsReached);
    }

    [Fact]
    public async Task It_is_made_anew_when_its_namespace_is_gone()
    {
        await using var node = Node();
        await node.StartAsync();
        await node.PublishAsync();
        await node.StopAsync();
        Assert.True(NetworkNamespace.Delete(Path.GetFileName(node.HealthNetns())));
        await node.StartAsync();
        Assert.All((await node.Agent!.ProbeHealthAsync()).Nodes.Single().Endpoint, IsReached);
    }

    [Fact]
    public async Task It_goes_when_health_checking_is_switched_off()
    {
        await using var node = Node();
        await node.StartAsync();
        Assert.True(File.Exists(node.HealthNetns()));
        await node.StopAsync();
        node.Options = node.Options with { EndpointHealthChecking = false };
        await node.StartAsync();
        Assert.DoesNotContain(node.Agent!.GetEndpoints(), endpoint => endpoint.Identity == 4);
        Assert.False(File.Exists(node.HealthNetns()));
        Assert.Null(node.Agent!.GetStatus().ClusterHealth);
    }

    [Fact]
    public async Task Removing_everything_takes_its_namespace_along()
    {
        var node = Node();
        await node.StartAsync();
        var netns = node.HealthNetns();
        Assert.True(File.Exists(netns));
        await node.DisposeAsync();
        Assert.False(File.Exists(netns));
    }

    [Fact]
    public async Task Policy_selects_it_by_its_label_and_its_own_node_may_still_ask()
    {
        await using var node = Node();
        await node.StartAsync();
        await node.PublishAsync(
            Records.Identity(300, "web"), Records.Pod("web-0", "web", 300),
            Records.Clusterwide("health", """endpointSelector: {matchLabels: {"reserved:health": ""}}, ingress: [{fromEntities: [health]}]"""));
        await node.AddAsync("web-0");
        var endpoint = node.HealthEndpoint();
        Assert.True(endpoint.IngressEnforced);
        Assert.Null(await node.ConnectAsync("web-0", endpoint.Ipv4!, 4240));
        Assert.All((await node.Agent!.ProbeHealthAsync()).Nodes.Single().Endpoint, IsReached);
    }

    [Fact]
    public async Task The_node_answers_at_its_own_addresses_too()
    {
        await using var node = Node();
        await node.StartAsync();
        await node.PublishAsync(Records.Identity(300, "web"), Records.Pod("web-0", "web", 300));
        await node.AddAsync("web-0");
        using var connection = await node.ConnectAsync("web-0", "10.77.0.1", 4240);
        Assert.NotNull(connection);
    }

    [Fact]
    public async Task Two_nodes_reach_each_other_and_each_others_endpoints_over_plain_routes()
    {
        await using var a = Node();
        await using var b = Node();
        b.Options = b.Options with { NodeName = "node-b", PodCidr4 = IPNetwork.Parse("10.78.0.0/16"), PodCidr6 = IPNetwork.Parse("fd78::/64") };
        a.Cable(b);
        a.Ip("addr add 192.0.2.1/24 dev up0");
        b.Ip("addr add 192.0.2.2/24 dev up0");
        a.Ip("addr add 2001:db8::1/64 dev up0 nodad");
        b.Ip("addr add 2001:db8::2/64 dev up0 nodad");
        await a.StartAsync();
        await b.StartAsync();
        a.Ip("route add 10.78.0.0/16 via 192.0.2.2");
        a.Ip("-6 route add fd78::/64 via 2001:db8::2");
        b.Ip("route add 10.77.0.0/16 via 192.0.2.1");
        b.Ip("-6 route add fd77::/64 via 2001:db8::1");
        await Tell(a, b, "192.0.2.2", "2001:db8::2");
        await Tell(b, a, "192.0.2.1", "2001:db8::1");
        foreach (var node in new[] { a, b })
        {
            var report = await node.Agent!.ProbeHealthAsync();
            Assert.Equal(2, report.Nodes.Count);
            Assert.All(report.Nodes, of => Assert.Equal((2, 2), (of.Host.Count, of.Endpoint.Count)));
            Assert.All(report.Nodes.SelectMany(of => of.Host.Concat(of.Endpoint)), IsReached);
            Assert.Equal((2, 2), (node.Agent!.GetStatus().ClusterHealth!.NodesReachable, node.Agent!.GetStatus().ClusterHealth!.Nodes));
        }

        static Task Tell(RealNode node, RealNode other, params string[] addresses)
        {
            var record = Records.Node(other.Options.NodeName, addresses);
            (record.Node.HealthIpv4, record.Node.HealthIpv6) = (other.HealthEndpoint().Ipv4, other.HealthEndpoint().Ipv6);
            record.Node.PodCidrs.Add([other.Options.PodCidr4.ToString(), other.Options.PodCidr6.ToString()]);
            return node.PublishAsync(record);
        }
    }

    [Fact]
    public async Task Nodes_that_do_not_answer_are_counted_and_say_why()
    {
        await using var node = Node();
        await node.StartAsync();
        await node.PublishAsync(Records.Node("node-b", "192.0.2.2"));
        var report = await node.Agent!.ProbeHealthAsync();
        var silent = report.Nodes.Single(n => n.Name == "node-b");
        Assert.NotNull(Assert.Single(silent.Host).Icmp.Failure);
        Assert.NotNull(silent.Host[0].Http.Failure);
        Assert.Empty(silent.Endpoint);
        var summary = node.Agent!.GetStatus().ClusterHealth!;
        Assert.Equal((1, 2), (summary.NodesReachable, summary.Nodes));
    }

    private static void IsReached(PathHealth path) => Assert.True(path is { Icmp.Failure: null, Http.Failure: null, Icmp.LatencySeconds: > 0 }, path.ToString());

    private static RealNode Node()
    {
        var node = new RealNode(forceClsact: false);
        node.Options = node.Options with { EndpointHealthChecking = true };
        return node;
    }
}
