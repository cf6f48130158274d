using System.Collections.Concurrent;
using System.Net.Sockets;
using Axoneme.NodeActors.Tests.Fakes;

namespace Axoneme.NodeActors.Tests.Agent;

/// <summary>Other map sizes at a restart, on the kernel's datapath, under traffic.</summary>
[Collection("real node")]
public class MapSizeChangeTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task No_connection_is_lost_neither_old_ones_nor_those_that_begin_meanwhile(bool forceClsact)
    {
        await using var node = new RealNode(forceClsact);
        await node.StartAsync();
        await node.PublishAsync(Records.Identity(300, "web"), Records.Identity(301, "client"), Records.Pod("web-0", "web", 300), Records.Pod("client-0", "client", 301));
        var web = await node.AddAsync("web-0");
        await node.AddAsync("client-0");

        // web may begin nothing: its answers pass by the connections' entries alone, and an entry lost would end its connection.
        await node.PublishAsync(Records.Policy("web", "web", """
            "policyTypes":["Ingress","Egress"],"ingress":[{"from":[{"podSelector":{"matchLabels":{"app":"client"} } }],"ports":[{"protocol":"TCP","port":8080}]}]
            """));
        using var listener = node.Listen("web-0", web.Ipv4!, 8080);
        using var stop = new CancellationTokenSource();
        var serving = Echo.ServeAsync(listener, stop.Token);
        var stream = await node.ConnectAsync("client-0", web.Ipv4!, 8080) ?? throw new InvalidOperationException("no connection");
        var rounds = 0;
        var streaming = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await Echo.RoundTripAsync(stream);
                rounds++;
            }
        });

        foreach (var entries in new uint[] { 1 << 16, 1 << 18, 1 << 15 })
        {
            var begun = new ConcurrentBag<Socket>();
            using var stopBeginning = new CancellationTokenSource();
            var beginning = Task.Run(async () =>
            {
                while (!stopBeginning.IsCancellationRequested)
                {
                    begun.Add(await node.ConnectAsync("client-0", web.Ipv4!, 8080, 5000) ?? throw new InvalidOperationException("a connection could not be made during the change"));
                    await Task.Delay(2, CancellationToken.None);
                }
            });
            await node.StopAsync();
            node.DatapathOptions = node.DatapathOptions with { ConntrackEntries = entries, PolicyEntries = entries / 2, HostEntries = entries / 2 };
            await node.StartAsync();
            await stopBeginning.CancelAsync();
            await beginning;
            Assert.True(begun.Count > 5, $"{begun.Count} connections were begun");
            foreach (var socket in begun)
            {
                await Echo.RoundTripAsync(socket);
                socket.Dispose();
            }
        }

        await stop.CancelAsync();
        await streaming;
        listener.Stop();
        await serving;
        Assert.True(rounds > 100, $"{rounds} round trips");
        Assert.Null(await node.ConnectAsync("web-0", node.Endpoint("client-0").Ipv4!, 8080, 300));
    }
}
