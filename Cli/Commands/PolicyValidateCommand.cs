using System.CommandLine;
using System.Globalization;

namespace Axoneme.Cli.Commands;

/// <summary><c>axoneme policy validate FILE|DIR|-…</c>.</summary>
internal static class PolicyValidateCommand
{
    public static Command Create(AgentOptions agent)
    {
        var files = new Argument<IReadOnlyList<string>>("file")
        {
            Description = "Files, directories (every *.yaml, *.yml and *.json below them), or - for standard input.",
            Arity = ArgumentArity.OneOrMore,
            CustomParser = PolicyFiles.Words,
        };
        var validate = new Command("validate",
            "Say of every policy in files whether it is accepted, without asking a server: one line per document or error, as\n"
            + "  FILE:DOCUMENT KIND/NAMESPACE/NAME ok\n"
            + "  FILE:DOCUMENT:LINE FIELD: what is wrong and what to write\n"
            + "A warning behind ok names what is accepted and not enforced as it is written. Exit codes: 0 nothing was rejected, 1 something was.")
        {
            files,
        };
        validate.SetAction(parsed =>
        {
            var documents = PolicyValidation.Of(PolicyFiles.Read(parsed.GetRequiredValue(files), Console.In));
            agent.Print(parsed, documents, ValidationJson.Default.IReadOnlyListValidatedDocument, Write);
            return documents.Any(document => document.Errors.Count > 0) ? ExitCode.Failure : ExitCode.Success;
        });
        return validate;
    }

    /// <summary>One line per document or error.</summary>
    internal static void Write(IReadOnlyList<ValidatedDocument> documents, TextWriter output)
    {
        foreach (var document in documents)
        {
            var place = document.Document > 0 ? string.Create(CultureInfo.InvariantCulture, $"{document.File}:{document.Document}") : document.File;
            foreach (var error in document.Errors)
            {
                var line = error.Line is { } number && document.Document > 0 ? string.Create(CultureInfo.InvariantCulture, $":{number}") : "";
                output.WriteLine($"{place}{line} {(error.Field is null ? "" : $"{error.Field}: ")}{error.Message}");
            }

            if (document.Errors.Count == 0)
            {
                var warnings = document.Warnings.Count == 0 ? "" : $", warning: {string.Join("; ", document.Warnings)}";
                output.WriteLine($"{place} {document.Object} {document.Status}{warnings}");
            }
        }
    }
}
