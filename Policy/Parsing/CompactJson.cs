using System.Text;
using System.Text.Json;

namespace Axoneme.Policy;

/// <summary>JSON without white space, so that equal content is equal text.</summary>
internal static class CompactJson
{
    public static string Of(JsonElement element)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            element.WriteTo(writer);
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }
}
