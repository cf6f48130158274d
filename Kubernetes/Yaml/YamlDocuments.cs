using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Axoneme.Kubernetes;

/// <summary>
/// Reads the Kubernetes objects of a YAML or JSON text: several documents, empty ones skipped, <c>List</c> kinds taken apart. Duplicate
/// fields, aliases that unfold a small text into a large one, and deep nesting are refused.
/// </summary>
public static class YamlDocuments
{
    /// <summary>
    /// Reads a text; never throws on bad input. After a syntax error the rest of the text cannot be read, after <see cref="YamlLimits.Errors"/>
    /// errors it is not.
    /// </summary>
    /// <param name="fileName">Named in documents and errors.</param>
    /// <param name="text">The whole file.</param>
    public static YamlReadResult Read(string fileName, string text)
    {
        var reading = new Reading(fileName, text);
        if (text.Length > YamlLimits.Characters)
        {
            reading.Refuse(0, null, null, string.Create(CultureInfo.InvariantCulture, $"has {text.Length} characters, at most {YamlLimits.Characters} are read; split it"));
        }
        else if (YamlCharacters.FindForbidden(text) is >= 0 and var at)
        {
            reading.Refuse(0, 1 + text.AsSpan(0, at).Count('\n'), null, string.Create(CultureInfo.InvariantCulture, $"holds the character U+{(int)text[at]:X4}, which YAML does not allow; remove it (in double quotes a control character can be an escape such as \\x07)"));
        }
        else
        {
            reading.ReadAll();
        }

        return new YamlReadResult([.. reading.Documents], [.. reading.Errors]);
    }

    private sealed class Reading(string file, string text)
    {
        private readonly BoundedParser _parser = new(text);
        private bool _stopped;

        public List<ManifestDocument> Documents { get; } = [];

        public List<ManifestError> Errors { get; } = [];

        public void Refuse(int document, int? line, string? field, string message)
        {
            _stopped = Errors.Count == YamlLimits.Errors;
            Errors.Add(_stopped
                ? new ManifestError(file, document, line, null, string.Create(CultureInfo.InvariantCulture, $"there are more than {YamlLimits.Errors} errors; nothing is read from here on"))
                : new ManifestError(file, document, line, field, message));
        }

        public void ReadAll()
        {
            var index = 0;
            try
            {
                var json = new YamlToJson(_parser);
                while (!_stopped && _parser.MoveNext())
                {
                    if (_parser.Current is DocumentStart)
                    {
                        index++;
                        ReadDocument(json, index);
                    }
                }
            }
            catch (YamlException error)
            {
                Refuse(Math.Max(index, 1), (int)Math.Max(error.Start.Line, 1), null, $"cannot be read as YAML: {error.Message}");
            }
        }

        private void ReadDocument(YamlToJson json, int index)
        {
            try
            {
                _parser.MoveNext();
                var (body, lines) = json.ReadDocument();
                Add(body, index, lines, 0, "");
            }
            catch (YamlProblemException problem)
            {
                Refuse(index, problem.Line, problem.Field, problem.Message);
                while (!_stopped && _parser.Current is not DocumentEnd && _parser.MoveNext())
                {
                    // The rest of this document is skipped; the next one is read.
                }
            }
        }

        /// <param name="body">An object or a list of them.</param>
        /// <param name="index">The document's number.</param>
        /// <param name="lines">The document's lines.</param>
        /// <param name="node">What stands for the object among them.</param>
        /// <param name="path">Where it stands in the document.</param>
        private void Add(JsonElement body, int index, YamlLines lines, int node, string path)
        {
            var line = lines.LineOf(node);
            if (body.ValueKind == JsonValueKind.Null && path.Length == 0)
            {
                return;
            }

            if (body.ValueKind != JsonValueKind.Object)
            {
                Refuse(index, line, path, "must be an object with apiVersion, kind and metadata");
                return;
            }

            var kind = Text(body, "kind");
            var apiVersion = Text(body, "apiVersion");
            if (string.IsNullOrEmpty(kind) || string.IsNullOrEmpty(apiVersion))
            {
                var field = string.IsNullOrEmpty(apiVersion) ? "apiVersion" : "kind";
                Refuse(index, line, Join(path, field), "is missing; every object says its apiVersion and kind");
                return;
            }

            if (kind.EndsWith("List", StringComparison.Ordinal) && body.TryGetProperty("items", out var items))
            {
                AddItems(items, index, lines, lines.Find(node, "items"), path);
                return;
            }

            var metadata = body.TryGetProperty("metadata", out var value) ? value : default;
            if (Text(metadata, "name") is not { Length: > 0 } name)
            {
                Refuse(index, line, Join(path, "metadata.name"), "is missing; every object has a name");
                return;
            }

            // As in Kubernetes, an empty namespace is an absent one.
            var ns = Text(metadata, "namespace") is { Length: > 0 } written ? written : null;
            Documents.Add(new ManifestDocument(file, index, line, apiVersion, kind, ns, name, body) { Lines = lines, Node = node });
        }

        private void AddItems(JsonElement items, int index, YamlLines lines, int node, string path)
        {
            if (items.ValueKind != JsonValueKind.Array)
            {
                Refuse(index, lines.LineOf(node), Join(path, "items"), "must be a list of objects");
                return;
            }

            foreach (var (i, (item, place)) in items.EnumerateArray().Zip(lines.Below(node)).Index())
            {
                if (_stopped)
                {
                    return;
                }

                Add(item, index, lines, place, Join(path, string.Create(CultureInfo.InvariantCulture, $"items[{i}]")));
            }
        }

        private static string Join(string path, string field) => path.Length == 0 ? field : $"{path}.{field}";

        private static string? Text(JsonElement element, string field) =>
            element.ValueKind == JsonValueKind.Object && element.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.String
                ? value.GetString()
                : null;
    }
}
