using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Axoneme.Kubernetes;

/// <summary>Finds the line of a field by reading the text again, following the path only. Used when an error is reported.</summary>
internal static class YamlLines
{
    /// <returns>The field's line, or that of the nearest part of the path that is written; null when the text cannot be read that far.</returns>
    public static int? Find(string text, int document, string path)
    {
        try
        {
            var parser = new BoundedParser(text);
            for (var index = 0; index < document;)
            {
                if (!parser.MoveNext())
                {
                    return null;
                }

                index += parser.Current is DocumentStart ? 1 : 0;
            }

            parser.MoveNext();
            return Follow(parser, path);
        }
        catch (YamlException)
        {
            return null; // the syntax error is reported on its own
        }
    }

    private static int Follow(IParser parser, string path)
    {
        var line = (int)parser.Current!.Start.Line;
        while (path.Length > 0)
        {
            var found = parser.Current switch
            {
                MappingStart => EnterField(parser, ref path),
                SequenceStart => EnterItem(parser, ref path),
                _ => null,
            };
            if (found is null)
            {
                break;
            }

            line = found.Value;
        }

        return line;
    }

    /// <summary>Moves to the value of the field that the path begins with. Names may hold dots, so the path is compared with whole names.</summary>
    private static int? EnterField(IParser parser, ref string path)
    {
        var rest = path.TrimStart('.');
        parser.MoveNext();
        while (parser.Current is Scalar key)
        {
            var name = key.Value;
            parser.MoveNext();
            if (rest.StartsWith(name, StringComparison.Ordinal) && name.Length > 0 && (rest.Length == name.Length || rest[name.Length] is '.' or '['))
            {
                path = rest[name.Length..];
                return (int)key.Start.Line;
            }

            parser.SkipThisAndNestedEvents();
        }

        return null;
    }

    private static int? EnterItem(IParser parser, ref string path)
    {
        var close = path.IndexOf(']');
        if (path[0] != '[' || close < 0 || !int.TryParse(path.AsSpan(1, close - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var index))
        {
            return null;
        }

        parser.MoveNext();
        for (; index > 0 && parser.Current is not SequenceEnd; index--)
        {
            parser.SkipThisAndNestedEvents();
        }

        if (parser.Current is SequenceEnd)
        {
            return null;
        }

        path = path[(close + 1)..];
        return (int)parser.Current!.Start.Line;
    }
}
