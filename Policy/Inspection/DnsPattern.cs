namespace Axoneme.Policy;

/// <summary>
/// A DNS name (<c>matchName</c>) or a pattern of names (<c>matchPattern</c>), compared without case and without the final dot. In a pattern, <c>*</c>
/// stands for any number of the characters of one label; a lone <c>*</c> for every name (Cilium's documentation, "DNS based").
/// </summary>
public sealed record DnsPattern
{
    /// <param name="text">As written; patterns and names are told apart by <c>*</c>. Stars alone, however many, with a final dot or without, are every name: so
    /// Cilium reads them (pkg/fqdn/matchpattern, <c>isDNSWildcard</c>), and a policy must not mean less here than there.</param>
    public DnsPattern(string text)
    {
        var name = text.TrimEnd('.').ToLowerInvariant();
        var anyDepth = name.StartsWith("**", StringComparison.Ordinal) && name.TrimStart('*').StartsWith('.');
        while (name.Contains("**", StringComparison.Ordinal))
        {
            name = name.Replace("**", "*", StringComparison.Ordinal);
        }

        Text = anyDepth ? "*" + name : name;
    }

    /// <summary>In lower case, without the final dot, runs of stars as short as they can be.</summary>
    public string Text { get; }

    public bool IsEveryName => Text == "*";

    /// <summary>The label of addresses learned under a name that matches.</summary>
    public Label Label => new(LabelSource.Fqdn, Text, "");

    public bool Matches(string name)
    {
        var rest = name.AsSpan().TrimEnd('.');
        if (IsEveryName)
        {
            return true;
        }

        // "**." at the beginning stands for one or more whole labels.
        return Text.StartsWith("**.", StringComparison.Ordinal)
            ? MatchesTail(Text.AsSpan(3), rest)
            : MatchesLabels(Text, rest);
    }

    public override string ToString() => Text;

    private static bool MatchesTail(ReadOnlySpan<char> pattern, ReadOnlySpan<char> name)
    {
        for (var dot = name.IndexOf('.'); dot >= 0; dot = name.IndexOf('.'))
        {
            name = name[(dot + 1)..];
            if (MatchesLabels(pattern, name))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Glob match without backtracking beyond the last star; a star takes no dot.</summary>
    private static bool MatchesLabels(ReadOnlySpan<char> pattern, ReadOnlySpan<char> name)
    {
        var (at, star, resume) = (0, -1, 0);
        for (var i = 0; i < name.Length;)
        {
            if (at < pattern.Length && pattern[at] == '*')
            {
                (star, resume) = (at++, i);
            }
            else if (at < pattern.Length && pattern[at] == char.ToLowerInvariant(name[i]))
            {
                at++;
                i++;
            }
            else if (star >= 0 && name[resume] != '.')
            {
                (at, i) = (star + 1, ++resume);
            }
            else
            {
                return false;
            }
        }

        return pattern[at..].TrimStart('*').IsEmpty;
    }
}
