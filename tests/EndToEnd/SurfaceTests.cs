namespace Axoneme.EndToEnd;

/// <summary>What a person or a program sees of a running node: the CLI and the admin API.</summary>
public sealed class SurfaceTests(SurfaceTests.Bed bed) : IClassFixture<SurfaceTests.Bed>
{
    [Theory]
    [InlineData("status", "node1")]
    [InlineData("endpoint list", "client")]
    [InlineData("identity list", "k8s:app=client")]
    [InlineData("policy get", "server")]
    [InlineData("bpf endpoint list", "10.244.0.")]
    [InlineData("bpf ipcache list", "10.244.0.")]
    [InlineData("bpf policy list", "80")]
    [InlineData("bpf ct list", "TCP")]
    public async Task Every_command_prints_a_table_and_json(string command, string contains)
    {
        await bed.Pods["shop/client"].ReachesTcpAsync(bed.Pods["shop/server"].Ipv4, 80);
        Assert.Contains(contains, (await bed.Node.CliAsync(command.Split(' '))).OrThrow(), StringComparison.Ordinal);
        Assert.Contains(contains, (await bed.Node.CliJsonAsync(command.Split(' '))).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_endpoint_can_be_asked_for_by_id_and_by_name()
    {
        var pod = bed.Pods["shop/server"];
        Assert.Contains(pod.Ipv4, (await bed.Node.CliAsync("endpoint", "get", $"{pod.EndpointId}")).OrThrow(), StringComparison.Ordinal);
        Assert.Contains(pod.Ipv4, (await bed.Node.CliAsync("endpoint", "get", "shop/server")).OrThrow(), StringComparison.Ordinal);
        Assert.NotEqual(0, (await bed.Node.CliAsync("endpoint", "get", "60000")).ExitCode);
        Assert.Contains("k8s:app=server", (await bed.Node.CliAsync("identity", "get", $"{pod.Identity}")).OrThrow(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bpf_commands_show_what_the_kernel_holds()
    {
        var fromKernel = (await Command.RunAsync("bpftool", ["map", "dump", "pinned", Path.Combine(bed.Node.BpfRoot, "maps", "endpoints"), "-j"])).Output;
        var shown = (await bed.Node.CliJsonAsync("bpf", "endpoint", "list")).GetArrayLength();
        using var document = System.Text.Json.JsonDocument.Parse(fromKernel);
        Assert.Equal(document.RootElement.GetArrayLength(), shown);
    }

    [Fact]
    public async Task The_admin_api_shows_every_actor()
    {
        var kinds = (await bed.Node.AdminAsync("/v1/actors")).ToString();
        Assert.All(new[] { "endpoint", "policy", "node", "identity" }, kind => Assert.Contains(kind, kinds, StringComparison.Ordinal));
        Assert.Contains("shop/client", (await bed.Node.AdminAsync("/v1/actors/endpoint")).ToString(), StringComparison.Ordinal);
        var actor = await bed.Node.AdminAsync("/v1/actors/endpoint/shop/client");
        Assert.All(new[] { "state", "revision", "mailboxDepth", "lastEventTime" }, member => Assert.True(actor.TryGetProperty(member, out _), member));
        Assert.Contains(bed.Pods["shop/client"].Ipv4, (await bed.Node.AdminAsync("/v1/state/ip")).ToString(), StringComparison.Ordinal);
        Assert.Contains("CiliumNetworkPolicy/shop/server", (await bed.Node.AdminAsync("/v1/state/policy")).ToString(), StringComparison.Ordinal);
        await bed.Node.AdminAsync("/healthz");
    }

    [Fact]
    public async Task Sockets_are_for_their_owner_only()
    {
        foreach (var socket in new[] { bed.Node.AgentSocket, bed.Node.AdminSocket })
        {
            Assert.Equal("600\n", await Command.OkAsync("stat", "-c", "%a", socket));
        }
    }

    [Fact]
    public async Task Metrics_are_scraped_from_both_sockets()
    {
        foreach (var socket in new[] { bed.Node.AgentSocket, bed.Node.AdminSocket })
        {
            var text = await bed.Node.GetTextAsync(socket, "/metrics");
            Assert.Contains("# TYPE", text, StringComparison.Ordinal);
        }
    }

    public sealed class Bed : IAsyncLifetime
    {
        public Node Node { get; private set; } = null!;

        public IReadOnlyDictionary<string, Pod> Pods { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            Node = await Shop.StartAsync();
            Pods = await Node.PodsAsync(Shop.Names);
        }

        public async Task DisposeAsync() => await Node.DisposeAsync();
    }
}
