using Axoneme.Hubble;
using Axoneme.NodeActors.Tests.Fakes;
using Xunit.Abstractions;

namespace Axoneme.NodeActors.Tests.Agent;

/// <summary>The agent on the kernel's datapath, with real pods, by tcx and by clsact.</summary>
[Collection("real node")]
public class RealNodeTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Real_packets_follow_policy_over_changes_restart_and_removal(bool forceClsact)
    {
        await using var node = new RealNode(forceClsact);
        var web = await node.StartWithPodsAsync();
        await node.CniAsync("check", "web-0");
        using var listener4 = node.Listen("web-0", web.Ipv4!, 8080);
        using var listener6 = node.Listen("web-0", web.Ipv6!, 8080);
        using (var open = await node.ConnectAsync("stranger-0", web.Ipv4!, 8080))
        {
            Assert.NotNull(open);
        }

        await node.PublishAsync(Records.Allow("web", "web", "client", 80, 8080));
        var allowed = await node.ConnectAsync("client-0", web.Ipv4!, 8080);
        Assert.NotNull(allowed);
        using (var overIpv6 = await node.ConnectAsync("client-0", web.Ipv6!, 8080))
        {
            Assert.NotNull(overIpv6);
        }

        using (var fromHost = await node.ConnectAsync(null, web.Ipv4!, 8080))
        {
            Assert.NotNull(fromHost);
        }

        Assert.Null(await node.ConnectAsync("stranger-0", web.Ipv4!, 8080));
        Assert.Null(await node.ConnectAsync("stranger-0", web.Ipv6!, 8080));
        var drop = await DropAsync(node);
        Assert.Equal(("stranger-0", "web-0", (ushort?)8080), (drop.Source.Pod?.Name, drop.Destination.Pod?.Name, drop.Destination.Port));
        Assert.Contains("NetworkPolicy/default/web", drop.Nearest);

        // Restart: the programs keep judging, the open connection goes on, nothing is made anew.
        await node.StopAsync();
        Assert.Null(await node.ConnectAsync("stranger-0", web.Ipv4!, 8080));
        await node.StartAsync();
        Assert.Equivalent(web with { IngressEnforced = true, PolicyId = node.Endpoint("web-0").PolicyId }, node.Endpoint("web-0"));
        Assert.Equal(3, await allowed.SendAsync("abc"u8.ToArray()));
        using (var server = await AcceptFrom(listener4, allowed))
        {
            Assert.Equal(3, await server.ReceiveAsync(new byte[3]));
        }

        allowed.Dispose();
        Assert.Null(await node.ConnectAsync("stranger-0", web.Ipv4!, 8080));
        await node.CniAsync("check", "web-0");
        await node.CniAsync("del", "web-0");
        Assert.Equal(["client-0", "stranger-0"], node.Agent!.GetEndpoints().Where(e => !e.Labels.Contains("reserved:host")).Select(e => e.Pod).Order());
    }

    [Fact]
    public async Task A_hundred_pods_are_added_in_milliseconds_each()
    {
        await using var node = new RealNode(forceClsact: false);
        await node.StartAsync();
        await node.PublishAsync([Records.Identity(300, "web"), .. Enumerable.Range(0, 120).Select(i => Records.Pod($"web-{i}", "web", 300))]);
        for (var i = 0; i < 120; i++)
        {
            node.Netns($"web-{i}");
        }

        var times = new List<double>();
        for (var i = 0; i < 120; i++)
        {
            var start = TimeProvider.System.GetTimestamp();
            await node.CniAsync("add", $"web-{i}");
            times.Add(TimeProvider.System.GetElapsedTime(start).TotalMilliseconds);
        }

        var late = times.Skip(20).Order().ToArray();
        output.WriteLine($"ADD with 20 to 120 pods present: median {late[late.Length / 2]:F1} ms, p99 {late[^2]:F1} ms, max {late[^1]:F1} ms");
        Assert.True(late[late.Length / 2] < 50, $"median {late[late.Length / 2]:F1} ms");
        Assert.Single(node.Agent!.GetEndpoints().Select(e => e.PolicyId).Distinct());
    }

    private static async Task<System.Net.Sockets.Socket> AcceptFrom(System.Net.Sockets.TcpListener listener, System.Net.Sockets.Socket client)
    {
        while (true)
        {
            var socket = await listener.AcceptSocketAsync().WaitAsync(TimeSpan.FromSeconds(3));
            if (socket.RemoteEndPoint!.Equals(client.LocalEndPoint))
            {
                return socket;
            }

            socket.Dispose();
        }
    }

    private static async Task<Flow> DropAsync(RealNode node)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        var filter = FlowFilterParser.Parse([new("verdict", "dropped"), new("pod", "default/stranger-0"), new("port", "8080")]);
        await foreach (var entry in node.Agent!.Flows.ReadAsync(filter, last: 10, follow: true, patience.Token))
        {
            // Last packets of the connection that was open before are dropped too.
            if (entry.Flow is { Destination.Port: 8080 } flow)
            {
                return flow;
            }
        }

        throw new InvalidOperationException("the ring ended");
    }
}
