using System.Text.RegularExpressions;

namespace Axoneme.Policy;

/// <summary>
/// A regular expression (POSIX extended, as RE2 reads it) for a whole string. It is compiled when it is first asked, by an engine whose time grows
/// with the length of the string alone, whatever the expression.
/// </summary>
public sealed record RequestPattern
{
    private Regex? _regex;

    private RequestPattern(string text) => Text = text;

    public string Text { get; }

    /// <summary>Null, and what is wrong with it, when the text is no regular expression.</summary>
    public static RequestPattern? TryParse(string text, out string problem)
    {
        problem = PatternSyntax.ProblemOf(text) ?? "";
        return problem.Length == 0 ? new RequestPattern(text) : null;
    }

    public bool Matches(string text) =>
        (_regex ??= new Regex(PatternSyntax.Translate(Text), RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)).IsMatch(text);

    public bool Equals(RequestPattern? other) => other is not null && Text == other.Text;

    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => Text;
}
