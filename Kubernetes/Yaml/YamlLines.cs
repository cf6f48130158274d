using System.Globalization;

namespace Axoneme.Kubernetes;

/// <summary>
/// The lines of one document's values, kept as it is read: reading the text again for every error would make many errors cost many readings.
/// A value is a node; the nodes below it follow it, up to its end.
/// </summary>
internal sealed class YamlLines
{
    private readonly List<Node> _nodes = [];

    /// <summary>Adds a value; everything added until <see cref="End"/> stands below it.</summary>
    /// <param name="line">Where it is written: the line of the name for a field.</param>
    /// <param name="name">The field's name; null for list items and for the document.</param>
    public int Begin(int line, string? name)
    {
        _nodes.Add(new Node(name, line, 0));
        return _nodes.Count - 1;
    }

    public void End(int node) => _nodes[node] = _nodes[node] with { End = _nodes.Count };

    /// <summary>Adds below the newest node what stands below another: it is written there and an alias repeats it here.</summary>
    public void Repeat(int anchor)
    {
        var shift = _nodes.Count - (anchor + 1);
        for (var node = anchor + 1; node < _nodes[anchor].End; node++)
        {
            _nodes.Add(_nodes[node] with { End = _nodes[node].End + shift });
        }
    }

    /// <summary>Nothing more is added: gives back the room kept for it.</summary>
    public void Complete() => _nodes.TrimExcess();

    /// <summary>The nodes directly below one, in the order they are written.</summary>
    public IEnumerable<int> Below(int node)
    {
        for (var child = node + 1; child < _nodes[node].End; child = _nodes[child].End)
        {
            yield return child;
        }
    }

    /// <summary>The node at a path such as <c>spec.ingress[0]</c> below another, or at the nearest part of the path that is written.</summary>
    public int Find(int node, ReadOnlySpan<char> path)
    {
        while (!path.IsEmpty && Enter(node, ref path) is { } below)
        {
            node = below;
        }

        return node;
    }

    public int LineOf(int node) => _nodes[node].Line;

    private int? Enter(int node, ref ReadOnlySpan<char> path)
    {
        var rest = path.TrimStart('.');
        var index = IndexAt(rest, out var afterIndex);
        var position = 0;
        for (var child = node + 1; child < _nodes[node].End; child = _nodes[child].End)
        {
            if (_nodes[child].Name is { } name)
            {
                // Names may hold dots, so the path is compared with whole names.
                if (name.Length > 0 && rest.StartsWith(name, StringComparison.Ordinal) && (rest.Length == name.Length || rest[name.Length] is '.' or '['))
                {
                    path = rest[name.Length..];
                    return child;
                }
            }
            else if (position++ == index)
            {
                path = rest[afterIndex..];
                return child;
            }
        }

        return null;
    }

    /// <summary>The 7 of <c>[7].ports</c>; -1 when the path begins with a name.</summary>
    private static int IndexAt(ReadOnlySpan<char> path, out int length)
    {
        length = path.IndexOf(']') + 1;
        return length > 2 && path[0] == '[' && int.TryParse(path[1..(length - 1)], NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? index : -1;
    }

    /// <param name="Name">The field's name; null for list items and for the document.</param>
    /// <param name="Line">1-based.</param>
    /// <param name="End">The first node that no longer stands below this one.</param>
    private readonly record struct Node(string? Name, int Line, int End);
}
