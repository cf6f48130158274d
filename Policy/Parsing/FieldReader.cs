using System.Globalization;
using System.Text.Json;

namespace Axoneme.Policy;

/// <summary>
/// A JSON object being read. Fields are asked for by name; <see cref="Finish"/> reports those nobody asked for, so that
/// nothing written is ever silently ignored. A field that is null counts as absent, as in Kubernetes.
/// </summary>
internal sealed class FieldReader
{
    private readonly string _path;
    private readonly int? _index;
    private readonly ErrorList _errors;

    // Big policies are mostly objects of no or few fields, so an empty one costs nothing and what was asked is a plain list.
    private Dictionary<string, JsonElement>? _fields;
    private List<string>? _asked;

    private FieldReader(string path, int? index, JsonElement element, ErrorList errors)
    {
        _path = path;
        _index = index;
        _errors = errors;
        Element = element;
    }

    /// <summary>Where the object stands, for example <c>spec.ingress[0]</c>; empty for the whole.</summary>
    public string Path => FieldList.PathOf(_path, _index);

    public JsonElement Element { get; }

    /// <summary>True when the object has so many errors that no further one is shown.</summary>
    public bool IsRefused => _errors.IsFull;

    /// <summary>Opens an object; null, with an error, when it is none.</summary>
    /// <param name="element">The object.</param>
    /// <param name="path">Where it stands, or the list it is a member of.</param>
    /// <param name="index">Its place in that list.</param>
    /// <param name="errors">Where errors go.</param>
    public static FieldReader? Open(JsonElement element, string path, int? index, ErrorList errors)
    {
        var reader = new FieldReader(path, index, element, errors);
        if (element.ValueKind != JsonValueKind.Object)
        {
            reader.Refuse("", $"must be an object with fields, is {Describe(element)}");
            return null;
        }

        foreach (var field in element.EnumerateObject())
        {
            reader._fields ??= new(StringComparer.Ordinal);
            if (!reader._fields.TryAdd(field.Name, field.Value))
            {
                reader.Refuse(field.Name, "is written twice; keep one");
            }
        }

        return reader;
    }

    public string PathOf(string field) => Path is { Length: > 0 } path ? $"{path}.{field}" : field;

    /// <summary>Reports an error of a field, or of the object itself when <paramref name="field"/> is empty.</summary>
    public void Refuse(string field, string message) => _errors.Add(field.Length == 0 ? Path : PathOf(field), message);

    public void RefuseAt(string path, string message) => _errors.Add(path, message);

    /// <summary>Refuses a field, if it is there, that needs a better answer than "no such field".</summary>
    public void RefusePresent(string field, string message)
    {
        if (Has(field))
        {
            Refuse(field, message);
        }
    }

    public bool Has(string field) => Raw(field) is not null;

    public JsonElement? Raw(string field)
    {
        if (_fields is null)
        {
            return null;
        }

        _asked ??= [];
        if (!_asked.Contains(field))
        {
            _asked.Add(field);
        }

        return _fields.TryGetValue(field, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
    }

    public FieldReader? Object(string field) => Raw(field) is { } value ? Open(value, PathOf(field), index: null, _errors) : null;

    /// <summary>Null when absent or no list.</summary>
    public FieldList? List(string field)
    {
        if (Raw(field) is not { } value)
        {
            return null;
        }

        if (value.ValueKind != JsonValueKind.Array)
        {
            Refuse(field, $"must be a list, is {Describe(value)}");
            return null;
        }

        return new FieldList(value, PathOf(field), _errors);
    }

    /// <summary>How many members a list has; 0 when it is absent or no list.</summary>
    public int Count(string field) => Raw(field) is { ValueKind: JsonValueKind.Array } list ? list.GetArrayLength() : 0;

    /// <summary>The members of a list that are objects; none when it is absent.</summary>
    public IEnumerable<FieldReader> Objects(string field) => List(field)?.Objects ?? [];

    public string? String(string field) => Raw(field) is { } value ? Text(value, PathOf(field), _errors) : null;

    /// <summary>A text that must be there and not be empty; null, with an error, when it is not.</summary>
    public string? RequiredString(string field, string whatToWrite)
    {
        var text = String(field);
        if (!Has(field) || text is "")
        {
            Refuse(field, $"is missing; write {whatToWrite}");
            return null;
        }

        return text;
    }

    /// <summary>All fields of an object whose names are the writer's own, such as labels. Those that are not text are reported.</summary>
    public IEnumerable<(string Name, string Value)> Texts()
    {
        foreach (var (name, value) in _fields ?? [])
        {
            if (value.ValueKind == JsonValueKind.Null)
            {
                Refuse(name, "has no value; write \"\" for an empty one");
            }
            else if (Text(value, PathOf(name), _errors) is { } text)
            {
                yield return (name, text);
            }
        }
    }

    public bool? Boolean(string field)
    {
        if (Raw(field) is not { } value)
        {
            return null;
        }

        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return value.GetBoolean();
        }

        Refuse(field, $"must be true or false, is {Describe(value)}");
        return null;
    }

    public int? Integer(string field, int minimum, int maximum)
    {
        if (Raw(field) is not { } value)
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= minimum && number <= maximum)
        {
            return number;
        }

        Refuse(field, string.Create(CultureInfo.InvariantCulture, $"must be a whole number from {minimum} to {maximum}, is {Describe(value)}"));
        return null;
    }

    /// <summary>Reports every field that nobody asked for.</summary>
    public void Finish()
    {
        if (_fields is null || (_asked is not null && _fields.Keys.All(_asked.Contains)))
        {
            return;
        }

        var known = (_asked ?? []).Order(StringComparer.Ordinal).ToList();
        foreach (var field in _fields.Keys.Except(known))
        {
            // To look for a near name costs more than to report it, and nobody would see it.
            var near = IsRefused ? null : known.FirstOrDefault(name => Spelling.AreNear(name, field));
            Refuse(field, near is null ? $"no such field here; known are {string.Join(", ", known)}" : $"no such field here; did you mean {near}?");
        }
    }

    /// <summary>How a value looks, short enough for a message.</summary>
    public static string Describe(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.Null or JsonValueKind.Undefined => "empty",
        _ => Shorten(value.GetRawText()),
    };

    /// <summary>A text in quotes, short enough for a message.</summary>
    public static string Quote(string text) => $"\"{Shorten(text)}\"";

    /// <summary>Null, with an error, when the value is no text.</summary>
    public static string? Text(JsonElement value, string path, ErrorList errors)
    {
        if (value.ValueKind == JsonValueKind.String)
        {
            return value.GetString();
        }

        errors.Add(path, value.ValueKind is JsonValueKind.Object or JsonValueKind.Array or JsonValueKind.Null
            ? $"must be text, is {Describe(value)}"
            : $"must be text; write \"{Describe(value)}\" in quotes");
        return null;
    }

    private static string Shorten(string text) => text.Length > 64 ? text[..61] + "..." : text;
}
