using Axoneme.Datapath;
using Axoneme.NodeActors.Tests.Fakes;

namespace Axoneme.NodeActors.Tests.Agent;

/// <summary>An agent that starts over what one of another version left: its maps are laid out otherwise, its programs judge real pods.</summary>
[Collection("real node")]
public sealed class LayoutChangeTests
{
    private static readonly OtherLayout _before = new(
        ("\t__u32 flags;\n};\n\n/*\n * Map `tunnels`", "\t__u32 zone;\n};\n\n/*\n * Map `tunnels`"),
        ("\t__u32 last_seen; /* ticks */\n\t__u32 last_reported;\n", "\t__u32 last_reported;\n\t__u32 last_seen; /* ticks */\n"));

    private static readonly OtherLayout _otherKey = new(
        ("\t__u32 high_address;\n\t__be16 low_port;\n\t__be16 high_port;", "\t__u32 high_address;\n\t__be16 high_port;\n\t__be16 low_port;"));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Connections_go_on_and_policy_stays_in_force(bool forceClsact)
    {
        await using var node = new RealNode(forceClsact) { Objects = _before.Object };
        var web = await StartAsync(node);
        using var listener = node.Listen("web-0", web.Ipv4!, 8080);
        using var stop = new CancellationTokenSource();
        var serving = Echo.ServeAsync(listener, stop.Token);
        using var stream = await node.ConnectAsync("client-0", web.Ipv4!, 8080) ?? throw new InvalidOperationException("no connection");
        await Echo.RoundTripAsync(stream);
        await node.StopAsync();
        Assert.Null(await node.ConnectAsync("stranger-0", web.Ipv4!, 8080, 300));

        node.Objects = null;
        await node.StartAsync();
        await Echo.RoundTripAsync(stream);
        Assert.Empty(node.Agent!.GetStatus().Problems);
        using (var another = await node.ConnectAsync("client-0", web.Ipv4!, 8080) ?? throw new InvalidOperationException("no connection"))
        {
            await Echo.RoundTripAsync(another);
        }

        Assert.Null(await node.ConnectAsync("stranger-0", web.Ipv4!, 8080, 300));
        Assert.Null(await node.ConnectAsync("web-0", node.Endpoint("client-0").Ipv4!, 8080, 300));
        await node.CniAsync("check", "web-0");
        await stop.CancelAsync();
        await serving;
    }

    [Fact]
    public async Task Connections_that_cannot_be_carried_over_are_refused_by_name_and_the_version_before_goes_on_judging()
    {
        await using var node = new RealNode(forceClsact: false) { Objects = _otherKey.Object };
        var web = await StartAsync(node);
        using var listener = node.Listen("web-0", web.Ipv4!, 8080);
        using var stop = new CancellationTokenSource();
        var serving = Echo.ServeAsync(listener, stop.Token);
        using var stream = await node.ConnectAsync("client-0", web.Ipv4!, 8080) ?? throw new InvalidOperationException("no connection");
        await node.StopAsync();

        node.Objects = null;
        var refused = await Assert.ThrowsAsync<KernelException>(node.StartAsync);
        Assert.Contains("map conntrack4", refused.Message);
        Assert.Contains("nothing was changed", refused.Message);
        await Echo.RoundTripAsync(stream);
        Assert.Null(await node.ConnectAsync("stranger-0", web.Ipv4!, 8080, 300));
        using (var another = await node.ConnectAsync("client-0", web.Ipv4!, 8080) ?? throw new InvalidOperationException("no connection"))
        {
            await Echo.RoundTripAsync(another);
        }

        node.Objects = _otherKey.Object;
        await node.StartAsync();
        await Echo.RoundTripAsync(stream);
        await stop.CancelAsync();
        await serving;
    }

    /// <summary>web may begin nothing, and only client may begin something with it.</summary>
    private static async Task<Wire.Agent.EndpointView> StartAsync(RealNode node)
    {
        var web = await node.StartWithPodsAsync();
        await node.PublishAsync(Records.Policy("web", "web", """
            "policyTypes":["Ingress","Egress"],"ingress":[{"from":[{"podSelector":{"matchLabels":{"app":"client"} } }],"ports":[{"protocol":"TCP","port":8080}]}]
            """));
        return web;
    }
}
