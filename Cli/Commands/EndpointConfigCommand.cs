using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Axoneme.Cli.Output;
using Axoneme.Wire.Agent;

namespace Axoneme.Cli.Commands;

/// <summary><c>axoneme endpoint config &lt;id&gt; [PolicyAuditMode=Enabled|Disabled]</c>, as Cilium's.</summary>
internal static class EndpointConfigCommand
{
    private const string AuditMode = "PolicyAuditMode";

    public static Command Create(AgentOptions agent)
    {
        var which = new Argument<string>("id") { Description = "Endpoint id, namespace/pod, or host for the node itself." };
        var settings = new Argument<string[]>("option=value")
        {
            Description = $"What to set: {AuditMode}=Enabled (report what policy would drop, and let it pass) or {AuditMode}=Disabled. Without it the options are shown.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        settings.Validators.Add(result =>
        {
            if (result.Tokens.Select(token => Problem(token.Value)).OfType<string>().FirstOrDefault() is { } problem)
            {
                result.AddError(problem);
            }
        });
        var config = new Command("config", "Show or change what can be set at one endpoint.") { which, settings };
        config.SetAction(parsed =>
        {
            var client = agent.Client(parsed);
            var wanted = parsed.GetRequiredValue(which);
            var found = EndpointCommand.Find(client, wanted);
            if (found.Count > 1)
            {
                throw new AgentRefusedException(409, new AgentError($"endpoint \"{wanted}\": {found.Count} endpoints have this name", "Write the id: `axoneme endpoint list` shows them."));
            }

            var route = string.Create(CultureInfo.InvariantCulture, $"{AgentRoutes.Endpoints}/{found[0].Id}{AgentRoutes.EndpointConfig}");
            var now = parsed.GetValue(settings) is { Length: > 0 } set
                ? client.Post(route, JsonSerializer.SerializeToUtf8Bytes(new EndpointConfigChange(IsEnabled(set[^1])), AgentJson.Default.EndpointConfigChange), AgentJson.Default.EndpointConfigView)
                : client.Get(route, AgentJson.Default.EndpointConfigView);
            agent.Print(parsed, now, AgentJson.Default.EndpointConfigView, Write);
        });
        return config;
    }

    private static void Write(EndpointConfigView config, TextWriter output)
    {
        var fields = new FieldList(output);
        fields.Add("Endpoint", config.Id.ToString(CultureInfo.InvariantCulture));
        fields.Add(AuditMode, $"{Word(config.PolicyAuditMode)}{(config.PolicyAuditMode == config.NodePolicyAuditMode ? "" : $" (the node's: {Word(config.NodePolicyAuditMode)})")}");
    }

    /// <summary>What is wrong with a setting; null when nothing is.</summary>
    private static string? Problem(string setting)
    {
        var equals = setting.IndexOf('=', StringComparison.Ordinal);
        var name = equals < 0 ? setting : setting[..equals];
        return name != AuditMode ? $"\"{name}\" cannot be set at an endpoint; {AuditMode} can"
            : equals < 0 || setting[(equals + 1)..] is not ("Enabled" or "Disabled") ? $"\"{setting}\": write {AuditMode}=Enabled or {AuditMode}=Disabled"
            : null;
    }

    private static bool IsEnabled(string setting) => setting == $"{AuditMode}=Enabled";

    private static string Word(bool enabled) => enabled ? "Enabled" : "Disabled";
}
