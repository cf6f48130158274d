using System.Globalization;
using System.Text;

namespace Axoneme.Policy;

/// <summary>Characters and classes of characters in <see cref="PatternSyntax"/>.</summary>
internal static class PatternClass
{
    private const int LastCharacter = 0xFFFF;
    private const int LongestName = 16;

    /// <summary>POSIX classes and what they hold, as .NET writes ranges.</summary>
    private static readonly Dictionary<string, (int Low, int High)[]> Posix = new(StringComparer.Ordinal)
    {
        ["alnum"] = [('0', '9'), ('A', 'Z'), ('a', 'z')],
        ["alpha"] = [('A', 'Z'), ('a', 'z')],
        ["ascii"] = [(0, 0x7F)],
        ["blank"] = [('\t', '\t'), (' ', ' ')],
        ["cntrl"] = [(0, 0x1F), (0x7F, 0x7F)],
        ["digit"] = [('0', '9')],
        ["graph"] = [('!', '~')],
        ["lower"] = [('a', 'z')],
        ["print"] = [(' ', '~')],
        ["punct"] = [('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
        ["space"] = [('\t', '\r'), (' ', ' ')],
        ["upper"] = [('A', 'Z')],
        ["word"] = [('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')],
        ["xdigit"] = [('0', '9'), ('A', 'F'), ('a', 'f')],
    };

    private static readonly (int Low, int High)[] Space = [('\t', '\n'), ('\f', '\r'), (' ', ' ')]; // \s leaves the vertical tab out

    private static readonly string[] Categories =
    [
        "C", "Cc", "Cf", "Co", "Cs", "L", "Ll", "Lm", "Lo", "Lt", "Lu", "M", "Mc", "Me", "Mn", "N", "Nd", "Nl", "No", "P", "Pc", "Pd", "Pe", "Pf",
        "Pi", "Po", "Ps", "S", "Sc", "Sk", "Sm", "So", "Z", "Zl", "Zp", "Zs",
    ];

    /// <summary>A class in brackets, from its [ to its ].</summary>
    public static string Read(string text, ref int at)
    {
        var result = new StringBuilder("[");
        at++;
        if (at < text.Length && text[at] == '^')
        {
            result.Append('^');
            at++;
        }

        // A ] right after the beginning is a character.
        for (var first = true; first || at >= text.Length || text[at] != ']'; first = false)
        {
            if (at >= text.Length)
            {
                throw new FormatException("a [ is not closed");
            }

            if (TryReadPosix(text, ref at) is { } posix)
            {
                result.Append(posix);
            }
            else if (TryReadNamed(text, ref at) is { } named)
            {
                result.Append(named);
            }
            else
            {
                AppendRange(result, text, ref at);
            }
        }

        at++;
        return result.Append(']').ToString();
    }

    /// <summary><c>\d</c>, <c>\W</c>, <c>\p{L}</c> and the like as they stand within brackets; null when there is none.</summary>
    public static string? TryReadNamed(string text, ref int at)
    {
        if (at + 1 >= text.Length || text[at] != '\\')
        {
            return null;
        }

        var name = text[at + 1];
        switch (name)
        {
            case 'd' or 'D':
                at += 2;
                return Ranges(Posix["digit"], name == 'D');
            case 'w' or 'W':
                at += 2;
                return Ranges(Posix["word"], name == 'W');
            case 's' or 'S':
                at += 2;
                return Ranges(Space, name == 'S');
            case 'p' or 'P':
                at += 2;
                return ReadCategory(text, ref at, negated: name == 'P');
            default:
                return null;
        }
    }

    /// <summary>One character as written.</summary>
    public static Rune ReadRune(string text, ref int at)
    {
        Rune.DecodeFromUtf16(text.AsSpan(at), out var rune, out var length);
        at += length;
        return rune;
    }

    /// <summary>A character behind a backslash.</summary>
    public static Rune ReadEscaped(string text, ref int at)
    {
        if (++at >= text.Length)
        {
            throw new FormatException("ends with a \\, which escapes nothing");
        }

        var c = text[at++];
        switch (c)
        {
            case 'a':
                return new Rune('\a');
            case 'f':
                return new Rune('\f');
            case 'n':
                return new Rune('\n');
            case 'r':
                return new Rune('\r');
            case 't':
                return new Rune('\t');
            case 'v':
                return new Rune('\v');
            case 'x':
                return ReadHexadecimal(text, ref at);
            case '0':
            case >= '1' and <= '7' when at < text.Length && text[at] is >= '0' and <= '7':
                var value = c - '0';
                for (var i = 0; i < 2 && at < text.Length && text[at] is >= '0' and <= '7'; i++)
                {
                    value = value * 8 + text[at++] - '0';
                }

                return new Rune(value);
            case < (char)0x80 when !char.IsAsciiLetterOrDigit(c):
                return new Rune(c);
            default:
                throw new FormatException(char.IsAsciiDigit(c) ? $"\\{c} refers back to a group, which is not possible" : $"\\{c} is no escape");
        }
    }

    /// <summary>A character as .NET takes it anywhere.</summary>
    public static string Character(int value) =>
        value < 0x80 && char.IsAsciiLetterOrDigit((char)value) ? ((char)value).ToString() : string.Create(CultureInfo.InvariantCulture, $"\\u{value:X4}");

    private static string? TryReadPosix(string text, ref int at)
    {
        if (at + 1 >= text.Length || text[at] != '[' || text[at + 1] != ':'
            || text.IndexOf(":]", at + 2, Math.Min(LongestName, text.Length - at - 2), StringComparison.Ordinal) is not (>= 0 and var end))
        {
            return null;
        }

        var negated = text[at + 2] == '^';
        var name = text[(at + 2 + (negated ? 1 : 0))..end];
        if (!Posix.TryGetValue(name, out var ranges))
        {
            throw new FormatException($"[:{name}:] is no class; write for example [[:alpha:]]");
        }

        at = end + 2;
        return Ranges(ranges, negated);
    }

    private static void AppendRange(StringBuilder result, string text, ref int at)
    {
        var low = ReadOne(text, ref at);
        var high = low;
        if (at + 1 < text.Length && text[at] == '-' && text[at + 1] != ']')
        {
            at++;
            high = ReadOne(text, ref at);
        }

        if (high.Value < low.Value)
        {
            throw new FormatException($"the range {low}-{high} runs backwards");
        }

        if (low.Value > LastCharacter)
        {
            throw new FormatException("characters beyond U+FFFF cannot stand in [ ]; write them as alternatives");
        }

        result.Append(Range(low.Value, Math.Min(high.Value, LastCharacter)));
    }

    private static Rune ReadOne(string text, ref int at) => text[at] == '\\' ? ReadEscaped(text, ref at) : ReadRune(text, ref at);

    private static Rune ReadHexadecimal(string text, ref int at)
    {
        var braces = at < text.Length && text[at] == '{';
        var end = braces ? text.IndexOf('}', at) : at + 2;
        var begin = braces ? at + 1 : at;
        if (end > begin && end <= text.Length
            && int.TryParse(text.AsSpan(begin, end - begin), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value) && Rune.IsValid(value))
        {
            at = braces ? end + 1 : end;
            return new Rune(value);
        }

        throw new FormatException("\\x needs two hexadecimal digits, or some in { }");
    }

    private static string ReadCategory(string text, ref int at, bool negated)
    {
        var end = at < text.Length && text[at] == '{' ? text.IndexOf('}', at) : at;
        var name = end >= text.Length || end < 0 ? "" : end == at ? text[at..(at + 1)] : text[(at + 1)..end];
        var plain = name.StartsWith('^') ? name[1..] : name;
        if (!Categories.Contains(plain))
        {
            throw new FormatException("\\p needs one of Unicode's general categories, for example \\p{Lu}");
        }

        at = end + 1;
        return negated != (name.Length != plain.Length) ? $"\\P{{{plain}}}" : $"\\p{{{plain}}}";
    }

    private static string Ranges((int Low, int High)[] ranges, bool negated)
    {
        if (!negated)
        {
            return string.Concat(ranges.Select(range => Range(range.Low, range.High)));
        }

        var result = new StringBuilder();
        var next = 0;
        foreach (var (low, high) in ranges)
        {
            result.Append(next < low ? Range(next, low - 1) : "");
            next = high + 1;
        }

        return result.Append(Range(next, LastCharacter)).ToString();
    }

    private static string Range(int low, int high) => low == high ? Character(low) : $"{Character(low)}-{Character(high)}";
}
