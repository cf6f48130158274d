using System.Net;
using System.Net.Sockets;
using Axoneme.Datapath.Layout;
using Axoneme.Datapath.Tests.Nodes;

namespace Axoneme.Datapath.Tests.Services;

/// <summary>Services packet by packet, on real packets between a pod, its node, another node and the world.</summary>
public sealed class BalancingTests
{
    private const byte Tcp = 6;
    private const byte Udp = 17;

    private const ServiceFlags DirectReturn = ServiceFlags.External | ServiceFlags.Internal | ServiceFlags.DirectReturn;

    public static TheoryData<bool, bool, bool> Ways => new() { { false, false, false }, { false, true, false }, { true, false, false }, { true, true, false }, { false, false, true }, { true, true, true } };

    [Theory]
    [MemberData(nameof(Ways))]
    public void Clients_outside_reach_backends_on_either_node_through_a_node_port(bool tunnel, bool ipv6, bool hostFirewall)
    {
        using var cluster = new RoutedNodes(tunnel, hostFirewall);
        var (one, two) = (cluster.Nodes[0], cluster.Nodes[1]);
        var asked = new IPEndPoint(one.NodeAddress(ipv6), 30080);

        // A backend on the node that is asked sees the client; one elsewhere sees the node.
        Serve(one, asked, one.PodAddress(ipv6));
        Assert.Equal(Source(ipv6), Talk.Tcp(cluster.World, one.Pod, one.PodAddress(ipv6), asked: asked));
        Assert.Equal(Source(ipv6), Talk.Udp(cluster.World, one.Pod, one.PodAddress(ipv6), asked: asked)?.Address);
        Serve(one, asked, two.PodAddress(ipv6));
        Assert.Equal(one.NodeAddress(ipv6), Talk.Tcp(cluster.World, two.Pod, two.PodAddress(ipv6), asked: asked));
        Assert.Equal(one.NodeAddress(ipv6), Talk.Udp(cluster.World, two.Pod, two.PodAddress(ipv6), asked: asked)?.Address);
        var large = Talk.Udp(cluster.World, two.Pod, two.PodAddress(ipv6), bytes: 4000, expected: !(tunnel && ipv6), asked: asked);
        if (tunnel && ipv6)
        {
            Assert.Null(large); // nobody on the way splits IPv6: the client learns that, and in whose name
            large = Talk.Udp(cluster.World, two.Pod, two.PodAddress(ipv6), bytes: 4000, asked: asked);
        }

        Assert.Equal(one.NodeAddress(ipv6), large?.Address);

        // The node itself, or a pod in its network.
        Serve(one, asked, one.NodeAddress(ipv6));
        Assert.Equal(Source(ipv6), Talk.Tcp(cluster.World, one.Namespace, one.NodeAddress(ipv6), asked: asked));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void A_backend_elsewhere_answers_the_client_itself_when_that_is_wanted(bool tunnel, bool ipv6, bool hostFirewall)
    {
        using var cluster = new RoutedNodes(tunnel, hostFirewall);
        var (one, two) = (cluster.Nodes[0], cluster.Nodes[1]);
        var asked = new IPEndPoint(one.NodeAddress(ipv6), 30080);
        foreach (var protocol in new[] { Tcp, Udp })
        {
            two.Datapath.Services.NodePorts.Put(new NodePortKey(System.Buffers.Binary.BinaryPrimitives.ReverseEndianness((ushort)asked.Port), protocol), 1);
        }

        Serve(one, asked, two.PodAddress(ipv6), DirectReturn);
        Assert.Equal(Source(ipv6), Talk.Tcp(cluster.World, two.Pod, two.PodAddress(ipv6), asked: asked));
        Assert.Equal(Source(ipv6), Talk.Udp(cluster.World, two.Pod, two.PodAddress(ipv6), asked: asked)?.Address);
        Assert.DoesNotContain(one.Datapath.Nat.Entries(), entry => entry.Value.Role.HasFlag(NatRole.BothEnds));

        // In pieces, and as long as the link takes but for the option: the client learns how long it may be.
        var pieces = Talk.Udp(cluster.World, two.Pod, two.PodAddress(ipv6), bytes: 4000, expected: !(ipv6 || tunnel), asked: asked);
        if (ipv6 || tunnel)
        {
            pieces = Talk.Udp(cluster.World, two.Pod, two.PodAddress(ipv6), bytes: 4000, asked: asked);
        }

        Assert.Equal(Source(ipv6), pieces?.Address);
        Talk.PathMtu(cluster.World, asked, bytes: 1472 - (ipv6 ? 20 : 0));
        Assert.Equal((tunnel ? 1430 : 1500) - (ipv6 ? 24 : 8), Talk.PathMtu(cluster.World, asked, bytes: 1472 - (ipv6 ? 20 : 0)));

        // Another pod, or node, of the cluster sees no difference.
        Assert.Equal(one.NodeAddress(ipv6), Talk.Tcp(two.Namespace, two.Pod, two.PodAddress(ipv6), asked: asked));

        // The backend's node itself.
        Serve(one, asked, two.NodeAddress(ipv6), DirectReturn);
        Assert.Equal(Source(ipv6), Talk.Tcp(cluster.World, two.Namespace, two.NodeAddress(ipv6), asked: asked));
        Assert.Equal(Source(ipv6), Talk.Udp(cluster.World, two.Namespace, two.NodeAddress(ipv6), asked: asked)?.Address);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void Drivers_send_on_what_is_for_backends_elsewhere(bool direct, bool ipv6)
    {
        using var cluster = new RoutedNodes(tunnel: false);
        cluster.Accelerate();
        var (one, two) = (cluster.Nodes[0], cluster.Nodes[1]);
        var asked = new IPEndPoint(one.NodeAddress(ipv6), 30080);
        two.Datapath.Services.NodePorts.Put(new NodePortKey(System.Buffers.Binary.BinaryPrimitives.ReverseEndianness((ushort)asked.Port), Tcp), 1);
        Serve(one, asked, two.PodAddress(ipv6), direct ? DirectReturn : ServiceFlags.External);
        var seen = direct ? Source(ipv6) : one.NodeAddress(ipv6);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(seen, Talk.Tcp(cluster.World, two.Pod, two.PodAddress(ipv6), asked: asked, bytes: 10_000_000));
        }

        // Ten megabytes are some seven thousand packets; each tick of a second some go the long way, and all in the window then.
        var sentOn = Packets(one);
        Assert.True(sentOn > (direct ? 8_000ul : 16_000ul), $"{sentOn} packets");
        Assert.All(one.Datapath.Nat.Entries().Where(entry => entry.Value.Way.ByDriver == 1), entry => Assert.Equal(one.Link("eth0").Index, entry.Value.Way.Ifindex));
        Assert.Contains(one.Datapath.Nat.Entries(), entry => entry.Value.Way.ByDriver == 1);

        // What is for others passes, and stays what it was; datagrams, too.
        Assert.NotNull(Talk.Tcp(cluster.World, one.Namespace, one.NodeAddress(ipv6)));
        Assert.Equal(two.PodAddress(ipv6), Talk.Tcp(two.Pod, one.Pod, one.PodAddress(ipv6)));
        if (!direct)
        {
            Assert.Equal(seen, Talk.Udp(cluster.World, two.Pod, two.PodAddress(ipv6), asked: asked)?.Address);
        }
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void A_pod_that_is_its_own_backend_is_asked_under_another_address(bool tunnel, bool ipv6)
    {
        using var cluster = new RoutedNodes(tunnel);
        var one = cluster.Nodes[0];
        var asked = new IPEndPoint(IPAddress.Parse(ipv6 ? "fd00:96::1" : "10.96.0.1"), 80);
        Serve(one, asked, one.PodAddress(ipv6));
        one.Enforce(one.Link("lxc1").Index, EndpointFlags.IngressEnforced | EndpointFlags.EgressEnforced);
        var hairpin = IPAddress.Parse(ipv6 ? "64:ff9b::169.254.42.1" : "169.254.42.1");
        Assert.Equal(hairpin, Talk.Tcp(one.Pod, one.Pod, one.PodAddress(ipv6), asked: asked));
        Assert.Equal(hairpin, Talk.Udp(one.Pod, one.Pod, one.PodAddress(ipv6), asked: asked)?.Address);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void One_port_of_a_client_may_ask_two_frontends_of_one_backend_one_after_the_other(bool ipv6)
    {
        using var cluster = new RoutedNodes(tunnel: false);
        var (one, two) = (cluster.Nodes[0], cluster.Nodes[1]);
        foreach (var backend in new[] { one, two })
        {
            foreach (var port in new[] { 30080, 30081, 30080 })
            {
                var asked = new IPEndPoint(one.NodeAddress(ipv6), port);
                Serve(one, asked, backend.PodAddress(ipv6));
                Assert.NotNull(Talk.Tcp(cluster.World, backend.Pod, backend.PodAddress(ipv6), asked: asked, clientPort: 40000));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Pods_reach_backends_on_either_node_without_sockets_that_help(bool tunnel, bool ipv6, bool hostFirewall)
    {
        using var cluster = new RoutedNodes(tunnel, hostFirewall);
        var (one, two) = (cluster.Nodes[0], cluster.Nodes[1]);
        var asked = new IPEndPoint(IPAddress.Parse(ipv6 ? "fd00:96::1" : "10.96.0.1"), 80);
        Serve(one, asked, two.PodAddress(ipv6));
        Assert.Equal(one.PodAddress(ipv6), Talk.Tcp(one.Pod, two.Pod, two.PodAddress(ipv6), asked: asked));
        Assert.Equal(one.PodAddress(ipv6), Talk.Udp(one.Pod, two.Pod, two.PodAddress(ipv6), asked: asked)?.Address);
        Assert.Equal(one.PodAddress(ipv6), Talk.Udp(one.Pod, two.Pod, two.PodAddress(ipv6), bytes: 4000, asked: asked)?.Address);
        Serve(one, asked, one.NodeAddress(ipv6));
        Assert.Equal(one.PodAddress(ipv6), Talk.Tcp(one.Pod, one.Namespace, one.NodeAddress(ipv6), asked: asked));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Pods_reach_node_ports_of_another_node_without_sockets_that_help(bool tunnel, bool ipv6, bool hostFirewall)
    {
        using var cluster = new RoutedNodes(tunnel, hostFirewall);
        var (one, two) = (cluster.Nodes[0], cluster.Nodes[1]);
        var asked = new IPEndPoint(two.NodeAddress(ipv6), 30080);
        Serve(two, asked, two.PodAddress(ipv6));
        Assert.Equal(one.PodAddress(ipv6), Talk.Tcp(one.Pod, two.Pod, two.PodAddress(ipv6), asked: asked));
        Assert.Equal(one.PodAddress(ipv6), Talk.Udp(one.Pod, two.Pod, two.PodAddress(ipv6), asked: asked)?.Address);

        // A backend where the client is, which sees the node that was asked.
        Serve(two, asked, one.NodeAddress(ipv6));
        Assert.Equal(two.NodeAddress(ipv6), Talk.Tcp(one.Pod, one.Namespace, one.NodeAddress(ipv6), asked: asked));
        Serve(two, asked, one.PodAddress(ipv6));
        Assert.Equal(two.NodeAddress(ipv6), Talk.Tcp(one.Pod, one.Pod, one.PodAddress(ipv6), asked: asked));
        Assert.Equal(two.NodeAddress(ipv6), Talk.Udp(one.Pod, one.Pod, one.PodAddress(ipv6), asked: asked)?.Address);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Policy_judges_by_the_backend_and_the_client_behind_the_service(bool ipv6)
    {
        using var cluster = new RoutedNodes(tunnel: true);
        var (one, two) = (cluster.Nodes[0], cluster.Nodes[1]);
        var asked = new IPEndPoint(IPAddress.Parse(ipv6 ? "fd00:96::1" : "10.96.0.1"), 80);
        Serve(one, asked, two.PodAddress(ipv6));
        two.Enforce(two.Link("lxc1").Index, EndpointFlags.IngressEnforced, (TrafficDirection.Ingress, one.PodIdentity, Tcp, Talk.Port));
        Assert.NotNull(Talk.Tcp(one.Pod, two.Pod, two.PodAddress(ipv6), asked: asked));
        Assert.Null(Talk.Udp(one.Pod, two.Pod, two.PodAddress(ipv6), expected: false, asked: asked));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Who_comes_through_another_nodes_tunnel_is_judged_as_the_world(bool ipv6)
    {
        using var cluster = new RoutedNodes(tunnel: true);
        var (one, two) = (cluster.Nodes[0], cluster.Nodes[1]);
        var asked = new IPEndPoint(one.NodeAddress(ipv6), 30080);
        Serve(one, asked, two.PodAddress(ipv6));
        var pod = two.Link("lxc1").Index;
        two.Enforce(pod, EndpointFlags.IngressEnforced, (TrafficDirection.Ingress, 6, Tcp, Talk.Port));
        Assert.Null(Talk.Tcp(cluster.World, two.Pod, two.PodAddress(ipv6), expected: false, asked: asked));
        Assert.NotNull(Talk.Tcp(one.Namespace, two.Pod, two.PodAddress(ipv6)));
        two.Enforce(pod, EndpointFlags.IngressEnforced, (TrafficDirection.Ingress, ipv6 ? 10u : 9u, Tcp, Talk.Port));
        Assert.NotNull(Talk.Tcp(cluster.World, two.Pod, two.PodAddress(ipv6), asked: asked));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Only_clients_in_the_source_ranges_get_through(bool ipv6)
    {
        using var cluster = new RoutedNodes(tunnel: false);
        var one = cluster.Nodes[0];
        var asked = new IPEndPoint(one.NodeAddress(ipv6), 30080);
        var service = Serve(one, asked, one.PodAddress(ipv6), ServiceFlags.External | ServiceFlags.SourceRanges);
        Assert.Null(Talk.Tcp(cluster.World, one.Pod, one.PodAddress(ipv6), expected: false, asked: asked));
        one.Datapath.Services.SourceRanges.Put(SourceRangeKey.From(service.Group, IPNetwork.Parse(ipv6 ? "fd30::/64" : "172.30.0.0/24")), 1);
        Assert.NotNull(Talk.Tcp(cluster.World, one.Pod, one.PodAddress(ipv6), asked: asked));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void A_service_without_backends_says_so_to_pods_and_to_clients_outside(bool tunnel, bool ipv6)
    {
        using var cluster = new RoutedNodes(tunnel);
        var one = cluster.Nodes[0];
        var asked = new IPEndPoint(one.NodeAddress(ipv6), 30080);
        foreach (var protocol in new[] { Tcp, Udp })
        {
            one.Datapath.Services.Add(asked, protocol, [], ServiceFlags.External | ServiceFlags.Internal);
        }

        foreach (var node in cluster.Nodes)
        {
            node.Enforce(node.Link("lxc1").Index, EndpointFlags.IngressEnforced); // what the pod asked for comes in all the same
        }

        foreach (var client in new[] { cluster.World, one.Pod, cluster.Nodes[1].Pod })
        {
            Assert.True(Talk.IsRefused(client, asked, SocketType.Stream));
            Assert.True(Talk.IsRefused(client, asked, SocketType.Dgram));
        }
    }

    /// <summary>How many the drivers sent on.</summary>
    private static ulong Packets(RoutedNode node) => node.Datapath.ReadCounters().FirstOrDefault(counter => counter.Index == 520).Packets;

    /// <summary>For both sides, TCP and UDP.</summary>
    private static ServiceEntry Serve(RoutedNode node, IPEndPoint asked, IPAddress backend, ServiceFlags flags = ServiceFlags.External | ServiceFlags.Internal)
    {
        node.Datapath.Services.Add(asked, Udp, [new IPEndPoint(backend, Talk.Port)], flags);
        return node.Datapath.Services.Add(asked, Tcp, [new IPEndPoint(backend, Talk.Port)], flags);
    }

    /// <summary>The address that the world's namespace sends from.</summary>
    private static IPAddress Source(bool ipv6) => IPAddress.Parse(ipv6 ? "fd30::fe" : "172.30.0.254");
}
