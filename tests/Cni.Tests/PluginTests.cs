using System.Text.Json;
using Axoneme.Tests;

namespace Axoneme.Cni.Tests;

public sealed class PluginTests
{
    private const string Result = """{"cniVersion":"1.0.0","ips":[{"address":"10.244.0.5/32"}]}""";

    [Fact]
    public async Task Add_passes_the_runtimes_parameters_to_the_agent_and_prints_its_result()
    {
        await using var agent = FakeAgent.Answering(200, Result);

        var (exitCode, output) = await Plugin.RunAsync(Plugin.EnvironmentOf("ADD"), Plugin.Config(agent.SocketPath));

        Assert.Equal((0, Result), (exitCode, output));
        var (line, body) = Assert.Single(agent.Requests);
        Assert.Equal("POST /v1/cni/add HTTP/1.1", line);
        var call = JsonDocument.Parse(body).RootElement;
        Assert.Equal("c0ffee", call.GetProperty("containerId").GetString());
        Assert.Equal("/run/netns/none", call.GetProperty("netns").GetString());
        Assert.Equal("eth0", call.GetProperty("ifName").GetString());
        Assert.Equal("api", call.GetProperty("args").GetProperty("K8S_POD_NAME").GetString());
        Assert.Equal(1500, call.GetProperty("config").GetProperty("mtu").GetInt32());
    }

    [Theory]
    [InlineData("DEL")]
    [InlineData("CHECK")]
    [InlineData("GC")]
    [InlineData("STATUS")]
    public async Task Commands_without_a_result_succeed_silently(string command)
    {
        await using var agent = FakeAgent.Answering(200, "{}");

        var (exitCode, output) = await Plugin.RunAsync(Plugin.EnvironmentOf(command), Plugin.Config(agent.SocketPath));

        Assert.Equal((0, ""), (exitCode, output));
        Assert.Equal($"POST /v1/cni/{command.ToLowerInvariant()} HTTP/1.1", Assert.Single(agent.Requests).Line);
    }

    [Fact]
    public async Task Del_needs_no_network_namespace()
    {
        await using var agent = FakeAgent.Answering(200, "{}");
        var environment = Plugin.EnvironmentOf("DEL");
        environment.Remove("CNI_NETNS");

        var (exitCode, _) = await Plugin.RunAsync(environment, Plugin.Config(agent.SocketPath));

        Assert.Equal(0, exitCode);
    }

    [Fact]
    public async Task Version_is_answered_without_an_agent()
    {
        var (exitCode, output) = await Plugin.RunAsync(new() { ["CNI_COMMAND"] = "VERSION" }, """{"cniVersion":"0.4.0"}""");

        Assert.Equal((0, """{"cniVersion":"0.4.0","supportedVersions":["1.0.0","1.1.0"]}"""), (exitCode, output));
    }

    [Fact]
    public async Task An_answer_in_chunks_is_put_together()
    {
        await using var agent = FakeAgent.Sending("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4;x=y\r\n{\"a\"\r\nA\r\n:12345678}\r\n0\r\n\r\n");

        var (exitCode, output) = await Plugin.RunAsync(Plugin.EnvironmentOf("ADD"), Plugin.Config(agent.SocketPath));

        Assert.Equal((0, """{"a":12345678}"""), (exitCode, output));
    }

    [Fact]
    public async Task The_environment_names_the_socket_when_the_configuration_does_not()
    {
        await using var agent = FakeAgent.Answering(200, Result);
        var environment = Plugin.EnvironmentOf("ADD");
        environment["AXONEME_AGENT_SOCKET"] = agent.SocketPath;

        var (exitCode, output) = await Plugin.RunAsync(environment, """{"cniVersion":"1.1.0","name":"axoneme","type":"axoneme-cni"}""");

        Assert.Equal((0, Result), (exitCode, output));
    }
}
