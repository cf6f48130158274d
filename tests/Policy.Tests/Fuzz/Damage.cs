using System.Text;
using System.Text.Json.Nodes;

namespace Axoneme.Policy.Tests.Fuzz;

/// <summary>Damages seeds, always the same way for the same random source: as characters, as lines, and as the tree that they say.</summary>
internal sealed class Damage(Random random)
{
    private static readonly string[] Spices =
    [
        "\t", "\0", "\uFEFF", "\uD800", "\uDC00", "\U0001F600", "\u0085", "\u2028", "\u007f", "\r", "\r\n", "- ", ": ", "? ", "&a ", "*a ", "*a : ", "!!x ", "!!str ", "!<x> ", "[", "{", "]", "}", "'", "\"", "|", ">", "|9\n",
        "#", " #", "\n", "---\n", "...\n", "%TAG ! a\n", "%YAML 1.2\n", "\\x", "\\ud800", "<<: ", ",", "[]", "{}", "[,]", "a: b: c", "\n  ", "\n- ",
    ];

    /// <summary>In JSON, which is YAML.</summary>
    private static readonly string[] Values =
    [
        "null", "true", "0", "-0", "-1", "65536", "1e300", "1e999", "0.5", "00.5", "0x1F", "089", ".inf", "99999999999999999999999999999999999999999999", "~", "yes", "\"\"", "\"a\"", "\"80\"", "\"10.0.0.0/8\"", "\"::/129\"", "\"k8s:\"",
        "\"\\ud800\"", "\"\\ud83d\\ude00\"", "\"\\u0000\"", "[]", "[[]]", "[null]", "{}", "{\"a\":{}}", "[{}]", "\"world\"", "\"In\"", "*a", "&a x", "!!int \"1\"",
    ];

    /// <summary>Marks a place in a tree whose value is text that JSON does not know.</summary>
    private const string Mark = "value of no tree ";

    public string Next() => random.Next(3) switch
    {
        0 => OfTree(),
        1 => OfLines(Pick(FuzzSeeds.Texts)),
        _ => OfCharacters(Pick(FuzzSeeds.Texts)),
    };

    /// <summary>A damaged text, or a piece of one, again and again.</summary>
    public string Large(int length)
    {
        var text = Next() + "\n";
        var at = random.Next(text.Length);
        var piece = random.Next(4) == 0 ? text + "---\n" : text.Substring(at, Math.Min(random.Next(1, 60), text.Length - at));
        var begin = random.Next(3) switch
        {
            0 => "",
            1 => Pick(FuzzSeeds.Texts) + "\n",
            _ => "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: a}\nspec: " + Pick(["", "[", "{", "\"", "'", "|\n  ", "\n- ", "{endpointSelector: {}, ingress: ["]),
        };
        return begin + string.Concat(Enumerable.Repeat(piece, length / piece.Length));
    }

    private T Pick<T>(IReadOnlyList<T> from) => from[random.Next(from.Count)];

    private string OfCharacters(string seed)
    {
        var text = new StringBuilder(seed);
        for (var i = random.Next(1, 4); i > 0 && text.Length > 0; i--)
        {
            var at = random.Next(text.Length);
            switch (random.Next(5))
            {
                case 0:
                    text.Remove(at, Math.Min(random.Next(1, 20), text.Length - at));
                    break;
                case 1:
                    text.Insert(at, Pick(Spices));
                    break;
                case 2:
                    text[at] = (char)random.Next(1, 300);
                    break;
                case 3:
                    text.Insert(random.Next(text.Length), text.ToString(at, Math.Min(random.Next(1, 60), text.Length - at)));
                    break;
                default:
                    text.Insert(at, string.Concat(Enumerable.Repeat(Pick(Spices), random.Next(1, 100))));
                    break;
            }
        }

        return text.ToString();
    }

    private string OfLines(string seed)
    {
        var lines = seed.Split('\n').ToList();
        for (var i = random.Next(1, 3); i > 0; i--)
        {
            var at = random.Next(lines.Count);
            switch (random.Next(6))
            {
                case 0 when lines.Count > 1:
                    lines.RemoveAt(at);
                    break;
                case 1:
                    lines.Insert(random.Next(lines.Count), lines[at]);
                    break;
                case 2:
                    lines[at] = new string(' ', random.Next(1, 5)) + lines[at];
                    break;
                case 3:
                    lines[at] = lines[at][Math.Min(lines[at].Length, random.Next(1, 5))..];
                    break;
                case 4:
                    var colon = lines[at].IndexOf(": ", StringComparison.Ordinal);
                    lines[at] = lines[at][..(colon + 1)] + (colon < 0 ? lines[at] : " " + Pick(Values));
                    break;
                default:
                    lines.InsertRange(at, Pick(FuzzSeeds.Texts).Split('\n'));
                    break;
            }
        }

        return string.Join('\n', lines);
    }

    private string OfTree()
    {
        var root = Pick(FuzzSeeds.Trees).DeepClone();
        for (var i = random.Next(1, 3); i > 0; i--)
        {
            var value = random.Next(Values.Length);
            switch (Pick(Below(root).ToList()))
            {
                case JsonObject { Count: > 0 } mapping:
                    var name = mapping.ElementAt(random.Next(mapping.Count)).Key;
                    var old = mapping[name];
                    mapping.Remove(name);
                    if (random.Next(4) > 0)
                    {
                        mapping[random.Next(4) > 0 ? name : name + "x"] = random.Next(4) > 0 ? Mark + value : old;
                    }

                    break;
                case JsonArray list:
                    list.Insert(random.Next(list.Count + 1), random.Next(3) == 0 || list.Count == 0 ? Mark + value : Pick([.. list])?.DeepClone());
                    break;
            }
        }

        var text = new StringBuilder(root.ToJsonString(new() { WriteIndented = random.Next(2) == 0 }));
        for (var i = Values.Length - 1; i >= 0; i--)
        {
            text.Replace($"\"{Mark}{i}\"", Values[i]);
        }

        return text.ToString();
    }

    private static IEnumerable<JsonNode> Below(JsonNode node) => node switch
    {
        JsonObject mapping => mapping.Select(member => member.Value).OfType<JsonNode>().SelectMany(Below).Prepend(node),
        JsonArray list => list.OfType<JsonNode>().SelectMany(Below).Prepend(node),
        _ => [],
    };
}
