using Axoneme.Sandbox.Probing;

namespace Axoneme.Server.Live;

/// <summary>Who reaches whom: a row per source, a column per target port.</summary>
internal static class MatrixSection
{
    private static readonly Cell Itself = new("·", "grey");
    private static readonly Cell Unknown = new("?", "grey");

    public static IEnumerable<string> Lines(ReachabilityMatrix matrix, int width)
    {
        if (matrix.Targets.Count == 0)
        {
            return [new Cell("nothing runs yet", "grey").Markup(width)];
        }

        var rows = new List<Cell[]>
        {
            new Cell[] { new("from ↓  to →", "grey") }.Concat(matrix.Targets.Select(target => new Cell(Short(target.Pod), "bold"))).ToArray(),
            new Cell[] { "" }.Concat(matrix.Targets.Select(target => new Cell(target.Protocol == "tcp" ? $":{target.Port}" : $":{target.Port}/{target.Protocol}", "grey"))).ToArray(),
        };
        rows.AddRange(matrix.Rows.Select(row => new Cell[] { new(row.Source, "bold") }
            .Concat(row.Cells.Select((cell, column) => matrix.Targets[column].Pod == row.Source ? Itself : Show(cell))).ToArray()));
        return Columns.Lines(rows, width);
    }

    /// <summary>✓ reached, ✗ not, both families alike; otherwise each by its number.</summary>
    public static Cell Show(ReachabilityCell? cell) => (cell?.Ipv4?.Ok, cell?.Ipv6?.Ok) switch
    {
        (null, null) => Unknown,
        (true, null or true) or (null, true) => new Cell("✓", "green"),
        (false, null or false) or (null, false) => new Cell("✗", "red"),
        (true, false) => new Cell("v4 ✓ v6 ✗", "yellow"),
        (false, true) => new Cell("v4 ✗ v6 ✓", "yellow"),
    };

    private static string Short(string pod) => pod[(pod.IndexOf('/', StringComparison.Ordinal) + 1)..];
}
