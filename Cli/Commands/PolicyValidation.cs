using Axoneme.Kubernetes;
using Axoneme.Policy;

namespace Axoneme.Cli.Commands;

/// <summary>Judges files as the server would when they come into its manifest directory.</summary>
internal static class PolicyValidation
{
    /// <summary>Every document in the order of its file, and what is wrong with whole files.</summary>
    /// <param name="contents">Text of every file, or the reason why there is none.</param>
    public static IReadOnlyList<ValidatedDocument> Of(IReadOnlyDictionary<string, FileContent> contents)
    {
        var manifests = new ManifestSet();
        manifests.Update(contents);
        var found = manifests.Current;

        // A file with one unreadable document is not in force at all; what can be read of it is still worth judging.
        var readable = found.FilesInError.Where(file => contents[file].Text is not null).SelectMany(file => YamlDocuments.Read(file, contents[file].Text!).Documents);
        var conflicts = found.Errors.Where(error => !found.FilesInError.Contains(error.File)).ToLookup(error => (error.File, error.Document, error.Line));
        var unreadable = found.Errors.Where(error => found.FilesInError.Contains(error.File))
            .GroupBy(error => (error.File, error.Document))
            .Select(errors => new ValidatedDocument(errors.Key.File, errors.Key.Document, null, "rejected", [.. errors.Select(View)], []));
        return
        [
            .. found.Documents.Concat(readable).Select(document => Of(document, []))
                .Concat(found.Duplicates.Select(document => Of(document, conflicts[(document.File, document.Index, document.LineOf("metadata.name"))])))
                .Concat(unreadable)
                .OrderBy(document => document.File, StringComparer.Ordinal).ThenBy(document => document.Document),
        ];
    }

    /// <summary>A name that two documents have is a warning: the files may never be meant to be in force together.</summary>
    private static ValidatedDocument Of(ManifestDocument document, IEnumerable<ManifestError> conflicts)
    {
        var warnings = conflicts.Select(conflict => $"{conflict.Field}: {conflict.Message.ReplaceLineEndings(" ")}");
        if (!PolicyParser.Kinds.Contains(document.Kind))
        {
            var name = document.Namespace is { } ns ? $"{document.Kind}/{ns}/{document.Name}" : $"{document.Kind}/{document.Name}";
            return new ValidatedDocument(document.File, document.Index, name, "no policy", [], [.. warnings]);
        }

        var parsed = PolicyParser.Parse(document.Body);
        var others = ResourceErrors.Of(document);
        return parsed.Policy is { } policy && others.Count == 0
            ? new ValidatedDocument(document.File, document.Index, policy.Key, "ok", [], [.. EnforcementGaps.Of(policy).Select(gap => gap.ToString()), .. warnings])
            : new ValidatedDocument(
                document.File,
                document.Index,
                $"{document.Kind}/{document.Namespace}/{document.Name}",
                "rejected",
                [
                    .. others.Select(View),
                    .. parsed.Errors.Where(error => others.All(other => other.Field != error.FieldPath)).Select(error => View(document.Error(error.FieldPath, error.Message))),
                ],
                [.. warnings]);
    }

    private static ValidationError View(ManifestError error) =>
        new(error.Line, string.IsNullOrEmpty(error.Field) ? null : error.Field, error.Message.ReplaceLineEndings(" "));
}
