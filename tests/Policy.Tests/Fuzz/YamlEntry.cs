using System.Collections.Immutable;
using Axoneme.Kubernetes;

namespace Axoneme.Policy.Tests.Fuzz;

/// <summary>The way a text takes into the product: YAML to documents, documents to policies, and every error with its line.</summary>
internal sealed record YamlEntry(ImmutableArray<ManifestDocument> Documents, IReadOnlyList<PolicyParseResult> Policies, IReadOnlyList<string> Errors)
{
    public static YamlEntry Read(string text)
    {
        var read = YamlDocuments.Read("fuzz.yaml", text);
        var policies = new List<PolicyParseResult>(read.Documents.Length);
        var errors = read.Errors.Select(error => error.ToString()).ToList();
        foreach (var document in read.Documents)
        {
            var parsed = PolicyParser.Parse(document.Body);
            policies.Add(parsed);
            errors.AddRange(parsed.Errors.Select(error => document.Error(error.FieldPath, error.Message).ToString()));
        }

        return new YamlEntry(read.Documents, policies, errors);
    }

    /// <summary>What must be the same whenever the same text is read.</summary>
    public IEnumerable<string> Described => Documents.Select(document => $"{document.Index} {document.Line} {document.Body.GetRawText()}").Concat(Errors);
}
