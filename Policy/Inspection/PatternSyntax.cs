using System.Globalization;
using System.Text;

namespace Axoneme.Policy;

/// <summary>
/// The regular expressions of policies: RE2's syntax (github.com/google/re2/wiki/Syntax), which Envoy matches with and Go's regexp, with which
/// Cilium checks them, shares. Reads one and writes it as .NET's engine means the same for a whole string. Unlike .NET, RE2 knows POSIX classes
/// (<c>[[:alpha:]]</c>), its <c>\d</c>, <c>\w</c> and <c>\s</c> are ASCII, <c>$</c> is the very end, and it repeats at most 1000 times.
/// </summary>
internal sealed class PatternSyntax
{
    private const int MaximumRepeat = 1000;
    private const int MaximumDepth = 200;
    private readonly string _text;
    private readonly StringBuilder _result;
    private readonly Stack<Level> _outer = new();
    private Level _level = new(MultiLine: false);
    private int _at;

    /// <summary>How often the last piece repeats what is in it; 0 where there is nothing that could be repeated.</summary>
    private int _last;

    private PatternSyntax(string text)
    {
        _text = text;
        _result = new StringBuilder(text.Length + 16);
    }

    private char Next => _at < _text.Length ? _text[_at] : '\0';

    /// <summary>What is wrong with an expression; null when nothing is.</summary>
    public static string? ProblemOf(string text)
    {
        try
        {
            new PatternSyntax(text).Read();
            return null;
        }
        catch (FormatException problem)
        {
            return problem.Message;
        }
    }

    /// <summary>The expression as .NET writes it, for a whole string.</summary>
    /// <exception cref="FormatException">It is no regular expression.</exception>
    public static string Translate(string text)
    {
        var syntax = new PatternSyntax(text);
        syntax.Read();
        return $@"\A(?:{syntax._result})\z";
    }

    private void Read()
    {
        while (_at < _text.Length)
        {
            var c = _text[_at++];
            switch (c)
            {
                case '(':
                    OpenGroup();
                    break;
                case ')':
                    CloseGroup();
                    break;
                case '|':
                    _result.Append('|');
                    _last = 0;
                    break;
                case '*' or '+' or '?':
                    Repeat(c.ToString(), 1);
                    break;
                case '{' when TryReadCount(out var low, out var high):
                    Repeat(high is null ? $"{{{low},}}" : high == low ? $"{{{low}}}" : $"{{{low},{high}}}", Math.Max(low, high ?? 0));
                    break;
                case '[':
                    _at--;
                    Piece(PatternClass.Read(_text, ref _at));
                    break;
                case '.':
                    Piece(".");
                    break;
                case '^':
                    Piece(_level.MultiLine ? "(?m:^)" : @"(?:\A)");
                    break;
                case '$':
                    Piece(_level.MultiLine ? "(?m:$)" : @"(?:\z)");
                    break;
                case '\\':
                    ReadEscape();
                    break;
                default:
                    _at--;
                    Piece(Literal(PatternClass.ReadRune(_text, ref _at)));
                    break;
            }
        }

        if (_outer.Count > 0)
        {
            throw new FormatException("a ( is not closed");
        }
    }

    private void Piece(string text)
    {
        _result.Append(text);
        _last = 1;
    }

    private void OpenGroup()
    {
        if (_outer.Count >= MaximumDepth)
        {
            throw new FormatException($"groups are nested more than {MaximumDepth} deep");
        }

        _last = 0;
        if (Next != '?')
        {
            Push("(?:", _level.MultiLine);
            return;
        }

        _at++;
        if (Next == '<' || (Next == 'P' && _at + 1 < _text.Length && _text[_at + 1] == '<'))
        {
            ReadName();
            return;
        }

        // (?flags) holds to the end of the group, (?flags:…) for a group of its own.
        var (kept, negated, flags, multiLine) = (new StringBuilder(), false, 0, _level.MultiLine);
        for (; _at < _text.Length; _at++)
        {
            switch (_text[_at])
            {
                case '-' when !negated:
                    kept.Append('-');
                    (negated, flags) = (true, 0);
                    continue;
                case 'i' or 's':
                    kept.Append(_text[_at]);
                    flags++;
                    continue;
                case 'm':
                    multiLine = !negated;
                    flags++;
                    continue;
                case 'U': // which repetition is tried first does not matter for a whole string
                    flags++;
                    continue;
                case ':' or ')' when flags > 0 || (_text[_at] == ':' && !negated):
                    var options = kept.ToString().TrimEnd('-');
                    if (_text[_at++] == ':')
                    {
                        Push($"(?{options}:", multiLine);
                    }
                    else
                    {
                        _result.Append(options.Length > 0 ? $"(?{options})" : "");
                        _level = _level with { MultiLine = multiLine };
                    }

                    return;
            }

            break;
        }

        throw new FormatException("(? begins no group that exists; write (?:…), (?P<name>…) or (?i)");
    }

