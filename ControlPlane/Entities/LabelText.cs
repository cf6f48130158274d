namespace Axoneme.ControlPlane.Entities;

/// <summary>Label sets as one text: how they are compared, hashed and claimed in the journal.</summary>
public static class LabelText
{
    private const char Separator = '\n';

    /// <summary>Equal for equal sets only; <paramref name="labels"/> must pass <see cref="FindFault"/>.</summary>
    public static string Join(IEnumerable<string> labels) => string.Join(Separator, labels);

    public static string[] Split(string text) => text.Split(Separator);

    /// <summary>What is wrong with a label set, null when it is sorted, without duplicates and free of line breaks.</summary>
    public static string? FindFault(IReadOnlyList<string> labels)
    {
        if (labels.Count == 0)
        {
            return "the label set is empty; a pod has at least its namespace's label";
        }
        for (var i = 0; i < labels.Count; i++)
        {
            if (labels[i].Length == 0 || labels[i].Contains(Separator))
            {
                return $"label \"{labels[i].ReplaceLineEndings("\\n")}\" is empty or has a line break; write it as source:key=value";
            }
            if (i > 0 && string.CompareOrdinal(labels[i - 1], labels[i]) >= 0)
            {
                return $"label \"{labels[i]}\" is out of order or appears twice; sort labels by ordinal comparison";
            }
        }
        return null;
    }
}
