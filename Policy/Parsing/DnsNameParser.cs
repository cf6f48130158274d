namespace Axoneme.Policy;

/// <summary>Reads <c>{matchName}</c> or <c>{matchPattern}</c> of toFQDNs and DNS rules, and TLS server names.</summary>
internal static class DnsNameParser
{
    private const int LongestName = 255;

    public static DnsPattern? Parse(FieldReader name)
    {
        var exact = name.String("matchName");
        var pattern = name.String("matchPattern");
        name.Finish();
        if (name.Has("matchName") == name.Has("matchPattern"))
        {
            name.Refuse("", "needs exactly one of matchName and matchPattern");
            return null;
        }

        return exact is not null ? Read(name, name.PathOf("matchName"), exact, prefix: 0, wildcard: false)
            : pattern is not null ? Read(name, name.PathOf("matchPattern"), pattern, prefix: 0, wildcard: true)
            : null;
    }

    /// <summary>A name, or one behind <c>*.</c> (any label) or <c>**.</c> (any labels).</summary>
    public static DnsPattern? ParseServerName(FieldReader at, string path, string text)
    {
        var prefix = text.StartsWith("**.", StringComparison.Ordinal) ? 3 : text.StartsWith("*.", StringComparison.Ordinal) ? 2 : 0;
        return Read(at, path, text, prefix, wildcard: false);
    }

    private static DnsPattern? Read(FieldReader at, string path, string text, int prefix, bool wildcard)
    {
        if (text.Length > LongestName)
        {
            at.RefuseAt(path, $"has {text.Length} characters, a DNS name has at most {LongestName}");
            return null;
        }

        // Labels of at least one character, each dot behind one (the CRD's pattern).
        var name = text[prefix..];
        if (name.Length == 0 || name[0] == '.' || name.Contains("..", StringComparison.Ordinal)
            || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' || (wildcard && c == '*')))
        {
            at.RefuseAt(path, $"{FieldReader.Quote(text)} is no DNS name; write letters, digits, '-' and '_' between single dots{(wildcard ? ", and '*' for any of them" : "")}");
            return null;
        }

        return new DnsPattern(text);
    }
}
