using System.Net;
using Axoneme.Datapath.Layout;
using Axoneme.Datapath.Network;
using Axoneme.NodeActors.Tests.Fakes;

namespace Axoneme.NodeActors.Tests.Network;

/// <summary>Two real nodes on one link (eth0: 172.30.0.1 and .2, fd30::1 and ::2), with a pod each that listens: x on node a, y on node b. Needs root.</summary>
internal sealed class TwoNodes : IAsyncDisposable
{
    public const int Port = 8080;
    private readonly List<System.Net.Sockets.TcpListener> _listeners = [];

    private TwoNodes(Func<NodeAgentOptions, NodeAgentOptions> change, bool ipv4, bool ipv6, bool forceClsact)
    {
        A = new RealNode(forceClsact);
        B = new RealNode(forceClsact);
        A.Options = change(A.Options with { NodeName = "a", PodCidr4 = IPNetwork.Parse("10.77.1.0/24"), PodCidr6 = IPNetwork.Parse("fd77:1::/64"), Devices = ["eth0"], Mtu = 0 });
        B.Options = change(B.Options with { NodeName = "b", PodCidr4 = IPNetwork.Parse("10.77.2.0/24"), PodCidr6 = IPNetwork.Parse("fd77:2::/64"), Devices = ["eth0"], Mtu = 0 });
        using var a = RouteSocket.OpenIn(A.Namespace);
        using var b = RouteSocket.OpenIn(B.Namespace);
        a.CreateVeth(new VethPair
        {
            Name = "eth0", Mac = MacAddress.Parse("02:00:00:00:00:0a"), PeerName = "eth0", PeerMac = MacAddress.Parse("02:00:00:00:00:0b"), PeerNamespace = B.Namespace,
        });
        SetUp(a, 1, ipv4, ipv6);
        SetUp(b, 2, ipv4, ipv6);
        Cluster =
        [
            Records.NodeAt("a", ipv4 ? "172.30.0.1" : "", ipv6 ? "fd30::1" : "", "10.77.1.0/24", "fd77:1::/64"),
            Records.NodeAt("b", ipv4 ? "172.30.0.2" : "", ipv6 ? "fd30::2" : "", "10.77.2.0/24", "fd77:2::/64"),
        ];
    }

    public RealNode A { get; }

    public RealNode B { get; }

    /// <summary>The records of both nodes.</summary>
    public Wire.State.Record[] Cluster { get; }

    public static async Task<TwoNodes> StartAsync(Func<NodeAgentOptions, NodeAgentOptions> change, bool ipv4 = true, bool ipv6 = true, bool forceClsact = false)
    {
        var nodes = new TwoNodes(change, ipv4, ipv6, forceClsact);
        try
        {
            await nodes.A.StartAsync();
            await nodes.B.StartAsync();
            await nodes.A.AddAsync("x");
            await nodes.B.AddAsync("y");
            await nodes.PublishAsync([.. nodes.Cluster, .. nodes.A.Published("x", 1001), .. nodes.B.Published("y", 1002)]);
            foreach (var (node, pod) in new[] { (nodes.A, "x"), (nodes.B, "y") })
            {
                nodes._listeners.Add(node.Listen(pod, node.Endpoint(pod).Ipv4!, Port));
                nodes._listeners.Add(node.Listen(pod, node.Endpoint(pod).Ipv6!, Port));
            }

            // Routes follow what is acknowledged.
            foreach (var node in new[] { nodes.A, nodes.B })
            {
                using var routes = RouteSocket.OpenIn(node.Namespace);
                await Eventually.IsTrue(() => routes.Routes().Count(route => route.Protocol == RouteInfo.OurProtocol) == 2, $"node {node.Options.NodeName} has routes");
            }

            return nodes;
        }
        catch
        {
            await nodes.DisposeAsync();
            throw;
        }
    }

    public async Task PublishAsync(params Wire.State.Record[] records)
    {
        await A.PublishAsync([.. records.Select(record => record.Clone())]);
        await B.PublishAsync([.. records.Select(record => record.Clone())]);
    }

    /// <summary>Whether pods reach each other, and node a the pod on b, both ways and by both families.</summary>
    public async Task AssertReachAsync(string when)
    {
        foreach (var (from, pod, address) in new[]
        {
            (A, "x", B.Endpoint("y").Ipv4!), (A, "x", B.Endpoint("y").Ipv6!), (B, "y", A.Endpoint("x").Ipv4!), (B, "y", A.Endpoint("x").Ipv6!),
            (A, null, B.Endpoint("y").Ipv4!), (A, null, B.Endpoint("y").Ipv6!),
        })
        {
            using var connection = await from.ConnectAsync(pod, address, Port, 2000);
            Assert.True(connection is not null, $"{when}: {pod ?? "node"} → {address}: {string.Join("; ", A.Agent!.GetStatus().Problems.Concat(B.Agent!.GetStatus().Problems))}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        _listeners.ForEach(listener => listener.Stop());
        await A.DisposeAsync();
        await B.DisposeAsync();
    }

    private static void SetUp(RouteSocket socket, int number, bool ipv4, bool ipv6)
    {
        var eth0 = socket.FindLink("eth0")!.Index;
        var batch = new RouteBatch().SetUp(1).SetUp(eth0);
        if (ipv4)
        {
            batch.AddAddress(eth0, IPAddress.Parse($"172.30.0.{number}"), 24);
        }

        if (ipv6)
        {
            batch.AddAddress(eth0, IPAddress.Parse($"fd30::{number}"), 64);
        }

        socket.Execute(batch);
    }
}
