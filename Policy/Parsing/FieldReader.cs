using System.Globalization;
using System.Text.Json;

namespace Axoneme.Policy;

/// <summary>
/// A JSON object being read. Fields are asked for by name; <see cref="Finish"/> reports those nobody asked for, so that
/// nothing written is ever silently ignored. A field that is null counts as absent, as in Kubernetes.
/// </summary>
internal sealed class FieldReader
{
    private readonly List<PolicyError> _errors;
    private readonly Dictionary<string, JsonElement> _fields = new(StringComparer.Ordinal);
    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);

    private FieldReader(string path, JsonElement element, List<PolicyError> errors)
    {
        Path = path;
        Element = element;
        _errors = errors;
    }

    public string Path { get; }

    public JsonElement Element { get; }

    public IEnumerable<string> Names => _fields.Keys;

    /// <summary>Opens an object; null, with an error, when it is none.</summary>
    public static FieldReader? Open(JsonElement element, string path, List<PolicyError> errors)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            errors.Add(new PolicyError(path, $"must be an object with fields, is {Describe(element)}"));
            return null;
        }

        var reader = new FieldReader(path, element, errors);
        foreach (var field in element.EnumerateObject())
        {
            if (!reader._fields.TryAdd(field.Name, field.Value))
            {
                reader.Refuse(field.Name, "is written twice; keep one");
            }
        }

        return reader;
    }

    public string PathOf(string field) => Path.Length == 0 ? field : $"{Path}.{field}";

    /// <summary>Reports an error of a field, or of the object itself when <paramref name="field"/> is empty.</summary>
    public void Refuse(string field, string message) => _errors.Add(new PolicyError(field.Length == 0 ? Path : PathOf(field), message));

    public void RefuseAt(string path, string message) => _errors.Add(new PolicyError(path, message));

    public bool Has(string field) => Raw(field) is not null;

    public JsonElement? Raw(string field)
    {
        _asked.Add(field);
        return _fields.TryGetValue(field, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
    }

    public FieldReader? Object(string field) => Raw(field) is { } value ? Open(value, PathOf(field), _errors) : null;

    /// <summary>The members of a list with their paths; null when absent or no list.</summary>
    public List<(JsonElement Value, string Path)>? List(string field)
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

        var path = PathOf(field);
        return value.EnumerateArray().Select((item, index) => (item, string.Create(CultureInfo.InvariantCulture, $"{path}[{index}]"))).ToList();
    }

    /// <summary>The members of a list that are objects; null when absent or no list.</summary>
    public List<FieldReader>? Objects(string field)
    {
        var items = List(field);
        return items?.Select(item => Open(item.Value, item.Path, _errors)).OfType<FieldReader>().ToList();
    }

    public List<(string Value, string Path)>? Strings(string field)
    {
        if (List(field) is not { } items)
        {
            return null;
        }

        var strings = new List<(string, string)>(items.Count);
        foreach (var (value, path) in items)
        {
            if (StringOf(value, path) is { } text)
            {
                strings.Add((text, path));
            }
        }

        return strings;
    }

    public string? String(string field) => Raw(field) is { } value ? StringOf(value, PathOf(field)) : null;

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
        foreach (var field in _fields.Keys.Where(field => !_asked.Contains(field)))
        {
            var near = _asked.Where(known => Spelling.AreNear(known, field)).Order(StringComparer.Ordinal).FirstOrDefault();
            Refuse(field, near is null
                ? $"no such field here; known are {string.Join(", ", _asked.Order(StringComparer.Ordinal))}"
                : $"no such field here; did you mean {near}?");
        }
    }

    /// <summary>How a value looks, short enough for a message.</summary>
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

    private string? StringOf(JsonElement value, string path)
    {
        if (value.ValueKind == JsonValueKind.String)
        {
            return value.GetString();
        }

        RefuseAt(path, value.ValueKind is JsonValueKind.Object or JsonValueKind.Array or JsonValueKind.Null
            ? $"must be text, is {Describe(value)}"
            : $"must be text; write \"{value.GetRawText()}\" in quotes");
        return null;
    }
}
