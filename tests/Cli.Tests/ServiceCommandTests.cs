using System.Text.Json;
using Axoneme.Tests;
using Axoneme.Wire.Agent;

namespace Axoneme.Cli.Tests;

/// <summary><c>service list | get</c> and <c>bpf lb list</c>, letter by letter.</summary>
public sealed class ServiceCommandTests
{
    [Fact]
    public async Task Service_list_has_a_backend_per_line() => Assert.Equal("""
        ID   Frontend              Service Type   Backend
        1    [fd00::10]:53/UDP     ClusterIP
        2    192.0.2.1:30080/TCP   NodePort       1 => 10.0.0.1:8080/TCP (active)
                                                  2 => 10.0.1.1:8080/TCP (active)
                                                  3 => 10.0.1.2:8080/TCP (terminating)

        """, await PrintAsync(AgentRoutes.Services, Samples.Services, "service", "list"));

    [Fact]
    public async Task Service_get_finds_by_id_and_by_name_and_says_who_gets_which_backend()
    {
        const string expected = """
            ID:                2
            Frontend:          192.0.2.1:30080/TCP
            Service type:      NodePort
            Name:              shop/api
            Flags:             external,internal,affinity
            Affinity:          10800 s
            Backends:          1 => 10.0.0.1:8080/TCP (active)
                               2 => 10.0.1.1:8080/TCP (active) for clients inside
                               3 => 10.0.1.2:8080/TCP (terminating)

            """;
        Assert.Equal(expected, await PrintAsync(AgentRoutes.Services, Samples.Services, "service", "get", "2"));
        Assert.Equal(expected, await PrintAsync(AgentRoutes.Services, Samples.Services, "service", "get", "shop/api"));
    }

    [Fact]
    public async Task Service_get_of_nothing_fails_with_advice()
    {
        await using var agent = FakeAgent.Routing(target => target == AgentRoutes.Services ? Samples.Services : null);
        var (code, output, errors) = await Task.Run(() => Shell.Run("service", "get", "77", "--socket", agent.SocketPath));
        Assert.Equal((1, ""), (code, output));
        Assert.Contains("service \"77\"", errors, StringComparison.Ordinal);
        Assert.Contains("axoneme service list", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bpf_lb_list_shows_both_pools_with_the_keys_of_their_backends() => Assert.Equal("""
        ID   GROUP   SERVICE ADDRESS       FLAGS               INSIDE                   OUTSIDE
        1    8       [fd00::10]:53/UDP     internal            (none)                   -
        2    7       192.0.2.1:30080/TCP   external,internal   pool 5                   pool 6, maglev
                                                               10.0.0.1:8080/TCP (11)   10.0.0.1:8080/TCP (11)
                                                               10.0.1.1:8080/TCP (12)

        """, await PrintAsync(AgentRoutes.BpfServices, Samples.BpfServices, "bpf", "lb", "list"));

    [Fact]
    public async Task Bpf_lb_list_shows_the_maps_beside()
    {
        Assert.Equal("""
            ID   FRONTEND ADDRESS
            1    [fd00::10]:53/UDP
            2    192.0.2.1:30080/TCP

            """, await PrintAsync(AgentRoutes.BpfFrontends, Samples.BpfFrontends, "bpf", "lb", "list", "--revnat"));
        Assert.Equal("""
            ID   BACKEND ADDRESS     STATE
            11   10.0.0.1:8080/TCP   active
            13   10.0.1.2:8080/TCP   terminating

            """, await PrintAsync(AgentRoutes.BpfBackends, Samples.BpfBackends, "bpf", "lb", "list", "--backends"));
        Assert.Equal("""
            POOL   ENTRIES   LOOKUP TABLE
            6      5         [11 12 11 11 12]

            """, await PrintAsync(AgentRoutes.BpfMaglev, Samples.BpfMaglev, "bpf", "lb", "list", "--maglev"));
    }

    [Fact]
    public void Two_lists_at_once_are_wrong_usage()
    {
        var (code, _, errors) = Shell.Run("bpf", "lb", "list", "--revnat", "--maglev");
        Assert.Equal(2, code);
        Assert.Contains("ask for one", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(AgentRoutes.Services, Samples.Services, "service", "list")]
    [InlineData(AgentRoutes.BpfServices, Samples.BpfServices, "bpf", "lb", "list")]
    [InlineData(AgentRoutes.BpfFrontends, Samples.BpfFrontends, "bpf", "lb", "list", "--revnat")]
    [InlineData(AgentRoutes.BpfBackends, Samples.BpfBackends, "bpf", "lb", "list", "--backends")]
    [InlineData(AgentRoutes.BpfMaglev, Samples.BpfMaglev, "bpf", "lb", "list", "--maglev")]
    public async Task Json_says_all_that_the_agent_said(string route, string answer, params string[] command)
    {
        using var said = JsonDocument.Parse(answer);
        using var shown = JsonDocument.Parse(await PrintAsync(route, answer, [.. command, "-o", "json"]));
        Assert.True(JsonElement.DeepEquals(said.RootElement, shown.RootElement));
    }

    private static async Task<string> PrintAsync(string route, string answer, params string[] command)
    {
        await using var agent = FakeAgent.Routing(target => target == route ? answer : null);
        var (code, output, errors) = await Task.Run(() => Shell.Run([.. command, "--socket", agent.SocketPath]));
        Assert.Equal((0, ""), (code, errors));
        return output;
    }
}
