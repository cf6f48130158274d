using System.Net;
using System.Text.Json;
using Axoneme.NodeActors.Tests.Fakes;
using Axoneme.Wire.Agent;

namespace Axoneme.NodeActors.Tests.Cni;

/// <summary>What a runtime gets for what it passes.</summary>
public class CniServerTests : IAsyncLifetime
{
    private readonly TestNode _node = new();

    public Task InitializeAsync() => _node.StartAsync();

    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Theory]
    [InlineData("""{"name":"n","type":"t"}""", 7, "cniVersion: is missing")]
    [InlineData("""{"cniVersion":"2.0.0","name":"n","type":"t"}""", 1, "cniVersion: \"2.0.0\" is not supported")]
    [InlineData("""{"cniVersion":"1.0.0","type":"t"}""", 7, "name: is missing")]
    [InlineData("""{"cniVersion":"1.0.0","name":"","type":"t"}""", 7, "name: must be a string that is not empty")]
    [InlineData("""{"cniVersion":"1.0.0","name":"n"}""", 7, "type: is missing")]
    [InlineData("""{"cniVersion":"1.0.0","name":"n","type":5}""", 7, "type: must be a string that is not empty, is 5")]
    [InlineData("""{"cniVersion":"1.0.0","name":"n","type":"t","mtu":1000}""", 7, "mtu: must be a whole number from 1280 to 65535, is 1000")]
    [InlineData("""{"cniVersion":"1.0.0","name":"n","type":"t","mtu":"big"}""", 7, "mtu: must be")]
    [InlineData("""{"cniVersion":"1.0.0","name":"n","type":"t","ipam":{"type":"host-local"}}""", 7, "ipam: must be absent or empty")]
    [InlineData("""[]""", 6, "network configuration: must be a JSON object")]
    public async Task A_wrong_configuration_is_refused_with_the_fields_name(string config, uint code, string message)
    {
        foreach (var verb in new[] { "add", "del", "check", "status" })
        {
            var failure = await _node.FailAsync(verb, _node.Call("c1", config: JsonDocument.Parse(config).RootElement));
            Assert.Equal(code, failure.Code);
            Assert.StartsWith(message, failure.Message);
        }
    }

    [Theory]
    [InlineData("", "eth0", "CNI_CONTAINERID")]
    [InlineData("../x", "eth0", "CNI_CONTAINERID")]
    [InlineData("c1", "", "CNI_IFNAME")]
    [InlineData("c1", "a/b", "CNI_IFNAME")]
    [InlineData("c1", "..", "CNI_IFNAME")]
    [InlineData("c1", "sixteen-letters-", "CNI_IFNAME")]
    public async Task A_wrong_environment_is_refused_with_the_variables_name(string container, string ifName, string variable)
    {
        var failure = await _node.FailAsync("add", _node.Call("x") with { ContainerId = container, IfName = ifName });
        Assert.Equal(4u, failure.Code);
        Assert.StartsWith(variable, failure.Message);
    }

    [Fact]
    public async Task The_nodes_own_namespace_is_not_a_pods()
    {
        var failure = await _node.FailAsync("add", _node.Call("c1") with { Netns = "/proc/self/ns/net" });
        Assert.Equal(4u, failure.Code);
        Assert.StartsWith("CNI_NETNS: \"/proc/self/ns/net\" is the node's own namespace", failure.Message);
        Assert.Empty(_node.Network.Pairs);
    }

    [Fact]
    public async Task A_namespace_that_is_missing_or_not_there_is_refused_except_for_del()
    {
        Assert.Contains("CNI_NETNS: is missing", (await _node.FailAsync("add", _node.Call("c1") with { Netns = "" })).Message);
        Assert.Contains("\"/run/netns/no\" does not exist", (await _node.FailAsync("add", _node.Call("c1") with { Netns = "/run/netns/no" })).Message);
        await _node.Agent!.CniAsync("del", _node.Call("c1") with { Netns = "" }, CancellationToken.None);
    }

    [Theory]
    [InlineData("0.3.1", true)]
    [InlineData("0.4.0", true)]
    [InlineData("1.0.0", false)]
    [InlineData("1.1.0", false)]
    public async Task The_result_has_the_form_of_the_version_asked_for(string version, bool hasFamily)
    {
        var config = JsonDocument.Parse($$"""{"cniVersion":"{{version}}","name":"n","type":"t","mtu":1400}""").RootElement;
        var result = JsonDocument.Parse(await _node.Agent!.CniAsync("add", _node.Call("c1", config: config), CancellationToken.None)).RootElement;
        Assert.Equal(version, result.GetProperty("cniVersion").GetString());
        var pod = result.GetProperty("interfaces")[result.GetProperty("ips")[0].GetProperty("interface").GetInt32()];
        Assert.Equal(("eth0", _node.Netns), (pod.GetProperty("name").GetString(), pod.GetProperty("sandbox").GetString()));
        Assert.Equal(("10.1.0.2/32", "169.254.1.1"), (TestNode.Ipv4(result), result.GetProperty("ips")[0].GetProperty("gateway").GetString()));
        Assert.Equal(hasFamily, result.GetProperty("ips")[1].TryGetProperty("version", out _));
        Assert.Equal(["0.0.0.0/0", "::/0"], result.GetProperty("routes").EnumerateArray().Select(r => r.GetProperty("dst").GetString()));
        Assert.Equal(1400, _node.Network.Pairs.Single().Pod.Mtu);
    }

    [Fact]
    public async Task Check_passes_on_a_whole_endpoint_and_lists_each_difference_of_a_damaged_one()
    {
        await _node.AddAsync("c1");
        await _node.Agent!.CniAsync("check", _node.Call("c1"), CancellationToken.None);
        var ifindex = _node.Endpoint("c1").Ifindex;
        _node.Kernel.Detach(ifindex);
        _node.Kernel.Endpoints.Delete(ifindex);
        _node.Kernel.Hosts.Clear();
        var failure = await _node.FailAsync("check", _node.Call("c1"));
        Assert.Equal(102u, failure.Code);
        var details = failure.ToError("1.0.0").Details;
        Assert.Contains("programs are not attached", details);
        Assert.Contains($"map endpoints has no entry for ifindex {ifindex}", details);
        Assert.Contains("map hosts: 10.1.0.2 does not lead to", details);
        Assert.Contains("map hosts: fd00:1::2 does not lead to", details);
    }

    [Fact]
    public async Task Check_of_an_unknown_attachment_fails() => Assert.Equal(103u, (await _node.FailAsync("check", _node.Call("c9"))).Code);

    [Fact]
    public async Task Gc_removes_what_the_runtime_does_not_name()
    {
        await _node.AddAsync("c1");
        await _node.AddAsync("c2");
        var config = JsonDocument.Parse("""{"cniVersion":"1.1.0","name":"n","type":"t","cni.dev/valid-attachments":[{"containerID":"c2","ifname":"eth0"}]}""").RootElement;
        await _node.Agent!.CniAsync("gc", new CniCall("", "", "", [], config), CancellationToken.None);
        Assert.Equal(["c2"], _node.Agent.GetEndpoints().Select(e => e.ContainerId));
    }

    [Theory]
    [InlineData("""{"cniVersion":"1.1.0","name":"n","type":"t"}""", "cni.dev/valid-attachments: GC needs a list")]
    [InlineData("""{"cniVersion":"1.1.0","name":"n","type":"t","cni.dev/valid-attachments":[{"containerID":"c2"}]}""", "cni.dev/valid-attachments[0].ifname: is missing")]
    public async Task Gc_without_a_clear_list_removes_nothing(string config, string message)
    {
        await _node.AddAsync("c1");
        var failure = await _node.FailAsync("gc", new CniCall("", "", "", [], JsonDocument.Parse(config).RootElement));
        Assert.Equal(7u, failure.Code);
        Assert.StartsWith(message, failure.Message);
        Assert.Single(_node.Agent!.GetEndpoints());
    }

    [Fact]
    public async Task A_full_pool_is_an_error_of_add_and_of_status()
    {
        await _node.StopAsync();
        _node.Options = _node.Options with { PodCidr4 = IPNetwork.Parse("10.1.0.0/30") };
        await _node.StartAsync();
        await _node.Agent!.CniAsync("status", _node.Call("x"), CancellationToken.None);
        await _node.AddAsync("c1");
        var full = await _node.FailAsync("add", _node.Call("c2"));
        Assert.Equal(101u, full.Code);
        Assert.Contains("10.1.0.0/30: all 1 addresses are in use", full.Message);
        var status = await _node.FailAsync("status", _node.Call("x"));
        Assert.Equal(50u, status.Code);
        Assert.Contains("10.1.0.0/30", status.ToError("1.1.0").Details);
        Assert.Equal(1ul, _node.Agent.GetStatus().Pools[1].InUse);
    }
}
