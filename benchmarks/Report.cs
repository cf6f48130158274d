using System.Globalization;
using System.Text.Json;

namespace Axoneme.Benchmarks;

/// <summary>Prints rows: aligned for people, as JSON for programs.</summary>
internal static class Report
{
    public static void Print(IReadOnlyList<BenchmarkRow> rows, bool json)
    {
        if (json)
        {
            using var stream = Console.OpenStandardOutput();
            using var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
            writer.WriteStartArray();
            foreach (var row in rows)
            {
                writer.WriteStartObject();
                writer.WriteString("name", row.Name);
                writer.WriteString("unit", row.Unit);
                writer.WriteNumber("ours", Math.Round(row.Ours, 3));
                WriteOptional(writer, "reference", row.Reference);
                WriteOptional(writer, "ratio", row.Ratio);
                writer.WriteString("note", row.Note);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.Flush();
            Console.WriteLine();
            return;
        }

        var width = rows.Max(row => row.Name.Length);
        Console.WriteLine($"{"".PadRight(width)}  {"ours",12}  {"reference",12}  {"ratio",6}  unit");
        foreach (var row in rows)
        {
            Console.WriteLine($"{row.Name.PadRight(width)}  {Number(row.Ours),12}  {Number(row.Reference),12}  {row.Ratio?.ToString("0.00", CultureInfo.InvariantCulture),6}  {row.Unit}  {row.Note}");
        }
    }

    /// <summary>Progress goes to stderr, so that stdout stays machine-readable.</summary>
    public static void Progress(string text) => Console.Error.WriteLine($"… {text}");

    private static string Number(double? value) => value is not { } number ? "–" : number.ToString(number >= 100 ? "#,0" : "0.00", CultureInfo.InvariantCulture);

    private static void WriteOptional(Utf8JsonWriter writer, string name, double? value)
    {
        if (value is { } number)
        {
            writer.WriteNumber(name, Math.Round(number, 3));
        }
        else
        {
            writer.WriteNull(name);
        }
    }
}