    private void ReadName()
    {
        var begin = _text.IndexOf('<', _at) + 1;
        var end = _text.IndexOf('>', begin);
        if (end <= begin || !_text.AsSpan(begin, end - begin).ToString().All(c => char.IsAsciiLetterOrDigit(c) || c == '_'))
        {
            throw new FormatException("(?< needs a name of letters, digits and '_', then >");
        }

        _at = end + 1;
        Push("(?:", _level.MultiLine);
    }

    private void Push(string begin, bool multiLine)
    {
        _result.Append(begin);
        _outer.Push(_level);
        _level = new Level(multiLine);
    }

    private void CloseGroup()
    {
        if (!_outer.TryPop(out var outer))
        {
            throw new FormatException("a ) closes nothing");
        }

        _result.Append(')');
        _last = _level.Repeat;
        _level = outer with { Repeat = Math.Max(outer.Repeat, _last) };
    }

    private void Repeat(string operation, int times)
    {
        if (_last == 0)
        {
            throw new FormatException($"{operation} has nothing to repeat");
        }

        if (_last < 0)
        {
            throw new FormatException($"{operation} repeats a repetition; put that into ( )");
        }

        var product = _last * Math.Max(times, 1);
        if (product > MaximumRepeat)
        {
            throw new FormatException($"{operation} repeats more than {MaximumRepeat} times, what it repeats included");
        }

        _level = _level with { Repeat = Math.Max(_level.Repeat, product) };
        _result.Append(operation);
        _at += Next == '?' ? 1 : 0; // lazy: no matter for a whole string
        _last = -1;
    }

    /// <summary>The rest of <c>{2}</c>, <c>{2,}</c> or <c>{2,3}</c>; anything else is a brace.</summary>
    private bool TryReadCount(out int low, out int? high)
    {
        high = null;
        var at = _at;
        if (!TryReadNumber(ref at, out low))
        {
            return false;
        }

        if (at < _text.Length && _text[at] == ',')
        {
            at++;
            if (TryReadNumber(ref at, out var last))
            {
                high = last;
            }
        }
        else
        {
            high = low;
        }

        if (at >= _text.Length || _text[at] != '}')
        {
            return false;
        }

        _at = at + 1;
        if (low > MaximumRepeat || high > MaximumRepeat || high < low)
        {
            throw new FormatException($"a count in {{ }} goes upwards, to at most {MaximumRepeat}");
        }

        return true;
    }

    private bool TryReadNumber(ref int at, out int number)
    {
        var begin = at;
        while (at < _text.Length && char.IsAsciiDigit(_text[at]))
        {
            at++;
        }

        number = 0;
        if (at == begin || (at > begin + 1 && _text[begin] == '0'))
        {
            return false;
        }

        number = int.TryParse(_text.AsSpan(begin, at - begin), NumberStyles.None, CultureInfo.InvariantCulture, out var parsed) ? parsed : int.MaxValue;
        return true;
    }

    private void ReadEscape()
    {
        switch (Next)
        {
            case 'A':
                _at++;
                Piece(@"(?:\A)");
                break;
            case 'z':
                _at++;
                Piece(@"(?:\z)");
                break;
            case 'b' or 'B':
                Piece($@"(?:\{_text[_at++]})");
                break;
            case 'Q':
                _at++;
                var end = _text.IndexOf(@"\E", _at, StringComparison.Ordinal);
                var stop = end < 0 ? _text.Length : end;
                while (_at < stop)
                {
                    Piece(Literal(PatternClass.ReadRune(_text, ref _at)));
                }

                _at = end < 0 ? stop : stop + 2;
                break;
            default:
                _at--;
                Piece(PatternClass.TryReadNamed(_text, ref _at) is { } named ? $"[{named}]" : Literal(PatternClass.ReadEscaped(_text, ref _at)));
                break;
        }
    }

    /// <summary>A character beyond U+FFFF is two of .NET's.</summary>
    private static string Literal(Rune rune) => rune.IsBmp
        ? PatternClass.Character(rune.Value)
        : $"(?:{string.Concat(rune.ToString().Select(half => PatternClass.Character(half)))})";

    /// <param name="MultiLine"><c>^</c> and <c>$</c> mean lines here.</param>
    /// <param name="Repeat">The most repetitions of anything in this group.</param>
    private readonly record struct Level(bool MultiLine, int Repeat = 1);
}
