using System.Net;

namespace Axoneme.Datapath.Tests.Nodes;

/// <summary>Real packets between two nodes and the world, with maps written by hand.</summary>
public sealed class RoutedNodesTests
{
    public static TheoryData<bool, bool, bool> Ways()
    {
        var ways = new TheoryData<bool, bool, bool>();
        foreach (var tunnel in new[] { false, true })
        {
            foreach (var ipv6 in new[] { false, true })
            {
                ways.Add(tunnel, ipv6, false);
                ways.Add(tunnel, ipv6, true);
            }
        }

        return ways;
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Pods_and_nodes_reach_each_other_and_the_world(bool tunnel, bool ipv6, bool hostFirewall)
    {
        using var cluster = new RoutedNodes(tunnel, hostFirewall);
        var (one, two) = (cluster.Nodes[0], cluster.Nodes[1]);
        var world = IPAddress.Parse(ipv6 ? RoutedNodes.World6 : RoutedNodes.World4);

        // Pod to pod on another node, under its own address.
        Assert.Equal(one.PodAddress(ipv6), Talk.Tcp(one.Pod, two.Pod, two.PodAddress(ipv6)));
        Assert.Equal(one.PodAddress(ipv6), Talk.Udp(one.Pod, two.Pod, two.PodAddress(ipv6))?.Address);
        Assert.True(Talk.Ping(one.Pod, two.PodAddress(ipv6)));
        Assert.Equal(one.PodAddress(ipv6), Talk.Udp(one.Pod, two.Pod, two.PodAddress(ipv6), bytes: 4000)?.Address);

        // Pod to another node, and a node to a pod of another node.
        Assert.Equal(one.PodAddress(ipv6), Talk.Tcp(one.Pod, two.Namespace, two.NodeAddress(ipv6)));
        Assert.NotNull(Talk.Tcp(one.Namespace, two.Pod, two.PodAddress(ipv6)));
        Assert.NotNull(Talk.Tcp(one.Namespace, two.Namespace, two.NodeAddress(ipv6)));

        // Pod to its own node and back.
        Assert.Equal(one.PodAddress(ipv6), Talk.Tcp(one.Pod, one.Namespace, one.NodeAddress(ipv6)));
        Assert.NotNull(Talk.Tcp(one.Namespace, one.Pod, one.PodAddress(ipv6)));

        // Pod to the world: under the node's address.
        Assert.Equal(one.NodeAddress(ipv6), Talk.Tcp(one.Pod, cluster.World, world));
        Assert.Equal(one.NodeAddress(ipv6), Talk.Udp(one.Pod, cluster.World, world)?.Address);
        Assert.Equal(one.NodeAddress(ipv6), Talk.Udp(one.Pod, cluster.World, world, bytes: 4000)?.Address);
        Assert.True(Talk.Ping(one.Pod, world));
        Assert.Equal(one.NodeAddress(ipv6), Talk.Tcp(one.Namespace, cluster.World, world));
        Assert.True(Talk.Ping(one.Namespace, world));
        Assert.NotNull(Talk.Tcp(cluster.World, one.Namespace, one.NodeAddress(ipv6)));
    }
}
