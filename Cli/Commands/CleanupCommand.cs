using System.CommandLine;
using System.Text.Json.Serialization;
using Axoneme.Cli.Output;
using Axoneme.Datapath.Removal;

namespace Axoneme.Cli.Commands;

/// <summary><c>axoneme cleanup</c>: takes everything of ours off this node, with or without an agent's help.</summary>
internal static class CleanupCommand
{
    public static Command Create(AgentOptions agent)
    {
        var bpfRoot = new Option<string>("--bpf-root")
        {
            Description = "The node's bpffs directory; names of its devices follow from it.", HelpName = "path", DefaultValueFactory = _ => "/sys/fs/bpf/axoneme",
        };
        var stateDirectory = new Option<string>("--state-dir")
        {
            Description = "Where the agent remembered how kernel settings were; it may be lost.", HelpName = "path", DefaultValueFactory = _ => "/var/lib/axoneme",
        };
        var force = new Option<bool>("--force", "-f") { Description = "Do not ask." };
        var cleanup = new Command("cleanup", "Remove every program, link, map, route, device and pod interface of this node's, and its health endpoint, from the kernel. Pods lose their network.")
        {
            bpfRoot, stateDirectory, force,
        };
        cleanup.SetAction(parsed =>
        {
            using var removal = NodeRemoval.Open(parsed.GetRequiredValue(bpfRoot), parsed.GetRequiredValue(stateDirectory));
            var errors = parsed.InvocationConfiguration.Error;
            if (removal.Found.Count > 0 && !parsed.GetValue(force) && !IsConfirmed(removal.Found, errors))
            {
                errors.WriteLine("axoneme: nothing was removed; --force removes without asking");
                return ExitCode.Failure;
            }

            IReadOnlyList<RemovalItem> results = removal.Run();
            agent.Print(parsed, results, CleanupJson.Default.IReadOnlyListRemovalItem, Write);
            return results.Any(item => item.Problem is not null) ? ExitCode.Failure : ExitCode.Success;
        });
        return cleanup;
    }

    /// <summary>The question goes where errors go, so that <c>-o json</c> prints nothing but JSON.</summary>
    private static bool IsConfirmed(IReadOnlyList<RemovalItem> found, TextWriter output)
    {
        foreach (var group in found.GroupBy(item => item.Kind))
        {
            output.WriteLine(group.Key is "map" or "program" or "link" ? $"{group.Key}: {group.Count()} pinned" : string.Join('\n', group.Select(item => $"{item.Kind}: {item.Name}")));
        }

        output.Write("Remove all of this? Pods of this node lose their network. [y/N] ");
        return Console.In.ReadLine()?.Trim() is "y" or "Y" or "yes";
    }

    private static void Write(IReadOnlyList<RemovalItem> results, TextWriter output)
    {
        if (results.Count == 0)
        {
            output.WriteLine("nothing of this node's was found");
            return;
        }

        var table = new Table("KIND", "NAME", "RESULT");
        foreach (var item in results)
        {
            table.Add(item.Kind, item.Name, item.Problem is null ? item.Kind == "setting" ? "restored" : "removed" : $"NOT removed: {item.Problem}");
        }

        table.WriteTo(output);
    }
}

/// <summary>JSON of what was removed.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, WriteIndented = true)]
[JsonSerializable(typeof(IReadOnlyList<RemovalItem>))]
internal sealed partial class CleanupJson : JsonSerializerContext;
