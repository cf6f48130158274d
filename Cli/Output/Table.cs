using System.Text;

namespace Axoneme.Cli.Output;

/// <summary>Aligned columns of text. A cell may have several lines; the last column is never padded.</summary>
internal sealed class Table(params string[] headings)
{
    private const int Gap = 3;

    private readonly List<string[][]> _rows = [[.. headings.Select(Lines)]];

    /// <summary>Adds a row; null prints as nothing.</summary>
    public void Add(params string?[] cells) => _rows.Add([.. cells.Select(cell => Lines(cell ?? ""))]);

    /// <summary>Prints headings and rows.</summary>
    public void WriteTo(TextWriter output)
    {
        var widths = new int[headings.Length];
        foreach (var row in _rows)
        {
            for (var column = 0; column < widths.Length; column++)
            {
                widths[column] = Math.Max(widths[column], row[column].Max(line => line.Length));
            }
        }

        foreach (var row in _rows)
        {
            for (var line = 0; line < row.Max(cell => cell.Length); line++)
            {
                var text = new StringBuilder();
                for (var column = 0; column < widths.Length; column++)
                {
                    text.Append((line < row[column].Length ? row[column][line] : "").PadRight(widths[column] + Gap));
                }

                output.WriteLine(text.ToString().TrimEnd());
            }
        }
    }

    private static string[] Lines(string cell) => cell.Split('\n');
}
