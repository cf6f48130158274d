using Axoneme.Tests;
using Axoneme.Wire.Agent;

namespace Axoneme.Cli.Tests;

/// <summary><c>axoneme health status</c>, and what the status says of it.</summary>
public sealed class HealthCommandTests
{
    private const string Reached = """{"latencySeconds":0.000421}""";
    private const string Silent = """{"failure":"no answer within 5 s"}""";

    [Fact]
    public async Task A_table_shows_every_path_to_every_node()
    {
        await using var agent = FakeAgent.Routing(target => target == AgentRoutes.Health ? Report(Reached) : null);
        var (code, output, _) = await Task.Run(() => Shell.Run("health", "status", "--socket", agent.SocketPath));
        Assert.Equal(0, code);
        Assert.Equal("""
            Probe time:        2026-11-21T05:00:00+00:00

            NODE                       ADDRESS     ICMP           HTTP
            a (localhost)   host       192.0.2.1   OK, 0.421 ms   OK, 0.421 ms
                            endpoint   none
            b               host       192.0.2.2   OK, 0.421 ms   OK, 0.421 ms
                            endpoint   10.2.0.9    OK, 0.421 ms   OK, 0.421 ms
                            endpoint   fd00:2::9   OK, 0.421 ms   OK, 0.421 ms

            """, output);
    }

    [Fact]
    public async Task A_path_that_is_not_reached_says_why_and_exits_with_1()
    {
        await using var agent = FakeAgent.Routing(target => target == AgentRoutes.Health ? Report(Silent) : null);
        var (code, output, _) = await Task.Run(() => Shell.Run("health", "status", "--socket", agent.SocketPath));
        Assert.Equal(1, code);
        Assert.Matches(@"endpoint +10\.2\.0\.9 +OK, 0\.421 ms +FAILED: no answer within 5 s\n", output);
    }

    [Fact]
    public async Task Probe_asks_for_a_new_round()
    {
        await using var agent = FakeAgent.Routing(target => target == AgentRoutes.HealthProbe ? Report(Reached) : null);
        var (code, _, errors) = await Task.Run(() => Shell.Run("health", "status", "--probe", "--socket", agent.SocketPath));
        Assert.Equal((0, ""), (code, errors));
        Assert.Equal("POST /v1/health/probe HTTP/1.1", agent.Requests.Single().Line);
    }

    [Theory]
    [InlineData("""{"nodesReachable":2,"nodes":3,"probedAt":"2026-11-21T05:00:00+00:00"}""", "Cluster health:    2/3 reachable (2026-11-21T05:00:00+00:00)\n")]
    [InlineData("""{"nodesReachable":0,"nodes":0}""", "Cluster health:    not probed yet\n")]
    public async Task The_status_sums_it_up(string health, string expected)
    {
        var status = Samples.Status().Replace("\"endpointsAudited\":0", $"\"endpointsAudited\":0,\"clusterHealth\":{health}", StringComparison.Ordinal);
        await using var agent = FakeAgent.Routing(target => target == AgentRoutes.Status ? status : null);
        var (_, output, _) = await Task.Run(() => Shell.Run("status", "--socket", agent.SocketPath));
        Assert.Contains(expected, output, StringComparison.Ordinal);
    }

    private static string Report(string http) => $$"""
        {"node":"a","probedAt":"2026-11-21T05:00:00+00:00","intervalSeconds":60,"problems":[],"nodes":[
          {"name":"a","host":[{"address":"192.0.2.1","icmp":{{Reached}},"http":{{Reached}}}],"endpoint":[]},
          {"name":"b","host":[{"address":"192.0.2.2","icmp":{{Reached}},"http":{{Reached}}}],"endpoint":[
            {"address":"10.2.0.9","icmp":{{Reached}},"http":{{http}}},{"address":"fd00:2::9","icmp":{{Reached}},"http":{{Reached}}}]}]}
        """;
}
