using System.Text.RegularExpressions;

namespace Axoneme.PolicyOracle;

/// <summary>
/// DNS names against <c>matchName</c>, <c>matchPattern</c> and <c>serverNames</c> (layer3.rst "DNS based", layer7.rst "DNS Policy and IP
/// Discovery", field descriptions of the policy CRD). Case and a trailing dot do not matter.
/// </summary>
internal static class DomainNames
{
    private const string Character = "[-a-z0-9_]";

    public static bool IsName(string name, string matchName) => Plain(name) == Plain(matchName);

    /// <summary>
    /// <c>*</c> alone matches every name; a leading <c>**.</c> stands for one or more whole labels; any other <c>*</c> for zero or more
    /// characters other than the dot. (The CRD's sentence about a leftmost <c>*</c> matching "all subdomains as well as the name to the
    /// right" contradicts its own example 2; the examples and pkg/fqdn/matchpattern agree with what is done here.)
    /// </summary>
    public static bool MatchesPattern(string name, string matchPattern)
    {
        var pattern = Plain(matchPattern);
        if (pattern.Trim('*').Length == 0)
        {
            return true;
        }

        var expression = "";
        var rest = pattern.TrimStart('*');
        if (pattern.Length - rest.Length >= 2 && rest.StartsWith('.'))
        {
            expression = $"({Character}+[.])+";
            pattern = rest[1..];
        }

        expression += Regex.Replace(pattern, "[*]+|[.]", m => m.Value == "." ? "[.]" : $"{Character}*");
        return Regex.IsMatch(Plain(name), $@"\A(?:{expression})\z", RegexOptions.CultureInvariant);
    }

    /// <summary>
    /// Server names may begin with <c>*.</c>, which stands for exactly one label, or <c>**.</c>, one or more (CRD, <c>serverNames</c>).
    /// </summary>
    public static bool MatchesServerName(string name, string serverName)
    {
        var label = $"{Character}+[.]";
        var wanted = Plain(serverName);
        var expression = wanted.StartsWith("**.", StringComparison.Ordinal) ? $"({label})+{Regex.Escape(wanted[3..])}"
            : wanted.StartsWith("*.", StringComparison.Ordinal) ? $"{label}{Regex.Escape(wanted[2..])}"
            : Regex.Escape(wanted);
        return Regex.IsMatch(Plain(name), $@"\A(?:{expression})\z", RegexOptions.CultureInvariant);
    }

    private static string Plain(string name) => name.Trim().TrimEnd('.').ToLowerInvariant();
}
