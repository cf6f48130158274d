using System.Reflection;
using Axoneme.Kubernetes;

namespace Axoneme.Policy.Tests;

/// <summary>Cilium's example policies are accepted or refused as Cilium does; expected.txt says which, one line a document.</summary>
public sealed class ShippedPoliciesTests
{
    [ShippedPoliciesFact]
    public void Every_document_is_taken_as_Cilium_takes_it()
    {
        var folder = ShippedPoliciesFactAttribute.Folder!;
        var found = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Where(file => Path.GetExtension(file) is ".yaml" or ".yml" or ".json")
            .SelectMany(file => Verdicts(Path.GetRelativePath(folder, file).Replace('\\', '/'), File.ReadAllText(file)))
            .ToList();
        var expected = Expected();
        Assert.Equal("", string.Join("\n", found.Except(expected).Select(line => "not expected: " + line).Concat(expected.Except(found).Select(line => "not found: " + line))));
        Assert.Equal(expected.Count, found.Count);
    }

    private static IEnumerable<string> Verdicts(string file, string text)
    {
        var read = YamlDocuments.Read(file, text);
        return read.Errors.Select(error => $"{file} {error.Document} unreadable {error.Message}")
            .Concat(read.Documents.Select(document => $"{file} {document.Index} {document.Kind}/{document.Name} {VerdictOf(document)}"));
    }

    private static string VerdictOf(ManifestDocument document)
    {
        if (!PolicyParser.RuleKinds.Contains(document.Kind) && document.Kind != CidrGroup.KindName)
        {
            return "no policy";
        }

        var result = PolicyParser.Parse(document.Body);
        return result.Policy is not null ? "ok" : $"rejected {result.Errors[0]}";
    }

    private static List<string> Expected()
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("expected.txt")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => !line.StartsWith('#')).ToList();
    }
}
