using System.Collections.Immutable;

namespace Axoneme.Policy;

/// <summary>Reads a member of <c>rules.http</c>.</summary>
internal static class HttpRuleParser
{
    public static HttpRule Parse(FieldReader rule, PolicyScope scope)
    {
        var method = ParsePattern(rule, "method");
        var path = ParsePattern(rule, "path");
        var host = ParsePattern(rule, "host");
        var headers = ImmutableArray.CreateBuilder<HeaderMatch>();
        foreach (var (text, at) in rule.List("headers")?.Strings ?? [])
        {
            if (ParseHeader(rule, at, text) is { } header)
            {
                headers.Add(header);
            }
        }

        headers.AddRange(rule.Objects("headerMatches").Select(match => ParseHeaderMatch(match, scope)).OfType<HeaderMatch>());
        rule.Finish();
        return new HttpRule(method, path, host, headers.ToImmutable());
    }

    /// <summary>Null when absent, empty or wrong.</summary>
    private static RequestPattern? ParsePattern(FieldReader rule, string field)
    {
        // One more refusal would not be shown, and a million of them take long to find.
        if (rule.String(field) is not { Length: > 0 } text || rule.IsRefused)
        {
            return null;
        }

        var pattern = RequestPattern.TryParse(text, out var problem);
        if (pattern is null)
        {
            rule.Refuse(field, $"{FieldReader.Quote(text)} is no regular expression (POSIX extended, as RE2 reads it): {problem}");
        }

        return pattern;
    }

    /// <summary><c>Name</c> must be there, <c>Name: value</c> must be there with exactly this value.</summary>
    private static HeaderMatch? ParseHeader(FieldReader rule, string path, string text)
    {
        var space = text.IndexOf(' ');
        var name = space < 0 ? text : text[..space].TrimEnd(':');
        if (IsToken(name))
        {
            return new HeaderMatch(name, space < 0 ? "" : text[(space + 1)..], HeaderMismatch.Refuse, null);
        }

        rule.RefuseAt(path, $"{FieldReader.Quote(text)} is no header; write its name, or name, colon, space and value");
        return null;
    }

    private static HeaderMatch? ParseHeaderMatch(FieldReader match, PolicyScope scope)
    {
        var name = match.RequiredString("name", "the header's name");
        var value = match.String("value") ?? "";
        var mismatch = match.String("mismatch");
        var secret = InspectionParser.ParseSecret(match, scope);
        match.Finish();
        HeaderMismatch? action = mismatch switch
        {
            null => HeaderMismatch.Refuse,
            "LOG" => HeaderMismatch.Log,
            "ADD" => HeaderMismatch.Add,
            "DELETE" => HeaderMismatch.Delete,
            "REPLACE" => HeaderMismatch.Replace,
            _ => null,
        };
        if (action is null)
        {
            match.Refuse("mismatch", $"must be LOG, ADD, DELETE or REPLACE, is {FieldReader.Quote(mismatch!)}; leave it out to refuse the request");
        }

        if (name is not null && !IsToken(name))
        {
            match.Refuse("name", $"{FieldReader.Quote(name)} is no header name");
        }

        return name is null || action is null ? null : new HeaderMatch(name, value, action.Value, secret);
    }

    /// <summary>RFC 9110 section 5.6.2; a name that begins with ':' is one of HTTP/2's own (<c>:path</c>).</summary>
    private static bool IsToken(string name)
    {
        var token = name.AsSpan(name.StartsWith(':') ? 1 : 0);
        foreach (var c in token)
        {
            if (!char.IsAsciiLetterOrDigit(c) && !"!#$%&'*+-.^_`|~".Contains(c))
            {
                return false;
            }
        }

        return token.Length > 0;
    }
}
