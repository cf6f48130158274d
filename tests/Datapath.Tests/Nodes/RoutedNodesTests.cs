using System.Net;
using Axoneme.Datapath.Layout;

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

    [Fact]
    public void The_tunnel_may_go_over_IPv6()
    {
        using var cluster = new RoutedNodes(tunnel: true, ipv6Underlay: true);
        var (one, two) = (cluster.Nodes[0], cluster.Nodes[1]);
        foreach (var ipv6 in new[] { false, true })
        {
            Assert.Equal(one.PodAddress(ipv6), Talk.Tcp(one.Pod, two.Pod, two.PodAddress(ipv6)));
            Assert.NotNull(Talk.Tcp(one.Namespace, two.Pod, two.PodAddress(ipv6)));
        }
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void The_receiving_node_judges_by_who_sent(bool tunnel, bool ipv6)
    {
        using var cluster = new RoutedNodes(tunnel, hostFirewall: true);
        var (one, two) = (cluster.Nodes[0], cluster.Nodes[1]);
        var pod = two.Link("lxc1").Index;
        two.Enforce(pod, EndpointFlags.IngressEnforced, (TrafficDirection.Ingress, one.PodIdentity, 6, Talk.Port));
        Assert.NotNull(Talk.Tcp(one.Pod, two.Pod, two.PodAddress(ipv6)));
        Assert.Null(Talk.Udp(one.Pod, two.Pod, two.PodAddress(ipv6), expected: false));
        Assert.Null(Talk.Tcp(one.Namespace, two.Pod, two.PodAddress(ipv6), expected: false));
        Assert.False(Talk.Ping(one.Pod, two.PodAddress(ipv6)));
        two.Enforce(pod, EndpointFlags.IngressEnforced, (TrafficDirection.Ingress, 6, 6, Talk.Port));
        Assert.NotNull(Talk.Tcp(one.Namespace, two.Pod, two.PodAddress(ipv6)));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void The_node_itself_is_judged_in_both_directions(bool tunnel, bool ipv6)
    {
        using var cluster = new RoutedNodes(tunnel, hostFirewall: true);
        var (one, two) = (cluster.Nodes[0], cluster.Nodes[1]);
        var world = IPAddress.Parse(ipv6 ? RoutedNodes.World6 : RoutedNodes.World4);
        two.Enforce(EndpointEntry.HostInterface, EndpointFlags.IngressEnforced, (TrafficDirection.Ingress, one.PodIdentity, 6, Talk.Port));
        Assert.NotNull(Talk.Tcp(one.Pod, two.Namespace, two.NodeAddress(ipv6)));
        Assert.Null(Talk.Udp(one.Pod, two.Namespace, two.NodeAddress(ipv6), expected: false));
        Assert.Null(Talk.Tcp(one.Namespace, two.Namespace, two.NodeAddress(ipv6), expected: false));
        Assert.Null(Talk.Tcp(cluster.World, two.Namespace, two.NodeAddress(ipv6), expected: false));
        Assert.Null(Talk.Tcp(two.Pod, two.Namespace, two.NodeAddress(ipv6), expected: false));

        // What the node begins is answered; other pods' traffic is not the node's.
        Assert.NotNull(Talk.Tcp(two.Namespace, cluster.World, world));
        Assert.NotNull(Talk.Tcp(two.Namespace, one.Pod, one.PodAddress(ipv6)));
        Assert.NotNull(Talk.Tcp(one.Pod, two.Pod, two.PodAddress(ipv6)));

        two.Enforce(EndpointEntry.HostInterface, EndpointFlags.EgressEnforced, (TrafficDirection.Egress, one.PodIdentity, 6, Talk.Port));
        Assert.NotNull(Talk.Tcp(two.Namespace, one.Pod, one.PodAddress(ipv6)));
        Assert.Null(Talk.Udp(two.Namespace, one.Pod, one.PodAddress(ipv6), expected: false));
        Assert.Null(Talk.Tcp(two.Namespace, cluster.World, world, expected: false));
        Assert.Null(Talk.Tcp(two.Namespace, two.Pod, two.PodAddress(ipv6), expected: false));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_port_that_the_node_uses_is_not_given_to_a_pod(bool ipv6)
    {
        using var cluster = new RoutedNodes(tunnel: false);
        var one = cluster.Nodes[0];
        var world = IPAddress.Parse(ipv6 ? RoutedNodes.World6 : RoutedNodes.World4);
        Assert.Equal(40000, Talk.Udp(one.Namespace, cluster.World, world, clientPort: 40000)!.Port);
        var pod = Talk.Udp(one.Pod, cluster.World, world, clientPort: 40000)!;
        Assert.Equal(one.NodeAddress(ipv6), pod.Address);
        Assert.NotEqual(40000, pod.Port);
        Assert.Equal(40000, Talk.Udp(one.Namespace, cluster.World, world, clientPort: 40000)!.Port);
        Assert.Equal(pod.Port, Talk.Udp(one.Pod, cluster.World, world, clientPort: 40000)!.Port);
        Assert.Equal(41000, Talk.Udp(one.Pod, cluster.World, world, clientPort: 41000)!.Port);
        Assert.InRange(Talk.Udp(one.Pod, cluster.World, world, clientPort: 2000)!.Port, 32768, 65535);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_ICMP_error_finds_the_masqueraded_pod(bool ipv6)
    {
        using var cluster = new RoutedNodes(tunnel: false);
        var one = cluster.Nodes[0];
        var world = IPAddress.Parse(ipv6 ? RoutedNodes.World6 : RoutedNodes.World4);
        Assert.True(Talk.IsRefused(one.Pod, world));
        Assert.True(Talk.IsRefused(one.Namespace, world));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void A_narrow_link_on_the_way_is_told_to_the_pod(bool tunnel, bool ipv6)
    {
        using var cluster = new RoutedNodes(tunnel);
        var one = cluster.Nodes[0];
        var narrow = IPAddress.Parse(ipv6 ? RoutedNodes.Narrow6 : RoutedNodes.Narrow4);
        Assert.Equal(one.NodeAddress(ipv6), Talk.Tcp(one.Pod, cluster.Narrow, narrow, bytes: 1_000_000));
        Assert.Equal(1300, Talk.PathMtu(one.Pod, narrow, bytes: 1350));
    }

    [Fact]
    public void What_does_not_fit_into_the_tunnel_is_told_to_the_pod()
    {
        using var cluster = new RoutedNodes(tunnel: true);
        var (one, two) = (cluster.Nodes[0], cluster.Nodes[1]);
        foreach (var ipv6 in new[] { false, true })
        {
            one.SetPodMtu(1500);
            two.SetPodMtu(1500);
            Assert.NotNull(Talk.Tcp(one.Pod, two.Pod, two.PodAddress(ipv6), bytes: 1_000_000));
            Assert.Equal(1430, Talk.PathMtu(one.Pod, two.PodAddress(ipv6), bytes: 1430));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void New_programs_take_over_while_a_stream_runs(bool tunnel)
    {
        using var cluster = new RoutedNodes(tunnel, hostFirewall: true);
        var (one, two) = (cluster.Nodes[0], cluster.Nodes[1]);
        using var stream = new RunningStream(one.Pod, two.Pod, two.PodAddress(false));
        using var outside = new RunningStream(one.Pod, cluster.World, IPAddress.Parse(RoutedNodes.World4));
        for (var turn = 0; turn < 5; turn++)
        {
            one.Close();
            Assert.True(stream.Advances() && outside.Advances(), "nobody is needed for packets to pass");
            one.Open(cluster.Config(one));
            Assert.True(stream.Advances() && outside.Advances());
        }
    }
}
