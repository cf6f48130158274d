namespace Axoneme.Cli.Output;

/// <summary>"Name:   value" lines with the values in one column. Fields without a value are left out.</summary>
internal sealed class FieldList(TextWriter output)
{
    private const int ValueColumn = 18;

    public void Add(string name, params ReadOnlySpan<string?> values)
    {
        var heading = $"{name}:";
        foreach (var value in values)
        {
            if (!string.IsNullOrEmpty(value))
            {
                output.WriteLine($"{heading.PadRight(ValueColumn)} {value}");
                heading = "";
            }
        }
    }
}
