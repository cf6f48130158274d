using System.Text;

namespace Axoneme.Policy.Tests;

/// <summary>Regular expressions as RE2 reads them (github.com/google/re2/wiki/Syntax), for a whole string.</summary>
public sealed class RequestPatternTests
{
    private static RequestPattern Of(string pattern)
    {
        var parsed = RequestPattern.TryParse(pattern, out var problem);
        Assert.True(parsed is not null, $"{pattern}: {problem}");
        return parsed;
    }

    [Theory]
    [InlineData("/public", "/public", "/public/¦x/public¦/publi¦/Public")]
    [InlineData("/path1$", "/path1", "/path1\n¦/path12")]
    [InlineData("^external-service.org$", "external-service.org¦external-serviceXorg", "external-service.org.")]
    [InlineData("GET|PUT", "GET¦PUT", "GETPUT¦GE¦xGET¦PUTx¦POST")]
    [InlineData("a|", "a¦", "b¦aa")]
    [InlineData("/v[0-9]+/.*", "/v1/¦/v22/x/y", "/v/¦/vx/")]
    [InlineData("[[:alpha:]_]+", "ab_C", "a1¦é¦a-")]
    [InlineData("[[:^digit:]]", "a¦-", "1¦ab")]
    [InlineData("[^[:space:]/]*", "abc¦", "a/b")]
    [InlineData(@"\d\D\w\W\s\S", "1a_- x¦0xA\t\tZ", "٣a_- x¦1a_-\vx¦1aé- x")]
    [InlineData(@"[\d.]+[^\W]", "1.2a¦9_", "1.2-¦a")]
    [InlineData("[]a]+", "a]a", "b")]
    [InlineData("[^]a]", "b", "]¦a")]
    [InlineData("[a-]+[+--]", "a-+¦-,¦--", "a¦b-")]
    [InlineData("[a-c-e]+", "a-e", "d")]
    [InlineData(@"\.\*\/\_\-\{\x41\x{42}\103\t\0", ".*/_-{ABC\t\0", ".*/_-{ABC\t")]
    [InlineData("a{2}b{1,}c{0,1}", "aab¦aabbc", "ab¦aabcc")]
    [InlineData("a{,2}{x", "a{,2}{x", "aa{x")]
    [InlineData("a{01}", "a{01}", "a")]
    [InlineData("(?i)get", "get¦GET¦gEt", "got")]
    [InlineData("(?i:a)b", "Ab¦ab", "aB¦AB")]
    [InlineData("a(?i)b|c", "aB¦C¦c", "A¦AB")]
    [InlineData("(?:a(?i)b)c", "aBc", "aBC")]
    [InlineData("(?-s).(?s).", "a\n", "\na")]
    [InlineData("(?m)^a$\n^b$", "a\nb", "a¦b")]
    [InlineData("(?U)a*?b+?", "aab¦abb", "a")]
    [InlineData("(?P<x>a)(?<y>b)", "ab", "a")]
    [InlineData(@"\Qa.b*\E+", "a.b*¦a.b**", "axb*")]
    [InlineData(@"\Aa\b.*\z", "a-¦a", "ab")]
    [InlineData(@"\p{Lu}\pL\P{L}\p{^L}", "Aé1-", "aé1-")]
    [InlineData("(a|b)*(c?)+", "abab¦abcc¦", "d")]
    [InlineData("^*a$?", "a", "b")]
    [InlineData("é.", "éx¦éü", "e")]
    [InlineData("😀+", "😀¦😀😀", "x")]
    [InlineData("#a b", "#a b", "#ab")]
    public void Patterns_match_whole_strings(string pattern, string matching, string others)
    {
        var compiled = Of(pattern);
        Assert.All(matching.Split('¦'), text => Assert.True(compiled.Matches(text), text));
        Assert.All(others.Split('¦'), text => Assert.False(compiled.Matches(text), text));
    }

