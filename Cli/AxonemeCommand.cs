using System.CommandLine;
using Axoneme.Cli.Commands;
using Axoneme.Wire.Agent;

namespace Axoneme.Cli;

/// <summary>The root of the command line: the verbs, and how their failures are told.</summary>
internal static class AxonemeCommand
{
    /// <summary>Runs a command line; returns an <see cref="ExitCode"/>.</summary>
    public static int Run(IReadOnlyList<string> args, TextWriter output, TextWriter errors)
    {
        var agent = new AgentOptions();
        var root = new RootCommand("Axoneme: what this node's agent knows and what the kernel enforces.\nExit codes: 0 done, 1 failed or problems found, 2 wrong usage, 3 no agent.")
        {
            StatusCommand.Create(agent),
            EndpointCommand.Create(agent),
            IdentityCommand.Create(agent),
            PolicyCommand.Create(agent),
            BpfCommand.Create(agent),
            MonitorCommand.Create(agent),
            VersionCommand.Create(agent),
        };
        root.Options.Add(agent.Socket);
        root.Options.Add(agent.Output);
        var parsed = root.Parse(args);
        try
        {
            var code = parsed.Invoke(new InvocationConfiguration { Output = output, Error = errors, EnableDefaultExceptionHandler = false });
            return parsed.Errors.Count > 0 ? ExitCode.Usage : code;
        }
        catch (AgentUnreachableException failure)
        {
            errors.WriteLine($"axoneme: {failure.Message}");
            errors.WriteLine("Start the agent (`./run` starts everything on one machine), or name its socket with --socket or AXONEME_AGENT_SOCKET.");
            return ExitCode.Unreachable;
        }
        catch (AgentRefusedException failure)
        {
            errors.WriteLine($"axoneme: {failure.Error.Error}");
            if (failure.Error.Fix is { } fix)
            {
                errors.WriteLine(fix);
            }

            return ExitCode.Failure;
        }
    }
}
