using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace Axoneme.Policy.Tests.Behaviour;

/// <summary>One case as it stands in a file under <c>cases/</c>; README.md beside this file describes the format.</summary>
/// <param name="File">The file's name.</param>
/// <param name="Title">The behaviour in a sentence.</param>
/// <param name="Topics">The topics it covers, from <c>topics.txt</c>.</param>
/// <param name="Steps">What happens, in order.</param>
internal sealed partial record BehaviourScript(string File, string Title, ImmutableArray<string> Topics, ImmutableArray<ScriptStep> Steps)
{
    private const string CoversPrefix = "covers:";

    public static string Folder { get; } = Path.Combine(FolderOfThis(), "cases");

    public static BehaviourScript Read(string file)
    {
        var lines = System.IO.File.ReadAllLines(Path.Combine(Folder, file));
        var headings = Enumerable.Range(0, lines.Length).Where(i => Heading().IsMatch(lines[i])).Append(lines.Length).ToList();
        var preface = lines[..headings[0]];
        return new BehaviourScript(
            file,
            string.Join(' ', preface.TakeWhile(line => !line.StartsWith(CoversPrefix, StringComparison.Ordinal)).Where(line => line.Length > 0)),
            [.. preface.Where(line => line.StartsWith(CoversPrefix, StringComparison.Ordinal))
                .SelectMany(line => line[CoversPrefix.Length..].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))],
            [.. headings.Zip(headings.Skip(1), (at, next) => new ScriptStep(Heading().Match(lines[at]).Groups[1].Value, at + 2, [.. lines[(at + 1)..next]]))]);
    }

    [GeneratedRegex("^--- (policies|endpoints|remove|expect|requests|proxy)(?:: .*)? ---$")]
    private static partial Regex Heading();

    private static string FolderOfThis([System.Runtime.CompilerServices.CallerFilePath] string here = "") => Path.GetDirectoryName(here)!;
}
