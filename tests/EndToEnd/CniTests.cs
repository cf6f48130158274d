using System.Text.Json;

namespace Axoneme.EndToEnd;

/// <summary>The plugin binary as a container runtime calls it.</summary>
public sealed class CniTests(CniTests.Bed bed) : IClassFixture<CniTests.Bed>
{
    [Fact]
    public async Task Add_answers_a_result_of_the_asked_version_and_wires_the_namespace()
    {
        await using var ns = await Namespace.CreateAsync(Namespace.UniqueName("cni"));
        var result = Json((await CallAsync("ADD", ns, "add")).OrThrow());
        Assert.Equal("1.0.0", result.GetProperty("cniVersion").GetString());
        Assert.Contains(result.GetProperty("interfaces").EnumerateArray(), item => item.TryGetProperty("sandbox", out var sandbox) && sandbox.GetString() == ns.Path);
        var addresses = result.GetProperty("ips").EnumerateArray().Select(ip => ip.GetProperty("address").GetString()!).ToArray();
        Assert.Equal(2, addresses.Length);
        var shown = (await ns.RunAsync("ip", "-o", "address", "show", "eth0")).OrThrow();
        Assert.All(addresses, address => Assert.Contains(address, shown, StringComparison.Ordinal));
        var ping = await ns.RunAsync("ping", "-c", "1", "-W", "1", bed.ServerIpv4);
        Assert.Equal(0, ping.ExitCode);
        (await CallAsync("DEL", ns, "add")).OrThrow();
        Assert.NotEqual(0, (await ns.RunAsync("ip", "link", "show", "eth0")).ExitCode);
    }

    [Fact]
    public async Task Add_again_gives_the_same_answer()
    {
        await using var ns = await Namespace.CreateAsync(Namespace.UniqueName("cni"));
        var first = (await CallAsync("ADD", ns, "again")).OrThrow();
        Assert.Equal(first, (await CallAsync("ADD", ns, "again")).OrThrow());
        (await CallAsync("DEL", ns, "again")).OrThrow();
    }

