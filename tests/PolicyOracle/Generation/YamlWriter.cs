using System.Text;
using System.Text.Json;

namespace Axoneme.PolicyOracle.Generation;

/// <summary>JSON as YAML in block style. Strings stay quoted, so nothing is taken for a number or a boolean.</summary>
internal static class YamlWriter
{
    private static readonly JsonSerializerOptions Readable = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Write(JsonElement element)
    {
        var text = new StringBuilder();
        Write(text, element, 0);
        return text.ToString();
    }

    // Writes the element as lines of that depth; the first line's indentation is already there when it follows a dash.
    private static void Write(StringBuilder text, JsonElement element, int depth, bool afterDash = false)
    {
        if (element.ValueKind == JsonValueKind.Object)
        {
            foreach (var member in element.EnumerateObject())
            {
                text.Append(' ', afterDash ? 0 : depth * 2).Append(Key(member.Name)).Append(':');
                afterDash = false;
                Nested(text, member.Value, member.Value.ValueKind == JsonValueKind.Object ? depth + 1 : depth);
            }
        }
        else
        {
            foreach (var item in element.EnumerateArray())
            {
                text.Append(' ', depth * 2).Append('-');
                if (item.ValueKind == JsonValueKind.Object && item.EnumerateObject().Any())
                {
                    text.Append(' ');
                    Write(text, item, depth + 1, afterDash: true);
                }
                else
                {
                    Nested(text, item, depth + 1);
                }
            }
        }
    }

    private static void Nested(StringBuilder text, JsonElement value, int inner)
    {
        var empty = value.ValueKind switch
        {
            JsonValueKind.Object => value.EnumerateObject().Any() ? null : "{}",
            JsonValueKind.Array => value.GetArrayLength() > 0 ? null : "[]",
            _ => JsonSerializer.Serialize(value, Readable),
        };
        if (empty is not null)
        {
            text.Append(' ').Append(empty).Append('\n');
            return;
        }

        text.Append('\n');
        Write(text, value, inner);
    }

    private static string Key(string name) =>
        name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '/') ? name : JsonSerializer.Serialize(name, Readable);
}
