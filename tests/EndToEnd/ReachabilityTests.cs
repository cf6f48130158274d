namespace Axoneme.EndToEnd;

/// <summary>Who reaches whom, by real packets; the same cases on tcx and on clsact.</summary>
public abstract class ReachabilityTests(ReachabilityTests.Bed bed)
{
    private Pod Client => bed.Pods["shop/client"];
    private Pod Server => bed.Pods["shop/server"];
    private Pod Stranger => bed.Pods["elsewhere/stranger"];

    [Theory]
    [InlineData(4)]
    [InlineData(6)]
    public async Task The_client_reaches_what_the_policy_allows_and_no_more(int family)
    {
        var server = family == 4 ? Server.Ipv4 : Server.Ipv6;
        Assert.True(await Client.ReachesTcpAsync(server, 80));
        Assert.True(await Client.ReachesUdpAsync(server, 53));
        Assert.True(await Client.PingsAsync(server));
        Assert.False(await Client.ReachesTcpAsync(server, 8080));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(6)]
    public async Task The_stranger_reaches_nothing_of_the_server_and_all_of_the_unprotected(int family)
    {
        var server = family == 4 ? Server.Ipv4 : Server.Ipv6;
        Assert.False(await Stranger.ReachesTcpAsync(server, 80));
        Assert.False(await Stranger.ReachesUdpAsync(server, 53));
        Assert.False(await Stranger.PingsAsync(server));
        Assert.True(await Stranger.ReachesTcpAsync(family == 4 ? Client.Ipv4 : Client.Ipv6, 80));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(6)]
    public async Task The_node_reaches_its_pods_whatever_policy_says(int family)
    {
        var ping = await bed.Node.Namespace.RunAsync("ping", "-c", "1", "-W", "1", family == 4 ? Server.Ipv4 : Server.Ipv6);
        Assert.True(ping.ExitCode == 0, ping.Output + ping.Error);
    }

    [Fact]
    public async Task A_pod_reaches_its_node()
    {
        var routers = (await bed.Node.Namespace.RunAsync("ip", "-4", "-o", "address", "show")).OrThrow();
        var router = routers.Split('\n').Single(line => line.Contains(" axo_", StringComparison.Ordinal)).Split("inet ")[1].Split('/')[0];
        Assert.True(await Client.PingsAsync(router));
    }

    [Fact]
    public async Task A_large_transfer_arrives_whole()
    {
        using var listener = Server.Listen(7000);
        using var sender = await Client.ConnectAsync(Server.Ipv4, 7000) ?? throw new InvalidOperationException("no connection");
        using var receiver = await listener.AcceptAsync();
        var data = new byte[20_000_000];
        new Random(1).NextBytes(data);
        var sending = Task.Run(async () =>
        {
            for (var sent = 0; sent < data.Length;)
            {
                sent += await sender.SendAsync(data.AsMemory(sent));
            }

            sender.Shutdown(System.Net.Sockets.SocketShutdown.Send);
        });
        var received = new MemoryStream();
        var buffer = new byte[1 << 16];
        while (await receiver.ReceiveAsync(buffer) is var count and > 0)
        {
            received.Write(buffer, 0, count);
        }

        await sending;
        Assert.Equal(data, received.ToArray());
    }

    [Fact]
    public async Task A_forged_source_address_is_dropped_and_the_drop_names_the_pod()
    {
        (await Client.RunAsync("ip", "address", "add", "10.244.0.200/32", "dev", "eth0")).OrThrow();
        try
        {
            Assert.NotEqual(0, (await Client.RunAsync("ping", "-c", "1", "-W", "1", "-I", "10.244.0.200", Server.Ipv4)).ExitCode);
            await bed.Node.UntilAsync("the drop is seen", async () =>
                (await bed.Node.CliAsync("monitor", "--last", "50", "--verdict", "dropped", "--no-follow", "-o", "json")).Output.Split('\n').Any(line =>
                    line.Contains("INVALID_SOURCE_IP", StringComparison.Ordinal) && line.Contains("\"client\"", StringComparison.Ordinal)));
        }
        finally
        {
            await Client.RunAsync("ip", "address", "del", "10.244.0.200/32", "dev", "eth0");
        }
    }

    [Fact]
    public async Task A_drop_names_the_missing_rule()
    {
        Assert.False(await Stranger.ReachesTcpAsync(Server.Ipv4, 80));
        await bed.Node.UntilAsync("the drop is seen", async () =>
            (await bed.Node.CliAsync("monitor", "--last", "200", "--verdict", "dropped", "--no-follow", "-o", "json")).Output.Split('\n').Any(line =>
                line.Contains("POLICY_DENIED", StringComparison.Ordinal)
                && line.Contains("\"stranger\"", StringComparison.Ordinal) && line.Contains("\"server\"", StringComparison.Ordinal)));
    }

    public abstract class Bed(bool forceClsact) : IAsyncLifetime
    {
        public Node Node { get; private set; } = null!;

        public IReadOnlyDictionary<string, Pod> Pods { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            Node = await Shop.StartAsync(new NodeOptions { ForceClsact = forceClsact });
            Pods = await Node.PodsAsync(Shop.Names);
        }

        public async Task DisposeAsync() => await Node.DisposeAsync();
    }
}

public sealed class ReachabilityOnTcxTests(ReachabilityOnTcxTests.TcxBed bed) : ReachabilityTests(bed), IClassFixture<ReachabilityOnTcxTests.TcxBed>
{
    public sealed class TcxBed() : Bed(forceClsact: false);
}

public sealed class ReachabilityOnClsactTests(ReachabilityOnClsactTests.ClsactBed bed) : ReachabilityTests(bed), IClassFixture<ReachabilityOnClsactTests.ClsactBed>
{
    public sealed class ClsactBed() : Bed(forceClsact: true);
}
