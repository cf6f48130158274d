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
    /// <summary>Reads a text; never throws on bad input. After a syntax error the rest of the text cannot be read.</summary>
    /// <param name="fileName">Named in documents and errors.</param>
    /// <param name="text">The whole file.</param>
    public static YamlReadResult Read(string fileName, string text)
    {
        var reading = new Reading(fileName, text);
        if (text.Length > YamlLimits.Characters)
        {
            reading.Refuse(0, null, null, string.Create(CultureInfo.InvariantCulture, $"has {text.Length} characters, at most {YamlLimits.Characters} are read; split it"));
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

        public List<ManifestDocument> Documents { get; } = [];

        public List<ManifestError> Errors { get; } = [];

        public void Refuse(int document, int? line, string? field, string message) => Errors.Add(new ManifestError(file, document, line, field, message));

        public void ReadAll()
        {
            var index = 0;
            try
            {
                var json = new YamlToJson(_parser);
                while (_parser.MoveNext())
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
            var line = 1;
            try
            {
                _parser.MoveNext();
                line = (int)_parser.Current!.Start.Line;
                Add(json.ReadDocument(), index, line, "");
            }
            catch (YamlProblemException problem)
            {
                Refuse(index, problem.Line, problem.Field, problem.Message);
                while (_parser.Current is not DocumentEnd && _parser.MoveNext())
                {
                    // The rest of this document is skipped; the next one is read.
                }
            }
        }

        private void Add(JsonElement body, int index, int line, string path)
        {
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
                AddItems(items, index, line, path);
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
            Documents.Add(new ManifestDocument(file, index, line, apiVersion, kind, ns, name, body) { Path = path, Text = text });
        }

        private void AddItems(JsonElement items, int index, int line, string path)
        {
            if (items.ValueKind != JsonValueKind.Array)
            {
                Refuse(index, line, Join(path, "items"), "must be a list of objects");
                return;
            }

            var i = 0;
            foreach (var item in items.EnumerateArray())
            {
                var itemPath = Join(path, string.Create(CultureInfo.InvariantCulture, $"items[{i++}]"));
                Add(item, index, line, itemPath);
            }
        }

        private static string Join(string path, string field) => path.Length == 0 ? field : $"{path}.{field}";

        private static string? Text(JsonElement element, string field) =>
            element.ValueKind == JsonValueKind.Object && element.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.String
                ? value.GetString()
                : null;
    }
}
