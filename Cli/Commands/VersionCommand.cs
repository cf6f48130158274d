using System.CommandLine;
using System.Text.Json.Nodes;
using Axoneme.Wire.Agent;

namespace Axoneme.Cli.Commands;

/// <summary><c>axoneme version</c>: of this program and, where one answers, of the agent.</summary>
internal static class VersionCommand
{
    public static Command Create(AgentOptions agent)
    {
        var command = new Command("version", "Versions of this program and of the agent.");
        command.SetAction(parsed =>
        {
            var output = parsed.InvocationConfiguration.Output;
            var client = typeof(VersionCommand).Assembly.GetName().Version?.ToString(3) ?? "unknown";
            string? server;
            string? problem = null;
            try
            {
                server = agent.Client(parsed).Get(AgentRoutes.Status, AgentJson.Default.AgentStatus).Version;
            }
            catch (AgentUnreachableException failure)
            {
                // Asking for a version is meaningful without an agent too.
                (server, problem) = (null, failure.Message);
            }

            if (agent.Json(parsed))
            {
                output.WriteLine(new JsonObject { ["client"] = client, ["agent"] = server }.ToJsonString());
            }
            else
            {
                output.WriteLine($"Client: {client}");
                output.WriteLine($"Agent:  {server ?? $"not reachable ({problem})"}");
            }
        });
        return command;
    }
}
