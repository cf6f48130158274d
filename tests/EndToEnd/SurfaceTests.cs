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

    [Theory]
    [InlineData("shop/client", 80, true, "ingress     allowed        CiliumNetworkPolicy/shop/server ingress[0]")]
    [InlineData("shop/client", 8080, false, "lacks: 8080/TCP is not in 80/TCP, 7000/TCP, 53/UDP")]
    [InlineData("elsewhere/stranger", 80, false, "lacks: peer has app=stranger, not app=client")]
    public async Task Explain_says_of_a_connection_what_packets_say_and_why(string from, int port, bool passes, string because)
    {
        var server = bed.Pods["shop/server"];
        Assert.Equal(passes, await bed.Pods[from].ReachesTcpAsync(server.Ipv4, port));

        var byName = (await bed.Node.CliAsync("policy", "explain", "--from", from, "--to", "shop/server", "--port", $"{port}")).OrThrow();
        Assert.Contains(because, byName, StringComparison.Ordinal);
        var byAddress = await bed.Node.CliJsonAsync("policy", "explain", "--from", bed.Pods[from].Ipv4, "--to", server.Ipv6, "--port", $"{port}");
        Assert.Equal(passes ? "allowed" : "denied", byAddress.GetProperty("verdict").GetString());
    }

    [Fact]
    public async Task Diff_lists_the_flips_of_a_proposed_policy_and_changes_nothing()
    {
        var proposed = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(proposed, Shop.PolicyFor(8080));
            var flips = await bed.Node.CliAsync("policy", "diff", "-f", proposed);
            Assert.Equal(1, flips.ExitCode);
            Assert.Matches(@"shop/client \(\d+\) +shop/server \(\d+\) +80/TCP, 7000/TCP +allowed +denied\n", flips.Output);
            Assert.Matches(@"shop/client \(\d+\) +shop/server \(\d+\) +8080/TCP +denied +allowed\n", flips.Output);
            Assert.EndsWith("3 (source, destination, traffic) classes flip.\n", flips.Output, StringComparison.Ordinal);

            await File.WriteAllTextAsync(proposed, Shop.Policy);
            Assert.Equal("No verdict flips.\n", (await bed.Node.CliAsync("policy", "diff", "-f", proposed)).OrThrow());
            Assert.Equal(2, (await bed.Node.CliAsync("policy", "diff", "--delete", "CiliumNetworkPolicy/shop/none")).ExitCode);
        }
        finally
        {
            File.Delete(proposed);
        }
    }

    [Fact]
    public async Task Validate_needs_no_server_and_exits_1_when_something_is_rejected()
    {
        var directory = Directory.CreateTempSubdirectory("axoneme-validate-").FullName;
        try
        {
            await File.WriteAllTextAsync(Path.Combine(directory, "all.yaml"), $"{Shop.Pods}\n---\n{Shop.Policy}");
            var accepted = await Command.RunAsync(Product.Cli, ["policy", "validate", directory]);
            Assert.Contains("all.yaml:4 CiliumNetworkPolicy/shop/server ok\n", accepted.OrThrow(), StringComparison.Ordinal);

            await File.WriteAllTextAsync(Path.Combine(directory, "bad.yaml"), Shop.Policy.Replace("endpointSelector", "endpointSelecter", StringComparison.Ordinal));
            var rejected = await Command.RunAsync(Product.Cli, ["policy", "validate", directory]);
            Assert.Equal(1, rejected.ExitCode);
            Assert.Contains("bad.yaml:1:5 spec.endpointSelecter: no such field here; did you mean endpointSelector?\n", rejected.Output, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
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