    [Theory]
    [InlineData("/a(", "a ( is not closed")]
    [InlineData("a)", "a ) closes nothing")]
    [InlineData("[a", "a [ is not closed")]
    [InlineData("[]", "a [ is not closed")]
    [InlineData("*a", "* has nothing to repeat")]
    [InlineData("a|+", "+ has nothing to repeat")]
    [InlineData("(?i)*", "* has nothing to repeat")]
    [InlineData("{2}", "{2} has nothing to repeat")]
    [InlineData("a**", "* repeats a repetition")]
    [InlineData("a{2}{3}", "{3} repeats a repetition")]
    [InlineData("a{2,1}", "goes upwards")]
    [InlineData("a{1001}", "at most 1000")]
    [InlineData("a{99999999999}", "at most 1000")]
    [InlineData("(a{100}){11}", "more than 1000 times")]
    [InlineData("((a{10}b){10}c{5}){11}", "more than 1000 times")]
    [InlineData("a\\", "escapes nothing")]
    [InlineData(@"\1(a)", "refers back to a group")]
    [InlineData(@"\y", "is no escape")]
    [InlineData(@"\Ca", "is no escape")]
    [InlineData("(?=a)", "begins no group that exists")]
    [InlineData("(?<!a)", "name of letters")]
    [InlineData("(?>a)", "begins no group that exists")]
    [InlineData("(?#a)", "begins no group that exists")]
    [InlineData("(?x)a", "begins no group that exists")]
    [InlineData("(?", "begins no group that exists")]
    [InlineData("(?P<a", "name of letters")]
    [InlineData("(?P<>a)", "name of letters")]
    [InlineData("(?)", "begins no group that exists")]
    [InlineData("(?i-)", "begins no group that exists")]
    [InlineData("[b-a]", "runs backwards")]
    [InlineData(@"[a-\d]", "is no escape")]
    [InlineData("[[:letter:]]", "[:letter:] is no class")]
    [InlineData(@"\p{Greek}", "general categories")]
    [InlineData(@"\pX", "general categories")]
    [InlineData(@"\p", "general categories")]
    [InlineData(@"\xg", "hexadecimal")]
    [InlineData(@"\x{110000}", "hexadecimal")]
    [InlineData("[😀]", "beyond U+FFFF")]
    public void What_is_no_pattern_is_refused_with_the_reason(string pattern, string reason)
    {
        Assert.Null(RequestPattern.TryParse(pattern, out var problem));
        Assert.Contains(reason, problem, StringComparison.Ordinal);
    }

    /// <summary>Scraps of syntax in random order: what is taken can be compiled, and matching ends.</summary>
    [Fact]
    public void Every_pattern_that_is_taken_can_be_matched()
    {
        string[] scraps =
        [
            "a", "b", ".", "*", "+", "?", "{2}", "{0,3}", "{1,}", "{", "}", "(", ")", "(?:", "(?i)", "(?m:", "(?s-i:", "(?P<n>", "|", "^", "$", "[", "]", "[^", "-",
            "[a-f]", "[[:alpha:]]", "[:", ":]", @"\", @"\d", @"\W", @"\b", @"\B", @"\A", @"\z", @"\Q", @"\E", @"\pL", @"\p{^Lu}", @"\x41", @"\012", "😀", "é", "#", " ", "\n", "&&", "~",
        ];
        var random = new Random(7);
        var taken = 0;
        for (var i = 0; i < 5000; i++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(1, 12)).Select(_ => scraps[random.Next(scraps.Length)]));
            if (RequestPattern.TryParse(text, out _) is not { } pattern)
            {
                continue;
            }

            taken++;
            try
            {
                pattern.Matches("");
                pattern.Matches("aab\nc😀é-");
            }
            catch (Exception crash)
            {
                throw new InvalidOperationException($"pattern {text}", crash);
            }
        }

        Assert.InRange(taken, 500, 4999);
    }

    [Fact]
    public void No_pattern_takes_exponential_time()
    {
        var request = new string('a', 20_000) + "!";
        foreach (var pattern in (string[])["(a+)+b", "(a|a)*b", "(a|aa)+$", "(.*a){20}b", "(a{0,100}){0,10}b", ".*a.{500}b"])
        {
            Assert.False(Of(pattern).Matches(request));
        }
    }

    [Fact]
    public void Nesting_is_bounded()
    {
        Assert.True(Of(new string('(', 200) + "a" + new string(')', 200)).Matches("a"));
        Assert.Null(RequestPattern.TryParse(new string('(', 201) + "a" + new string(')', 201), out var problem));
        Assert.Contains("nested more than 200 deep", problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[[:")]
    [InlineData("(?P<a>")]
    [InlineData("a{1")]
    [InlineData("[[:alpha:]-")]
    [InlineData(@"\Q")]
    [InlineData("a?")]
    public void Reading_takes_linear_time(string scrap)
    {
        var text = new StringBuilder().Insert(0, scrap, 1_000_000 / scrap.Length).ToString();
        var clock = System.Diagnostics.Stopwatch.StartNew();
        RequestPattern.TryParse(text, out _);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(3), $"{clock.Elapsed} for a megabyte of {scrap}");
    }
}
