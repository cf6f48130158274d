using System.CommandLine;
using System.Globalization;
using Axoneme.Cli.Output;
using Axoneme.Kubernetes;
using Axoneme.Policy;
using Axoneme.Wire.Admin;

namespace Axoneme.Cli.Commands;

/// <summary><c>axoneme policy diff -f FILE</c>.</summary>
internal static class PolicyDiffCommand
{
    private const int RowsShown = 40;

    public static Command Create(AgentOptions agent)
    {
        var files = new Option<IReadOnlyList<string>>("--file", "-f")
        {
            Description = "Policies to put in force: a file, a directory or - for standard input; may be repeated. One of a name that is in force takes its place.",
            HelpName = "file",
            CustomParser = PolicyFiles.Words,
        };
        var delete = new Option<IReadOnlyList<string>>("--delete")
        {
            Description = "A policy to take out of force, as KIND/NAMESPACE/NAME (KIND//NAME for cluster-wide kinds); may be repeated.",
            HelpName = "policy",
            CustomParser = PolicyFiles.Words,
        };
        var diff = new Command("diff",
            "List the traffic that would be judged otherwise if policies changed, against what is in force now. Changes nothing.\n"
            + "Exit codes, as those of diff(1): 0 no verdict flips, 1 some do, 2 trouble.\n\n"
            + "  axoneme policy diff -f proposed.yaml\n"
            + "  axoneme policy diff --delete CiliumNetworkPolicy/shop/server -o json")
        {
            files, delete, agent.AdminSocket,
        };
        diff.SetAction(parsed =>
        {
            try
            {
                var (texts, deleted) = (parsed.GetValue(files) ?? [], parsed.GetValue(delete) ?? []);
                if (texts.Count == 0 && deleted.Count == 0)
                {
                    parsed.InvocationConfiguration.Error.WriteLine("axoneme: nothing to compare; name policies with -f or --delete");
                    return ExitCode.Usage;
                }

                var contents = PolicyFiles.Read(texts, Console.In);
                var rejected = PolicyValidation.Of(contents).Where(document => document.Errors.Count > 0).ToList();
                if (rejected.Count > 0)
                {
                    PolicyValidateCommand.Write(rejected, parsed.InvocationConfiguration.Error);
                    return ExitCode.Usage;
                }

                var answer = agent.Ask(
                    parsed, PolicyRoutes.Diff, new PolicyDiffRequest(TextOf(contents), deleted), AdminPolicyJson.Default.PolicyDiffRequest, AdminPolicyJson.Default.PolicyDiffView);
                agent.Print(parsed, answer, AdminPolicyJson.Default.PolicyDiffView, Write);
                return answer.Flips.Count > 0 ? ExitCode.Failure : ExitCode.Success;
            }
            catch (Exception failure) when (AxonemeCommand.CodeOf(failure) is not null)
            {
                AxonemeCommand.Tell(failure, parsed.InvocationConfiguration.Error);
                return ExitCode.Usage;
            }
        });
        return diff;
    }

    /// <summary>The policies among valid files, as one YAML text.</summary>
    private static string TextOf(IEnumerable<KeyValuePair<string, FileContent>> contents) => string.Join("\n---\n", contents
        .SelectMany(file => YamlDocuments.Read(file.Key, file.Value.Text!).Documents)
        .Where(document => PolicyParser.Kinds.Contains(document.Kind))
        .Select(document => document.Body.GetRawText()));

    private static void Write(PolicyDiffView diff, TextWriter output)
    {
        foreach (var note in diff.Notes)
        {
            output.WriteLine($"note: {note}");
        }

        if (diff.Flips.Count == 0)
        {
            output.WriteLine("No verdict flips.");
            return;
        }

        var ends = diff.Ends.ToDictionary(end => end.Identity);
        var rows = diff.Flips.SelectMany(flip => flip.Changes, (flip, change) => (flip, change)).ToList();
        var table = new Table("FROM", "TO", "TRAFFIC", "BEFORE", "AFTER");
        foreach (var (flip, change) in rows.Take(RowsShown))
        {
            table.Add(
                Some(flip.Sources.OrderBy(ReservedIdentity.IsReserved).Select(source => Text(ends[source])).ToList()),
                Some(flip.Destinations.OrderBy(destination => ReservedIdentity.IsReserved(destination.Identity)).Select(destination => Text(ends[destination.Identity], destination.Only)).ToList()),
                change.Traffic, Text(change.Before), Text(change.After));
        }

        table.WriteTo(output);
        if (rows.Count > RowsShown)
        {
            output.WriteLine($"… and {rows.Count - RowsShown} more rows; -o json lists all");
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{diff.Classes} (source, destination, traffic) classes flip."));
    }

    /// <summary>Examples and a count; pods come before what everybody knows.</summary>
    private static string Some(List<string> names) => names.Count <= 3
        ? string.Join('\n', names)
        : string.Create(CultureInfo.InvariantCulture, $"{names[0]}\n{names[1]}\nand {names.Count - 2} more");

    private static string Text(FlowEndView end, IReadOnlyList<string>? only = null) => only is null
        ? string.Create(CultureInfo.InvariantCulture, $"{end.Name} ({end.Identity})")
        : string.Create(CultureInfo.InvariantCulture, $"{only[0]}{(only.Count > 1 ? $" and {only.Count - 1} more" : "")} ({end.Identity})");

    private static string Text(FlowVerdictView verdict) => string.Join('\n', [verdict.Verdict, .. verdict.Rules, .. verdict.Warning is { } warning ? [warning] : (string[])[]]);
}
