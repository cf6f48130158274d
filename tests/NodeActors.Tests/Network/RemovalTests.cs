using Axoneme.Datapath;
using Axoneme.Datapath.Network;
using Axoneme.Datapath.Removal;

namespace Axoneme.NodeActors.Tests.Network;

/// <summary>Cleaning up behind a real agent. Needs root.</summary>
public sealed class RemovalTests
{
    [Theory]
    [InlineData(false, true)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public async Task Everything_an_agent_made_goes_when_the_agent_is_dead(bool forceClsact, bool hasPins)
    {
        await using var nodes = await TwoNodes.StartAsync(options => options with { Routing = RoutingMode.Vxlan, EndpointHealthChecking = true }, forceClsact: forceClsact);
        var root = nodes.A.Options.BpfRoot;
        nodes.A.Namespace.Run(() =>
        {
            var refusal = Assert.Throws<KernelException>(() => NodeRemoval.Open(root, null));
            Assert.Contains("another process holds it", refusal.Message, StringComparison.Ordinal);
        });
        await nodes.A.StopAsync();
        if (!hasPins)
        {
            nodes.A.Namespace.Run(() => NodeDatapath.Remove(new DatapathOptions { BpfRoot = root }));
        }

        nodes.A.Namespace.Run(() =>
        {
            using (var removal = NodeRemoval.Open(root, null))
            {
                Assert.Contains(removal.Found, item => item.Kind == "interface" && item.Name.StartsWith("lxc", StringComparison.Ordinal));
                Assert.Contains(removal.Found, item => item.Kind == "namespace" && item.Name == Path.GetFileName(nodes.A.HealthNetns()));
                Assert.DoesNotContain(removal.Run(), item => item.Problem is not null);
            }

            using var again = NodeRemoval.Open(root, null);
            Assert.Empty(again.Found);
        });

        using var socket = RouteSocket.OpenIn(nodes.A.Namespace);
        Assert.Equal(["eth0", "lo"], socket.Links().Select(link => link.Name).Order());
        Assert.DoesNotContain(socket.Routes(), route => route.Protocol == RouteInfo.OurProtocol);
        Assert.False(Directory.Exists(root));
        Assert.False(File.Exists(nodes.A.HealthNetns()));
    }
}
