using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Axoneme.Policy;

/// <summary>JSON without white space, so that equal content is equal text.</summary>
internal static class CompactJson
{
    /// <summary>Kept for the next time: a policy of many small rules would spend its time making writers.</summary>
    [ThreadStatic]
    private static (ArrayBufferWriter<byte> Buffer, Utf8JsonWriter Writer)? _kept;

    public static string Of(JsonElement element) => Write(element.WriteTo);

    /// <summary>An object of lists of texts.</summary>
    public static string Of(params (string Name, IEnumerable<string> Texts)[] fields) => Write(writer =>
    {
        writer.WriteStartObject();
        foreach (var (name, texts) in fields)
        {
            writer.WriteStartArray(name);
            foreach (var text in texts)
            {
                writer.WriteStringValue(text);
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    });

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

    private static string Write(Action<Utf8JsonWriter> write)
    {
        var (buffer, writer) = _kept ?? Make();
        _kept = null;
        write(writer);
        writer.Flush();
        var text = Encoding.UTF8.GetString(buffer.WrittenSpan);
        if (buffer.Capacity <= 1 << 16)
        {
            buffer.ResetWrittenCount();
            writer.Reset();
            _kept = (buffer, writer);
        }

        return text;
    }

    private static (ArrayBufferWriter<byte> Buffer, Utf8JsonWriter Writer) Make()
    {
        var buffer = new ArrayBufferWriter<byte>();
        return (buffer, new Utf8JsonWriter(buffer));
    }
}
