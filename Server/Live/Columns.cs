namespace Axoneme.Server.Live;

/// <summary>Aligned rows within a given width: when they do not fit, the last column gives way first, then the widest.</summary>
internal static class Columns
{
    private const int Gap = 2;
    private const int Narrowest = 3;

    /// <summary>One line of markup per row.</summary>
    public static IEnumerable<string> Lines(IReadOnlyList<Cell[]> rows, int width)
    {
        if (rows.Count == 0)
        {
            return [];
        }

        var widths = Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Text.Length)).ToArray();
        for (var excess = widths.Sum() + (Gap * (widths.Length - 1)) - width; excess > 0; excess--)
        {
            var column = widths[^1] > Narrowest * 4 ? widths.Length - 1 : Array.IndexOf(widths, widths.Max());
            if (widths[column] <= Narrowest)
            {
                break;
            }

            widths[column]--;
        }

        return rows.Select(row => string.Join(new string(' ', Gap), row.Select((cell, column) => cell.Markup(widths[column]))));
    }
}
