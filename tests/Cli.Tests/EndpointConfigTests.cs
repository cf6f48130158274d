using Axoneme.Tests;
using Axoneme.Wire.Agent;

namespace Axoneme.Cli.Tests;

/// <summary><c>axoneme endpoint config</c>, and how audit mode shows elsewhere.</summary>
public sealed class EndpointConfigTests
{
    private const string Audited = """{"id":1204,"policyAuditMode":true,"nodePolicyAuditMode":false}""";
    private const string Route = "/v1/endpoints/1204/config";

    [Fact]
    public async Task Without_a_setting_the_options_are_shown()
    {
        await using var agent = FakeAgent.Routing(Answer);
        var (code, output, _) = await RunAsync(agent, "shop/api");
        Assert.Equal((0, "Endpoint:          1204\nPolicyAuditMode:   Enabled (the node's: Disabled)\n"), (code, output));
        Assert.Equal($"GET {Route} HTTP/1.1", agent.Requests[^1].Line);
    }

    [Theory]
    [InlineData("Enabled", "true")]
    [InlineData("Disabled", "false")]
    public async Task A_setting_is_posted_to_the_endpoint_of_that_name(string word, string json)
    {
        await using var agent = FakeAgent.Routing(Answer);
        var (code, _, errors) = await RunAsync(agent, "shop/api", $"PolicyAuditMode={word}");
        Assert.Equal((0, ""), (code, errors));
        Assert.Equal(($"POST {Route} HTTP/1.1", $$"""{"policyAuditMode":{{json}}}"""), agent.Requests[^1]);
    }

    [Theory]
    [InlineData("PolicyAuditMode", "write PolicyAuditMode=Enabled or PolicyAuditMode=Disabled")]
    [InlineData("PolicyAuditMode=on", "write PolicyAuditMode=Enabled or PolicyAuditMode=Disabled")]
    [InlineData("Debug=Enabled", "\"Debug\" cannot be set at an endpoint; PolicyAuditMode can")]
    public async Task Another_setting_is_refused_before_the_agent_is_asked(string setting, string problem)
    {
        await using var agent = FakeAgent.Routing(Answer);
        var (code, _, errors) = await RunAsync(agent, "shop/api", setting);
        Assert.Equal(2, code);
        Assert.Contains(problem, errors, StringComparison.Ordinal);
        Assert.Empty(agent.Requests);
    }

    [Fact]
    public async Task An_endpoint_that_does_not_exist_is_named()
    {
        await using var agent = FakeAgent.Routing(Answer);
        var (code, _, errors) = await RunAsync(agent, "shop/nobody", "PolicyAuditMode=Enabled");
        Assert.Equal(1, code);
        Assert.Contains("endpoint \"shop/nobody\"", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_list_says_audit_where_something_would_be_enforced()
    {
        var endpoints = Samples.Endpoints.Replace("\"policyAuditMode\":false", "\"policyAuditMode\":true", StringComparison.Ordinal);
        await using var agent = FakeAgent.Routing(target => target == AgentRoutes.Endpoints ? endpoints : null);
        var (_, list, _) = await Task.Run(() => Shell.Run("endpoint", "list", "--socket", agent.SocketPath));
        Assert.Matches(@"1204 +Disabled \(Audit\) +Disabled +4711", list);
        var (_, one, _) = await Task.Run(() => Shell.Run("endpoint", "get", "1204", "--socket", agent.SocketPath));
        Assert.Contains("Audit mode:        Enabled: what policy would drop is reported and passes\n", one, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_status_counts_endpoints_in_audit_mode()
    {
        var status = Samples.Status().Replace("\"endpointsAudited\":0", "\"endpointsAudited\":1", StringComparison.Ordinal);
        await using var agent = FakeAgent.Routing(target => target == AgentRoutes.Status ? status : null);
        var (_, output, _) = await Task.Run(() => Shell.Run("status", "--socket", agent.SocketPath));
        Assert.Contains("Endpoints:         1/2 ready, 1 in audit mode: policy drops nothing there\n", output, StringComparison.Ordinal);
    }

    private static string? Answer(string target) => target switch
    {
        AgentRoutes.Endpoints => Samples.Endpoints,
        Route => Audited,
        _ => null,
    };

    private static Task<(int Code, string Output, string Errors)> RunAsync(FakeAgent agent, params string[] command) =>
        Task.Run(() => Shell.Run(["endpoint", "config", .. command, "--socket", agent.SocketPath]));
}