    [Fact]
    public async Task Del_succeeds_on_what_is_gone()
    {
        var ns = await Namespace.CreateAsync(Namespace.UniqueName("cni"));
        (await CallAsync("ADD", ns, "gone")).OrThrow();
        await ns.DisposeAsync();
        (await CallAsync("DEL", ns, "gone")).OrThrow();
        (await CallAsync("DEL", ns, "gone")).OrThrow();
        (await CallAsync("DEL", ns, "never-was")).OrThrow();
        Assert.DoesNotContain("cni-gone", (await bed.Node.AgentAsync("/v1/endpoints")).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_is_content_with_what_add_made_and_names_what_is_missing()
    {
        await using var ns = await Namespace.CreateAsync(Namespace.UniqueName("cni"));
        var result = (await CallAsync("ADD", ns, "check")).OrThrow();
        (await CallAsync("CHECK", ns, "check", previous: result)).OrThrow();
        var address = Json(result).GetProperty("ips")[0].GetProperty("address").GetString()!;
        (await ns.RunAsync("ip", "address", "del", address, "dev", "eth0")).OrThrow();
        var error = Json((await CallAsync("CHECK", ns, "check", previous: result)).Output);
        Assert.Contains(address.Split('/')[0], error.ToString(), StringComparison.Ordinal);
        (await CallAsync("DEL", ns, "check")).OrThrow();
    }

    [Fact]
    public async Task An_address_is_not_given_twice_and_comes_back_after_del()
    {
        await using var one = await Namespace.CreateAsync(Namespace.UniqueName("cni"));
        await using var two = await Namespace.CreateAsync(Namespace.UniqueName("cni"));
        var first = Json((await CallAsync("ADD", one, "one")).OrThrow()).GetProperty("ips")[0].GetProperty("address").GetString();
        var second = Json((await CallAsync("ADD", two, "two")).OrThrow()).GetProperty("ips")[0].GetProperty("address").GetString();
        Assert.NotEqual(first, second);
        (await CallAsync("DEL", one, "one")).OrThrow();
        (await CallAsync("DEL", two, "two")).OrThrow();
        await bed.Node.UntilAsync("both are free", async () => !(await bed.Node.CliAsync("bpf", "endpoint", "list")).Output.Contains(second!.Split('/')[0], StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_pod_nobody_knows_starts_as_init()
    {
        await using var ns = await Namespace.CreateAsync(Namespace.UniqueName("cni"));
        (await CallAsync("ADD", ns, "unknown", pod: "nobody-knows")).OrThrow();
        var endpoint = (await bed.Node.AgentAsync("/v1/endpoints")).EnumerateArray().Single(item => item.GetProperty("containerId").GetString() == "cni-unknown");
        Assert.Equal(5u, endpoint.GetProperty("identity").GetUInt32());
        (await CallAsync("DEL", ns, "unknown", pod: "nobody-knows")).OrThrow();
    }

    [Theory]
    [InlineData("{\"cniVersion\":\"1.0.0\",\"name\":\"x\",\"type\":\"axoneme-cni\",\"mtu\":\"many\",\"agent-socket\":\"SOCKET\"}", 7, "mtu")]
    [InlineData("{\"cniVersion\":\"9.9.9\",\"name\":\"x\",\"type\":\"axoneme-cni\",\"agent-socket\":\"SOCKET\"}", 1, "9.9.9")]
    [InlineData("{\"cniVersion\":\"1.0.0\",\"type\":\"axoneme-cni\",\"agent-socket\":\"SOCKET\"}", 7, "name")]
    [InlineData("{not json", 6, "")]
    [InlineData("{\"cniVersion\":\"1.0.0\",\"name\":\"x\",\"type\":\"axoneme-cni\",\"agent-socket\":\"/nowhere/agent.sock\"}", 11, "/nowhere/agent.sock")]
    public async Task A_wrong_configuration_is_a_cni_error_object_that_names_the_field(string config, int code, string names)
    {
        await using var ns = await Namespace.CreateAsync(Namespace.UniqueName("cni"));
        var result = await CallAsync("ADD", ns, "wrong", config: config.Replace("SOCKET", bed.Node.AgentSocket, StringComparison.Ordinal));
        Assert.NotEqual(0, result.ExitCode);
        var error = Json(result.Output);
        Assert.Equal(code, error.GetProperty("code").GetInt32());
        Assert.Contains(names, error.ToString(), StringComparison.Ordinal);
        Assert.NotEqual(0, (await ns.RunAsync("ip", "link", "show", "eth0")).ExitCode);
    }

    [Fact]
    public async Task A_missing_network_namespace_is_a_cni_error_and_leaves_nothing()
    {
        var before = (await bed.Node.AgentAsync("/v1/endpoints")).GetArrayLength();
        var result = await CallAsync("ADD", "/run/netns/axt-not-there", "no-netns");
        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("/run/netns/axt-not-there", Json(result.Output).ToString(), StringComparison.Ordinal);
        Assert.Equal(before, (await bed.Node.AgentAsync("/v1/endpoints")).GetArrayLength());
    }

    [Fact]
    public async Task Status_and_version_answer()
    {
        (await CallAsync("STATUS", "", "")).OrThrow();
        Assert.Contains(Json((await CallAsync("VERSION", "", "")).OrThrow()).GetProperty("supportedVersions").EnumerateArray(), version => version.GetString() == "1.0.0");
    }

    private Task<CommandResult> CallAsync(string command, Namespace ns, string container, string pod = "client", string? config = null, string? previous = null) =>
        CallAsync(command, ns.Path, container, pod, config, previous);

    private Task<CommandResult> CallAsync(string command, string netns, string container, string pod = "client", string? config = null, string? previous = null)
    {
        config ??= $$"""{"cniVersion":"1.0.0","name":"test","type":"axoneme-cni","agent-socket":"{{bed.Node.AgentSocket}}"{{(previous is null ? "" : $",\"prevResult\":{previous}")}}}""";
        return Command.RunAsync("nsenter", Namespace.Enter(bed.Node.Namespace.Path, Product.Cni), config, new Dictionary<string, string>
        {
            ["CNI_COMMAND"] = command, ["CNI_CONTAINERID"] = $"cni-{container}", ["CNI_NETNS"] = netns, ["CNI_IFNAME"] = "eth0", ["CNI_PATH"] = "/opt/cni/bin",
            ["CNI_ARGS"] = $"IgnoreUnknown=1;K8S_POD_NAMESPACE=shop;K8S_POD_NAME={pod};K8S_POD_INFRA_CONTAINER_ID=cni-{container}",
        });
    }

    private static JsonElement Json(string text)
    {
        using var document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }

    public sealed class Bed : IAsyncLifetime
    {
        public Node Node { get; private set; } = null!;

        public string ServerIpv4 { get; private set; } = "";

        public async Task InitializeAsync()
        {
            Node = await Shop.StartAsync();
            ServerIpv4 = (await Node.PodsAsync("shop/server"))["shop/server"].Ipv4;
        }

        public async Task DisposeAsync() => await Node.DisposeAsync();
    }
}
