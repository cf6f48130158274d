using System.Globalization;
using System.Text;

namespace Axoneme.Kubernetes;

/// <summary>Where a reader is. Put into words only when an error needs it: names may be long and nested.</summary>
internal sealed class FieldPath
{
    private const int LongestName = 100;

    private readonly List<(string? Name, int Index)> _steps = [];

    public void Enter(string name) => _steps.Add((name, 0));

    public void Enter(int index) => _steps.Add((null, index));

    public void Leave() => _steps.RemoveAt(_steps.Count - 1);

    public void Clear() => _steps.Clear();

    /// <summary>A name from the text, short enough for a message.</summary>
    public static string Shorten(string name) => name.Length > LongestName ? name[..LongestName] + "..." : name;

    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var (name, index) in _steps)
        {
            if (name is null)
            {
                text.Append(CultureInfo.InvariantCulture, $"[{index}]");
                continue;
            }

            text.Append(text.Length > 0 ? "." : "").Append(Shorten(name));
        }

        return text.ToString();
    }
}
