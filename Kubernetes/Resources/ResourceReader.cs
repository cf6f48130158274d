using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;

namespace Axoneme.Kubernetes;

/// <summary>
/// Reads the fields we use of an object and gathers errors by field path. Other fields are the business of others and left alone; null
/// counts as absent.
/// </summary>
internal sealed class ResourceReader(ManifestDocument document)
{
    private readonly List<ManifestError> _errors = [];

    public IReadOnlyList<ManifestError> Errors => _errors;

    public void Refuse(string field, string message) => _errors.Add(document.Error(field, message));

    /// <summary>The result, or only the errors if there are any.</summary>
    public ResourceReadResult<T> Finish<T>(T resource)
        where T : class => new(_errors.Count == 0 ? resource : null, _errors);

    /// <summary>Checks apiVersion, kind and name.</summary>
    public void CheckHeader(string apiVersion, string kind, Func<string, bool> isName)
    {
        if (document.Kind != kind)
        {
            throw new ArgumentException($"{document.Kind} {document.Name} is no {kind}", nameof(kind));
        }

        if (document.ApiVersion != apiVersion)
        {
            Refuse("apiVersion", $"must be {apiVersion}, is \"{document.ApiVersion}\"");
        }

        if (!isName(document.Name))
        {
            Refuse("metadata.name", $"\"{document.Name}\" is not a name; write lower-case letters, digits and '-', beginning and ending with a letter or digit");
        }
    }

    /// <summary>metadata.namespace, <c>default</c> when absent.</summary>
    public string Namespace()
    {
        if (Text(document.Body, "metadata.namespace") is not { Length: > 0 } ns)
        {
            return "default";
        }

        if (!ResourceName.IsDnsLabel(ns))
        {
            Refuse("metadata.namespace", $"\"{ns}\" is not a namespace name; write lower-case letters, digits and '-', at most 63");
        }

        return ns;
    }

    /// <summary>A member by a path of plain names, null when absent or JSON null.</summary>
    public JsonElement? Get(JsonElement from, string path)
    {
        var walked = from;
        foreach (var name in path.Split('.'))
        {
            if (walked.ValueKind != JsonValueKind.Object || !walked.TryGetProperty(name, out walked) || walked.ValueKind == JsonValueKind.Null)
            {
                return null;
            }
        }

        return walked;
    }

    public string? Text(JsonElement from, string path, string prefix = "")
    {
        if (Get(from, path) is not { } value)
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.String)
        {
            return value.GetString();
        }

        Refuse(prefix + path, $"must be text, is {Describe(value)}; write it in quotes");
        return null;
    }

    public bool Flag(JsonElement from, string path, string prefix = "", bool byDefault = false)
    {
        if (Get(from, path) is not { } value)
        {
            return byDefault;
        }

        if (value.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
        {
            Refuse(prefix + path, $"must be true or false, is {Describe(value)}");
            return byDefault;
        }

        return value.GetBoolean();
    }

    /// <summary>A whole number within bounds, null when absent or refused.</summary>
    public int? Number(JsonElement from, string path, string prefix, int least, int most)
    {
        if (Get(from, path) is not { } value)
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= least && number <= most)
        {
            return number;
        }

        Refuse(prefix + path, $"must be a number from {least} to {most}, is {Describe(value)}");
        return null;
    }

    /// <summary>A port's number, which must be there: 0 when it is missing or refused.</summary>
    public int Port(JsonElement from, string path, string prefix)
    {
        if (Get(from, path) is null)
        {
            Refuse(prefix + path, "is missing; write a number from 1 to 65535");
        }

        return Number(from, path, prefix, 1, 65535) ?? 0;
    }

    public string Protocol(JsonElement from, string prefix) => Word(from, "protocol", prefix, "TCP", "UDP", "SCTP");

    /// <summary>One of some words, the first when absent.</summary>
    public string Word(JsonElement from, string path, string prefix, params string[] words)
    {
        if (Text(from, path, prefix) is not { } text)
        {
            return words[0];
        }

        if (!words.Contains(text, StringComparer.Ordinal))
        {
            Refuse(prefix + path, $"must be {string.Join(", ", words[..^1])} or {words[^1]}, is \"{text}\"");
            return words[0];
        }

        return text;
    }

    /// <summary>The texts of a list, with their paths; empty when absent.</summary>
    public IEnumerable<(string Value, string Path)> Texts(JsonElement from, string path, string prefix = "")
    {
        foreach (var (item, itemPath) in Items(from, path, prefix))
        {
            if (item.ValueKind == JsonValueKind.String)
            {
                yield return (item.GetString()!, itemPath);
            }
            else
            {
                Refuse(itemPath, $"must be text, is {Describe(item)}; write it in quotes");
            }
        }
    }

    /// <summary>A mapping of text to text, empty when absent.</summary>
    public ImmutableSortedDictionary<string, string> Map(string path)
    {
        var map = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        if (Get(document.Body, path) is not { } value)
        {
            return map.ToImmutable();
        }

        if (value.ValueKind != JsonValueKind.Object)
        {
            Refuse(path, $"must be a mapping of names to texts, is {Describe(value)}");
            return map.ToImmutable();
        }

        foreach (var member in value.EnumerateObject())
        {
            if (member.Value.ValueKind == JsonValueKind.String)
            {
                map[member.Name] = member.Value.GetString()!;
            }
            else
            {
                Refuse($"{path}.{member.Name}", $"must be text, is {Describe(member.Value)}; write it in quotes");
            }
        }

        return map.ToImmutable();
    }

    /// <summary>metadata.labels, or another mapping of labels, checked.</summary>
    public ImmutableSortedDictionary<string, string> Labels(string path = "metadata.labels")
    {
        var labels = Map(path);
        foreach (var (key, value) in labels)
        {
            if (!ResourceName.IsLabelKey(key))
            {
                Refuse($"{path}.{key}", "is not a label key; write [prefix/]name of letters, digits, '-', '_' and '.', at most 63 in the name");
            }

            if (!ResourceName.IsLabelValue(value))
            {
                Refuse($"{path}.{key}", $"\"{value}\" is not a label value; at most 63 letters, digits, '-', '_' and '.', beginning and ending with a letter or digit");
            }
        }

        return labels;
    }

    /// <summary>The members of a list that are objects, with their paths; empty when absent.</summary>
    public IEnumerable<(JsonElement Value, string Path)> Objects(JsonElement from, string path, string prefix = "")
    {
        foreach (var (item, itemPath) in Items(from, path, prefix))
        {
            if (item.ValueKind == JsonValueKind.Object)
            {
                yield return (item, itemPath);
            }
            else
            {
                Refuse(itemPath, $"must be an object with fields, is {Describe(item)}");
            }
        }
    }

    private IEnumerable<(JsonElement Value, string Path)> Items(JsonElement from, string path, string prefix)
    {
        if (Get(from, path) is not { } list)
        {
            yield break;
        }

        if (list.ValueKind != JsonValueKind.Array)
        {
            Refuse(prefix + path, $"must be a list, is {Describe(list)}");
            yield break;
        }

        var index = 0;
        foreach (var item in list.EnumerateArray())
        {
            yield return (item, string.Create(CultureInfo.InvariantCulture, $"{prefix}{path}[{index++}]"));
        }
    }

    public static string Describe(JsonElement value)
    {
        var text = value.ValueKind switch
        {
            JsonValueKind.Object => "an object",
            JsonValueKind.Array => "a list",
            JsonValueKind.Null or JsonValueKind.Undefined => "empty",
            _ => value.GetRawText(),
        };
        return text.Length > 64 ? text[..61] + "..." : text;
    }
}
