using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Axoneme.Kubernetes;

/// <summary>
/// YamlDotNet's parser behind two guards. Nesting is bounded for every text it walks, skipped ones included, since the scanner's time grows with the
/// square of the depth; and what its scanner throws on some malformed texts besides <see cref="YamlException"/> becomes one.
/// </summary>
internal sealed class BoundedParser(string text) : IParser
{
    private readonly Parser _parser = new(new StringReader(text));
    private int _depth;

    public ParsingEvent? Current => _parser.Current;

    public bool MoveNext()
    {
        try
        {
            if (!_parser.MoveNext())
            {
                return false;
            }
        }
        catch (Exception malformed) when (malformed is InvalidOperationException or ArgumentException or IndexOutOfRangeException or NullReferenceException or FormatException or OverflowException)
        {
            var at = Current?.End ?? Mark.Empty;
            throw new YamlException(at, at, "a value is not closed or not separated from the next", malformed);
        }

        _depth += Current!.NestingIncrease;
        if (_depth > YamlLimits.Depth)
        {
            throw new YamlException(Current.Start, Current.End, $"nested more than {YamlLimits.Depth} levels deep");
        }

        return true;
    }
}
