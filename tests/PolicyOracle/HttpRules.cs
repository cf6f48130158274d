using System.Text.Json;
using System.Text.RegularExpressions;

namespace Axoneme.PolicyOracle;

/// <summary>HTTP requests against an entry of <c>rules.http</c> (layer7.rst "HTTP").</summary>
internal static class HttpRules
{
    /// <summary>All fields that are written match.</summary>
    public static bool Match(JsonElement rule, HttpRequest request) =>
        Matches(rule.Text("method"), request.Method)
        && Matches(rule.Text("path"), request.Path)
        && Matches(rule.Text("host"), request.Host)
        && rule.Items("headers").All(h => HasHeader(h.GetString()!, request))
        && rule.Items("headerMatches").All(m => HeaderMatches(m, request));

    // An extended regular expression that has to match the whole (the example "/public" allows GET "/public" while "requests to any other
    // URL … will be rejected"). What policies write is the same in .NET's dialect.
    private static bool Matches(string? expression, string value) =>
        string.IsNullOrEmpty(expression) || Regex.IsMatch(value, $@"\A(?:{expression})\z", RegexOptions.CultureInvariant);

    // "X-My-Header: true" demands the value, "X-My-Header" the presence.
    private static bool HasHeader(string header, HttpRequest request)
    {
        var parts = header.Split(' ', 2);
        return Values(request, parts[0].TrimEnd(':')).Any(v => parts.Length == 1 || v == parts[1]);
    }

    // With a mismatch action "the overall rule is still considered as matching"; without a value "presence of the header is enough". There
    // are no secrets here, and a secret that does not exist fails unless a value stands in for it.
    private static bool HeaderMatches(JsonElement match, HttpRequest request)
    {
        if (match.Member("mismatch") is not null)
        {
            return true;
        }

        var value = match.Text("value");
        return string.IsNullOrEmpty(value)
            ? match.Member("secret") is null && Values(request, match.Text("name")!).Any()
            : Values(request, match.Text("name")!).Contains(value);
    }

    private static IEnumerable<string> Values(HttpRequest request, string name) =>
        request.Headers.Where(h => h.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(h => h.Value);
}
