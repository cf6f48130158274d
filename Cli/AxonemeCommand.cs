using System.CommandLine;
using Axoneme.Cli.Commands;
using Axoneme.Datapath;
using Axoneme.Wire.Agent;

namespace Axoneme.Cli;

/// <summary>The root of the command line: the verbs, and how their failures are told.</summary>
internal static class AxonemeCommand
{
    /// <summary>Runs a command line; returns an <see cref="ExitCode"/>.</summary>
    public static int Run(IReadOnlyList<string> args, TextWriter output, TextWriter errors)
    {
        var agent = new AgentOptions();
        var root = new RootCommand("Axoneme: what this node's agent knows and what the kernel enforces.\nExit codes: 0 done, 1 failed or problems found, 2 wrong usage, 3 no agent; `policy diff` has its own.")
        {
            StatusCommand.Create(agent),
            EndpointCommand.Create(agent),
            IdentityCommand.Create(agent),
            HealthCommand.Create(agent),
            PolicyCommand.Create(agent),
            ServiceCommand.Create(agent),
            BpfCommand.Create(agent),
            MapCommand.Create(agent),
            MonitorCommand.Create(agent),
            NodeCommand.Create(agent),
            CleanupCommand.Create(agent),
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
        catch (Exception failure) when (CodeOf(failure) is { } code)
        {
            Tell(failure, errors);
            return code;
        }
    }

    /// <summary>The exit code of a command that a conversation failed for; null for failures of the program itself.</summary>
    internal static int? CodeOf(Exception failure) => failure switch
    {
        AgentUnreachableException => ExitCode.Unreachable,
        AgentRefusedException or KernelException => ExitCode.Failure,
        _ => null,
    };

    /// <summary>Says what went wrong and what to do.</summary>
    internal static void Tell(Exception failure, TextWriter errors)
    {
        errors.WriteLine($"axoneme: {failure.Message}");
        var fix = failure switch
        {
            AgentUnreachableException { Server: "agent" } => "Start the agent (`./run` starts everything on one machine), or name its socket with --socket or AXONEME_AGENT_SOCKET.",
            AgentUnreachableException => "Start the control plane (`./run` starts everything on one machine), or name its socket with --admin-socket or AXONEME_ADMIN_SOCKET.",
            AgentRefusedException refused => refused.Error.Fix,
            _ => null,
        };
        if (fix is not null)
        {
            errors.WriteLine(fix);
        }
    }
}
