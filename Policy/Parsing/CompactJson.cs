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

    /// <summary>False when a text below the element is half of a surrogate pair, which JSON can write and no string can hold.</summary>
    public static bool IsText(JsonElement element)
    {
        try
        {
            using var nowhere = new Utf8JsonWriter(Stream.Null);
            element.WriteTo(nowhere);
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }
}
