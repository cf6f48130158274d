using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace Axoneme.Policy.Tests;

/// <summary>Whatever a big policy repeats, reading it takes time and memory in proportion to its length.</summary>
[Collection(Fuzz.MeasuredAlone.Name)]
public sealed class BoundsTests
{
    private const int Length = 1_000_000;

    [Theory]
    [InlineData("INGRESS", "{}")]
    [InlineData("INGRESS", "[]")]
    [InlineData("INGRESS", "{\"fromEndpoints\":[{}]}")]
    [InlineData("INGRESS", "{\"fromPoints\":[{}]}")]
    [InlineData("PEERS", "{}")]
    [InlineData("PEERS", "{\"matchLabels\":{\"a\":\"b\"}}")]
    [InlineData("PEERS", "{\"matchExpressions\":[{}]}")]
    [InlineData("VALUES", "\"\"")]
    [InlineData("VALUES", "\"a b\"")]
    [InlineData("TRAFFIC", "{}")]
    [InlineData("TRAFFIC", "{\"ports\":[{\"port\":\"1\"}]}")]
    [InlineData("PORTS", "{}")]
    [InlineData("PORTS", "{\"port\":\"1\"}")]
    [InlineData("HTTP", "{}")]
    [InlineData("HTTP", "{\"path\":\"/a\"}")]
    [InlineData("HTTP", "{\"path\":\"(\"}")]
    [InlineData("HTTP", "{\"headers\":[\"a\"]}")]
    [InlineData("HTTP", "{\"headerMatches\":[{}]}")]
    [InlineData("PAIRS", "{}")]
    [InlineData("PAIRS", "{\"a\":\"\"}")]
    [InlineData("NAMES", "\"a\"")]
    [InlineData("CIDRS", "\"::/0\"")]
    [InlineData("CIDRS", "\"x\"")]
    public void Reading_a_long_list_is_linear(string place, string member)
    {
        var text = Document(place, string.Join(',', Enumerable.Repeat(member, Length / (member.Length + 1))));
        Measure(text);
    }

    [Theory]
    [InlineData("SPEC", "\"field{0}\":1,")]
    [InlineData("LABELS", "\"key{0}\":\"v\",")]
    [InlineData("LABELS", "\"k y{0}\":\"v\",")]
    public void Reading_an_object_of_many_fields_is_linear(string place, string field)
    {
        var fields = new StringBuilder();
        for (var i = 0; fields.Length < Length; i++)
        {
            fields.AppendFormat(System.Globalization.CultureInfo.InvariantCulture, field, i);
        }

        Measure(Document(place, fields.ToString().TrimEnd(',')));
    }

    [Theory]
    [InlineData("CIDRS")]
    [InlineData("VALUES")]
    [InlineData("NAMES")]
    public void Messages_quote_little_of_a_long_text(string place)
    {
        using var json = JsonDocument.Parse(Document(place, $"\"{new string('(', Length)}\""));
        Assert.All(PolicyParser.Parse(json.RootElement).Errors, error => Assert.InRange(error.ToString().Length, 1, 500));
    }

    private static void Measure(string text)
    {
        using var json = JsonDocument.Parse(text);
        GC.Collect();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var clock = Stopwatch.StartNew();
        var result = PolicyParser.Parse(json.RootElement);
        var elapsed = clock.Elapsed;
        var held = GC.GetTotalMemory(forceFullCollection: true) - before;
        GC.KeepAlive(result);
        Assert.InRange(result.Errors.Count, 0, 101);
        Assert.True(held < 200L * text.Length + (16 << 20), $"holds {held / text.Length} bytes for each of {text.Length}");

        // Ten times what an idle machine takes at most.
        Assert.True(elapsed < TimeSpan.FromSeconds(10), $"took {elapsed} for {text.Length} bytes");
    }

    private static string Document(string place, string content)
    {
        var text = """
            {"apiVersion":"cilium.io/v2","kind":"CiliumNetworkPolicy","metadata":{"name":"a"},"spec":{SPEC "endpointSelector":{"matchLabels":{LABELS}},
             "ingress":[INGRESS],
             "egress":[{"toEndpoints":[PEERS]},{"toEndpoints":[{"matchExpressions":[{"key":"a","operator":"In","values":["v" VALUES]}]}]},{"toCIDR":[CIDRS]},
              {"toPorts":[TRAFFIC]},{"toPorts":[{"ports":[PORTS]}]},{"toPorts":[{"rules":{"http":[HTTP]}},{"rules":{"l7proto":"x","l7":[PAIRS]}},{"serverNames":["b" NAMES]}]}]}}
            """;
        foreach (var name in (string[])["SPEC", "LABELS", "INGRESS", "PEERS", "VALUES", "CIDRS", "TRAFFIC", "PORTS", "HTTP", "PAIRS", "NAMES"])
        {
            var filled = name != place ? "" : name == "SPEC" ? content + "," : name is "VALUES" or "NAMES" ? "," + content : content;
            text = text.Replace(name, filled, StringComparison.Ordinal);
        }

        return text;
    }
}
