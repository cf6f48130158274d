using System.Text.Json;
using Axoneme.Kubernetes;

namespace Axoneme.Policy.Tests.Behaviour;

/// <summary>The files under <c>cases/</c>: what users may rely on, one behaviour a file.</summary>
public sealed class BehaviourTests
{
    private static readonly Dictionary<string, BehaviourScript> Scripts =
        Directory.GetFiles(BehaviourScript.Folder, "*.txt").Select(file => BehaviourScript.Read(Path.GetFileName(file))).ToDictionary(script => script.File);

    public static TheoryData<string> Cases => [.. Scripts.Keys.Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Case(string file)
    {
        var script = Scripts[file];
        var cluster = new ScriptCluster();
        foreach (var step in script.Steps)
        {
            try
            {
                Run(script, step, cluster);
            }
            catch (FormatException error)
            {
                throw new FormatException($"{script.Title}\ncases/{file}, section at line {step.FirstLine - 1}: {error.Message}", error);
            }
        }
    }

    [Fact]
    public void Every_case_states_its_behaviour_and_expects_enough() => Assert.All(Scripts.Values, script =>
    {
        Assert.EndsWith(".", script.Title, StringComparison.Ordinal);
        Assert.InRange(script.Steps.Where(step => step.IsTable).Sum(step => step.Rows().Count()), 4, 24);
    });

    [Fact]
    public void No_two_cases_state_the_same() =>
        Assert.Equal(Scripts.Count, Scripts.Values.Select(script => script.Title).Distinct().Count());

    [Fact]
    public void There_are_at_least_150_cases() => Assert.True(Scripts.Count >= 150, $"there are {Scripts.Count}");

    /// <summary><c>topics.txt</c>: one word and a sentence a line.</summary>
    [Fact]
    public void Every_topic_has_a_case_and_every_case_has_known_topics()
    {
        var known = ListedIn("topics.txt").Select(line => line.Split(' ')[0]).ToList();
        var covered = Scripts.Values.SelectMany(script => script.Topics).ToHashSet();
        AssertNone(known.Except(covered));
        AssertNone(Scripts.Values.SelectMany(script => script.Topics.Except(known).Select(topic => $"{script.File}: {topic}")));
        Assert.All(Scripts.Values, script => Assert.NotEmpty(script.Topics));
    }

    /// <summary><c>fields.txt</c>: every field a policy, CIDR group or selector may have.</summary>
    [Fact]
    public void Every_field_is_written_in_a_case()
    {
        var written = Scripts.Values
            .SelectMany(script => script.Steps)
            .Where(step => step.Kind == "policies")
            .SelectMany(step => YamlDocuments.Read("policies", step.Text).Documents)
            .SelectMany(document => document.Kind switch
            {
                "CiliumNetworkPolicy" or "CiliumClusterwideNetworkPolicy" => FieldsOf(document.Body, "Cilium"),
                _ => FieldsOf(document.Body, document.Kind),
            })
            .Select(field => field.Replace(" specs[].", " spec.", StringComparison.Ordinal));
        AssertNone(ListedIn("fields.txt").Except(written));
    }

    /// <summary>Names everything that should not be there, which Assert.Empty cuts short.</summary>
    private static void AssertNone(IEnumerable<string> items)
    {
        var left = string.Join('\n', items);
        Assert.True(left.Length == 0, left);
    }

    private static IEnumerable<string> ListedIn(string file) =>
        File.ReadLines(Path.Combine(BehaviourScript.Folder, "..", file)).Where(line => line.Length > 0 && !line.StartsWith('#'));

    /// <summary>Paths of the fields below <c>spec</c>, members of lists as <c>[]</c>; what selectors hold is the same everywhere.</summary>
    private static IEnumerable<string> FieldsOf(JsonElement element, string path) => element.ValueKind switch
    {
        JsonValueKind.Array => element.EnumerateArray().SelectMany(member => FieldsOf(member, path + "[]")),
        JsonValueKind.Object => element.EnumerateObject().SelectMany(field => field.Name switch
        {
            "apiVersion" or "kind" or "metadata" or "status" when !path.Contains(' ') => [],
            "matchLabels" => ["selector matchLabels"],
            "matchExpressions" => FieldsOf(field.Value, "selector matchExpressions"),
            _ when path.EndsWith(".l7[]", StringComparison.Ordinal) => [],
            _ => FieldsOf(field.Value, Below(path, field.Name)).Prepend(Below(path, field.Name)),
        }),
        _ => [],
    };

    private static string Below(string path, string field) => path + (path.Contains(' ') ? "." : " ") + field;

    private static void Run(BehaviourScript script, ScriptStep step, ScriptCluster cluster)
    {
        if (!step.IsTable)
        {
            cluster.Do(step);
            return;
        }

        // What the changes so far came to must also be what their result comes to from scratch.
        Compare(script, step, cluster, "found");
        Compare(script, step, cluster.Rebuilt(), "found from scratch");
    }

    private static void Compare(BehaviourScript script, ScriptStep step, ScriptCluster cluster, string found)
    {
        var table = new ScriptTable(cluster);
        var rows = step.Rows().Select(row => (row.Line, row.Words, Result: table.Check(step.Kind, row.Words))).ToList();
        var wrong = rows.Where(row => !row.Result.Agrees).Select(row => $"""
            cases/{script.File}:{row.Line}
              expected: {string.Join(' ', row.Words)}
              {found}: {row.Result.Found}
            """).ToList();
        Assert.True(wrong.Count == 0, $"""
            {script.Title}
            {string.Join('\n', wrong)}
            --- {step.Kind}: {found} ---
            {string.Join('\n', rows.Select(row => row.Result.Found))}
            """);
    }
}
