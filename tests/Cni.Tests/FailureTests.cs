using Axoneme.Tests;

namespace Axoneme.Cni.Tests;

/// <summary>Every failure is an error object with the specification's code and the name of what is wrong.</summary>
public sealed class FailureTests
{
    private const string NoAgent = "/tmp/axoneme-no-agent-here.sock";

    [Theory]
    [InlineData("ADD", "CNI_CONTAINERID")]
    [InlineData("ADD", "CNI_NETNS")]
    [InlineData("ADD", "CNI_IFNAME")]
    [InlineData("CHECK", "CNI_NETNS")]
    [InlineData("DEL", "CNI_CONTAINERID")]
    [InlineData("ADD", "CNI_COMMAND")]
    public async Task A_missing_variable_is_code_4_and_named(string command, string variable)
    {
        var environment = Plugin.EnvironmentOf(command);
        environment.Remove(variable);

        var (code, message) = await Plugin.FailAsync(environment, Plugin.Config(NoAgent));

        Assert.Equal(4u, code);
        Assert.StartsWith($"{variable}: ", message);
    }

    [Theory]
    [InlineData("CNI_COMMAND", "REMOVE")]
    [InlineData("CNI_COMMAND", "1")]
    [InlineData("CNI_CONTAINERID", "-rf")]
    [InlineData("CNI_CONTAINERID", "a/b")]
    [InlineData("CNI_IFNAME", "a-name-of-16-chr")]
    [InlineData("CNI_IFNAME", "eth/0")]
    [InlineData("CNI_ARGS", "K8S_POD_NAME")]
    public async Task An_invalid_variable_is_code_4_and_named(string variable, string value)
    {
        var environment = Plugin.EnvironmentOf("ADD");
        environment[variable] = value;

        var (code, message) = await Plugin.FailAsync(environment, Plugin.Config(NoAgent));

        Assert.Equal(4u, code);
        Assert.StartsWith($"{variable}: ", message);
    }

    [Theory]
    [InlineData("", 6u, "not JSON")]
    [InlineData("{\"cniVersion\":", 6u, "not JSON")]
    [InlineData("[]", 6u, "not an object")]
    [InlineData("""{"name":"axoneme","type":"axoneme-cni"}""", 7u, "cniVersion: missing")]
    [InlineData("""{"cniVersion":"1.0.0","type":"axoneme-cni"}""", 7u, "name: missing")]
    [InlineData("""{"cniVersion":"1.0.0","name":"axoneme"}""", 7u, "type: missing")]
    [InlineData("""{"cniVersion":"1.0.0","name":7,"type":"axoneme-cni"}""", 7u, "name: must be a string")]
    [InlineData("""{"cniVersion":"1.0.0","name":"axoneme","type":"axoneme-cni","agent-socket":false}""", 7u, "agent-socket: must be a string")]
    public async Task A_bad_configuration_names_what_is_wrong(string stdin, uint expectedCode, string expectedMessage)
    {
        var (code, message) = await Plugin.FailAsync(Plugin.EnvironmentOf("ADD"), stdin);

        Assert.Equal(expectedCode, code);
        Assert.Contains(expectedMessage, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("run/agent.sock", "agent-socket: run/agent.sock is not an absolute path")]
    [InlineData("\\u0000agent", "is not an absolute path")]
    [InlineData("/\\u0000", "is not an absolute path")]
    public async Task An_agent_socket_that_is_no_absolute_path_is_code_7(string socket, string expectedMessage)
    {
        var (code, message) = await Plugin.FailAsync(Plugin.EnvironmentOf("ADD"), Plugin.Config(socket));

        Assert.Equal(7u, code);
        Assert.Contains(expectedMessage, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData('x', 107, 108)]
    [InlineData('ä', 54, 109)]
    public async Task An_agent_socket_longer_than_the_kernel_takes_is_code_7(char letter, int letters, int bytes)
    {
        var (code, message) = await Plugin.FailAsync(Plugin.EnvironmentOf("DEL"), Plugin.Config("/" + new string(letter, letters)));

        Assert.Equal(7u, code);
        Assert.Contains($"agent-socket: /{letter}", message, StringComparison.Ordinal);
        Assert.Contains($"has {bytes} bytes", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_longest_agent_socket_the_kernel_takes_is_tried()
    {
        var (code, _) = await Plugin.FailAsync(Plugin.EnvironmentOf("ADD"), Plugin.Config("/" + new string('x', 106)));

        Assert.Equal(11u, code);
    }

    [Fact]
    public async Task An_impossible_socket_in_the_environment_is_an_error_object_that_names_it()
    {
        var environment = Plugin.EnvironmentOf("ADD");
        environment["AXONEME_AGENT_SOCKET"] = "/" + new string('x', 200);

        var (code, message) = await Plugin.FailAsync(environment, """{"cniVersion":"1.0.0","name":"axoneme","type":"axoneme-cni"}""");

        Assert.Equal(11u, code);
        Assert.Contains(environment["AXONEME_AGENT_SOCKET"], message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unsupported_version_is_code_1()
    {
        var (exitCode, output) = await Plugin.RunAsync(Plugin.EnvironmentOf("ADD"), """{"cniVersion":"0.3.1","name":"axoneme","type":"axoneme-cni"}""");

        Assert.Equal(1, exitCode);
        Assert.Contains("\"code\":1,", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ADD", 11u)]
    [InlineData("DEL", 11u)]
    [InlineData("CHECK", 11u)]
    [InlineData("STATUS", 50u)]
    public async Task An_absent_agent_asks_the_runtime_to_try_again(string command, uint expectedCode)
    {
        var (code, message) = await Plugin.FailAsync(Plugin.EnvironmentOf(command), Plugin.Config(NoAgent));

        Assert.Equal(expectedCode, code);
        Assert.Equal($"agent socket {NoAgent}: the socket does not exist", message);
    }

    [Fact]
    public async Task An_agent_that_hangs_up_in_the_middle_is_no_success()
    {
        await using var agent = FakeAgent.Sending("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"cniVersion\"");

        var (code, message) = await Plugin.FailAsync(Plugin.EnvironmentOf("ADD"), Plugin.Config(agent.SocketPath));

        Assert.Equal(11u, code);
        Assert.Contains("in the middle", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_agents_error_object_is_passed_on_as_it_is()
    {
        const string error = """{"cniVersion":"1.0.0","code":100,"msg":"pool 10.244.0.0/24: no address is free","details":"254 of 254 in use"}""";
        await using var agent = FakeAgent.Answering(500, error);

        var (exitCode, output) = await Plugin.RunAsync(Plugin.EnvironmentOf("ADD"), Plugin.Config(agent.SocketPath));

        Assert.Equal((1, error), (exitCode, output));
    }

    [Fact]
    public async Task A_failure_without_an_error_object_becomes_one()
    {
        await using var agent = FakeAgent.Answering(404, "not found");

        var (code, message) = await Plugin.FailAsync(Plugin.EnvironmentOf("ADD"), Plugin.Config(agent.SocketPath));

        Assert.Equal(100u, code);
        Assert.Contains("HTTP 404", message, StringComparison.Ordinal);
    }
}
