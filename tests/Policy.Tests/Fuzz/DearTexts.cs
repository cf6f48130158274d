using System.Text;

namespace Axoneme.Policy.Tests.Fuzz;

/// <summary>Texts that a reader may find dear, by name, as long as they are asked to be.</summary>
internal static class DearTexts
{
    private const string Header = "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: a}\n";
    private const string Rules = "spec: {endpointSelector: {}, ingress: [";
    private const string Peers = Rules + "{fromEndpoints: [";
    private const string List = "apiVersion: v1\nkind: List\nitems:\n";

    public static IReadOnlyDictionary<string, Func<int, string>> All { get; } = new SortedDictionary<string, Func<int, string>>(StringComparer.Ordinal)
    {
        ["policies"] = Repeat("", string.Join("\n---\n", FuzzSeeds.Texts.Where(text => YamlEntry.Read(text).Errors.Count == 0)) + "\n---\n"),

        // Documents.
        ["documents, empty"] = Repeat("", "---\n"),
        ["documents, not objects"] = Repeat("", "---\na: 1\n"),
        ["documents, refused"] = Repeat("", "---\n<<:\n"),
        ["documents, small"] = Count("", i => $"--- {{apiVersion: v, kind: P, metadata: {{name: n{i}}}}}\n"),
        ["documents, wrong policies"] = Count("", i => $"--- {{apiVersion: v, kind: NetworkPolicy, metadata: {{name: n{i}}}}}\n"),
        ["documents ended"] = Repeat("", "...\n"),
        ["documents with directives"] = Repeat("", "%TAG !a! b\n--- 1\n...\n"),
        ["list of objects"] = Count(List, i => $"- {{apiVersion: v, kind: P, metadata: {{name: n{i}}}}}\n"),
        ["list of numbers"] = Repeat(List + "  [", "1,", "]"),
        ["list of wrong policies"] = Count(List, i => $"- {{apiVersion: v, kind: NetworkPolicy, metadata: {{name: n{i}}}}}\n"),
        ["lists in lists"] = Repeat(List + string.Concat(Enumerable.Range(0, 25).Select(depth => $"{Indent(depth)}- apiVersion: v1\n{Indent(depth)}  kind: List\n{Indent(depth)}  items:\n")), $"{Indent(25)}- {{apiVersion: v, kind: P, metadata: {{name: n}}}}\n"),

        // Nesting.
        ["brackets that never close"] = Repeat("", "["),
        ["fields that never close"] = Repeat("", "{a: "),
        ["dashes"] = Repeat("", "- "),
        ["question marks"] = Repeat("", "? "),
        ["question marks, a line each"] = Repeat("", "?\n"),
        ["deep lists"] = Repeat(Header + "spec: [", Deep("[", "]") + ",", "]"),
        ["deep lists, a line each"] = Repeat(Header + "spec:\n", "- " + Deep("[", "]") + "\n"),
        ["deep objects"] = Repeat(Header + "spec: [", Deep("{a: ", "}") + ",", "]"),
        ["deep dashes"] = Repeat(Header + "spec:\n", Deep("- ", "") + "\n"),

        // Many values.
        ["flow, numbers"] = Repeat(Header + "spec: [", "1,", "]"),
        ["flow, exponents"] = Repeat(Header + "spec: [", "1e9,", "]"),
        ["flow, empty lists"] = Repeat(Header + "spec: [", "[],", "]"),
        ["flow, empty objects"] = Repeat(Header + "spec: [", "{},", "]"),
        ["flow, empty texts"] = Repeat(Header + "spec: [", "'',", "]"),
        ["flow, colons"] = Repeat(Header + "spec: [", ":,", "]"),
        ["flow, pairs"] = Repeat(Header + "spec: [", "a:,", "]"),
        ["flow, question marks"] = Repeat(Header + "spec: [", "?,", "]"),
        ["flow, commas"] = Repeat(Header + "spec: [", ",", "]"),
        ["flow, escapes"] = Repeat(Header + "spec: [", "\"\\x01\", ", "]"),
        ["flow, nothing between"] = Repeat(Header + "spec: [", "'a' ", "]"),
        ["flow, JSON"] = Repeat(Header + "spec: [", "{\n\t\"a\": 1, \"b\": [true, null]},", "1]"),
        ["block, numbers"] = Repeat(Header + "spec:\n", "- 1\n"),
        ["block, nothing"] = Repeat(Header + "spec:\n", "-\n"),
        ["block, lists"] = Repeat("", "a: [b, c, d]\n"),

        // Names.
        ["names, small"] = Count(Header, i => $"k{i}: 1\n"),
        ["names, smallest"] = Count(Header + "spec: {", i => $"{i:x}:,", "}"),
        ["names, long"] = Count(Header, i => $"k{i}{new string('a', 1000)}: 1\n"),
        ["names, all the same"] = Repeat(Header, "a: 1\n"),
        ["names, merged"] = Repeat(Header + "spec:\n", "  <<: {a: b}\n"),
        ["names, aliases"] = Repeat(Header + "x: &a b\nspec:\n", "  *a : 1\n"),
        ["names, complex"] = Repeat(Header + "spec:\n", "  ? a\n"),
        ["names with dots"] = Count(Header + "spec:\n", i => $"  a.b.c.d.e.f.{i}: 1\n"),
        ["name, huge"] = Repeat(Header + "? ", "a", "\n: 1\n"),
        ["name, huge, dots"] = Repeat(Header + "? ", "a.", "\n: 1\n"),

        // Text.
        ["text, plain"] = Repeat(Header + "spec: ", "a"),
        ["text, plain, words"] = Repeat(Header + "spec: ", "a b "),
        ["text, plain, lines"] = Repeat(Header + "spec:\n", " a\n"),
        ["text, plain, empty lines"] = Repeat(Header + "spec:\n a\n", "\n", " b\n"),
        ["text, double quotes"] = Repeat(Header + "spec: \"", "a", "\"\n"),
        ["text, escaped"] = Repeat(Header + "spec: \"", "\\x01", "\"\n"),
        ["text, single quotes"] = Repeat(Header + "spec: '", "''", "'\n"),
        ["text, quoted lines"] = Repeat(Header + "spec: '", "a\n ", "'\n"),
        ["text, block"] = Repeat(Header + "spec: |\n", "  some text of a line\n"),
        ["text, block, short lines"] = Repeat(Header + "spec: |\n", " a\n"),
        ["text, block, empty lines"] = Repeat(Header + "spec: |\n", "\n"),
        ["text, block, indented"] = Repeat(Header + "spec: |9\n", new string(' ', 500) + "b\n"),
        ["text, folded"] = Repeat(Header + "spec: >\n", " a\n"),
        ["text, emoji"] = Repeat(Header + "spec: ", "\U0001F600"),
        ["text, not ASCII"] = Repeat(Header + "spec: ", "é"),
        ["number, huge"] = Repeat(Header + "spec: ", "9"),
        ["number, huge, real"] = Repeat(Header + "spec: 0.", "9"),
        ["number, huge, hexadecimal"] = Repeat(Header + "spec: 0x", "9"),

        // Anchors and tags.
        ["aliases of a number"] = Repeat(Header + "x: &a 1\nspec: [", "*a,", "]"),
        ["aliases of a large text"] = Repeat(Header + $"x: &a {new string('y', 100_000)}\nspec: [", "*a,", "]"),
        ["aliases of nothing"] = Repeat(Header + "spec: [", "*b,", "]"),
        ["aliases of what they stand in"] = Repeat(Header + "spec: &a [", "*a,", "]"),
        ["anchors"] = Count(Header + "spec: [", i => $"&a{i} 1,", "]"),
        ["anchors, all the same"] = Repeat(Header + "spec: [", "&a ,", "]"),
        ["anchor, huge"] = Repeat(Header + "spec: *", "a", "\n"),
        ["anchors and aliases"] = Repeat(Header + "spec:\n", "- &a x\n- *a\n"),
        ["tags"] = Repeat(Header + "spec: [", "!!str a,", "]"),
        ["tags, unknown"] = Repeat(Header + "spec: [", "!x a,", "]"),
        ["tags, bare"] = Repeat(Header + "spec: [", "! ,", "]"),
        ["tag, huge"] = Repeat(Header + "spec: !", "a", " 1\n"),
        ["tag directives"] = Count("", i => $"%TAG !a{i}! a\n", "---\na: 1\n"),

        // Nothing, and what may not be there.
        ["comments"] = Repeat("", "#\n"),
        ["comment"] = Repeat("", "# some words "),
        ["spaces"] = Repeat("", " "),
        ["lines"] = Repeat("", "\n"),
        ["lines of a typewriter"] = Repeat(Header.ReplaceLineEndings("\r\n") + "spec:\r\n", "- a: 1\r\n"),
        ["carriage returns"] = Repeat("", "a: 1\r"),
        ["tabs"] = Repeat(Header, "\t"),
        ["NUL"] = Repeat("", "\0"),
        ["NUL at the end"] = Repeat(Header + "spec: ", "a", "\0"),
        ["controls"] = Repeat(Header + "spec: ", "\u0001"),
        ["half pairs"] = Repeat(Header + "spec: ", "\uD800"),
        ["byte order marks"] = Repeat("", "\uFEFF---\n"),
        ["colons"] = Repeat("", ":"),
        ["closing brackets"] = Repeat("", "]"),
        ["percent signs"] = Repeat("", "%a\n"),

        // Policies.
        ["policy, numbers for rules"] = Repeat(Header + Rules, "1,", "]}"),
        ["policy, empty rules"] = Repeat(Header + Rules, "{},", "]}"),
        ["policy, empty peers"] = Repeat(Header + Peers, "{},", "]}]}"),
        ["policy, empty specs"] = Repeat(Header + "specs: [", "{},", "]"),
        ["policy, unknown fields"] = Count(Header + "spec: {endpointSelector: {},", i => $"k{i}: 1,", "}"),
        ["policy, unknown fields of rules"] = Count(Header + Rules, i => $"{{k{i}: 1}},", "]}"),
        ["policy, labels"] = Count(Header + "spec: {endpointSelector: {matchLabels: {", i => $"k{i}: a,", "}}}"),
        ["policy, wrong labels"] = Count(Header + "spec: {endpointSelector: {matchLabels: {", i => $"k{i}: 1,", "}}}"),
        ["policy, values"] = Count(Header + Peers + "{matchExpressions: [{key: a, operator: In, values: [", i => $"v{i},", "]}]}]}]}"),
        ["policy, expressions"] = Repeat(Header + Peers + "{matchExpressions: [", "{key: a, operator: Exists},", "]}]}]}"),
        ["policy, addresses"] = Count(Header + Rules + "{fromCIDR: [", i => $"{Address(i)}/32,", "]}]}"),
        ["policy, exceptions"] = Count(Header + Rules + "{fromCIDRSet: [{cidr: 10.0.0.0/8, except: [", i => $"{Address(i)}/32,", "]}]}]}"),
        ["policy, ports"] = Count(Header + Rules + "{toPorts: [", i => $"{{ports: [{{port: \"{(i % 65535) + 1}\"}}]}},", "]}]}"),
        ["policy, paths"] = Count(Header + Rules + "{toPorts: [{ports: [{port: \"80\"}], rules: {http: [", i => $"{{path: /{i}}},", "]}}]}]}"),
        ["policy, entities"] = Repeat(Header + Rules + "{fromEntities: [", "world,", "]}]}"),
        ["policy, names of the DNS"] = Count(Header + "spec: {endpointSelector: {}, egress: [{toFQDNs: [", i => $"{{matchPattern: \"*.a{i}.b\"}},", "]}]}"),
        ["policy, types of ICMP"] = Repeat(Header + Rules + "{icmps: [", "{fields: [{type: 8}]},", "]}]}"),
        ["policy of Kubernetes"] = Repeat("apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}\nspec: {podSelector: {}, ingress: [", "{from: [{podSelector: {}}]},", "]}"),
        ["group of addresses"] = Count("apiVersion: cilium.io/v2\nkind: CiliumCIDRGroup\nmetadata: {name: a}\nspec: {externalCIDRs: [", i => $"{Address(i)}/32,", "]}"),
    };

    /// <summary>The fields of a Cilium policy that has no rules yet, and a text after them.</summary>
    public static string Policy(string fields) => Header + fields;

    private static Func<int, string> Repeat(string begin, string piece, string end = "") => Count(begin, _ => piece, end);

    private static Func<int, string> Count(string begin, Func<int, string> piece, string end = "") => length =>
    {
        var text = new StringBuilder(begin);
        for (var i = 0; text.Length < length - end.Length; i++)
        {
            text.Append(piece(i));
        }

        return text.Append(end).ToString();
    };

    private static string Deep(string open, string close) => string.Concat(Enumerable.Repeat(open, 60)) + string.Concat(Enumerable.Repeat(close, 60));

    private static string Indent(int depth) => new(' ', 2 * depth);

    private static string Address(int i) => $"10.{(i >> 16) & 255}.{(i >> 8) & 255}.{i & 255}";
}
